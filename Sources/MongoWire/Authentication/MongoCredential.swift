// SPDX-License-Identifier: MIT

/// Who to log in as; neither its text nor its mirror shows the password.
package struct MongoCredential: Equatable, Sendable {
  /// A way to log in.
  package enum Mechanism: String, Sendable, CaseIterable {
    /// A password, with SHA-256 (RFC 7677).
    case scramSHA256 = "SCRAM-SHA-256"
    /// A password, with SHA-1 (RFC 5802) and MongoDB's own digest of it.
    case scramSHA1 = "SCRAM-SHA-1"
    /// The client certificate of the TLS handshake.
    case x509 = "MONGODB-X509"
  }

  /// The user; empty only for ``Mechanism/x509``, where the certificate names it.
  package let username: String
  /// The password; empty for ``Mechanism/x509``.
  package let password: String
  /// The database the user belongs to.
  package let source: String
  /// Nil: the strongest that the server says the user has.
  package let mechanism: Mechanism?

  /// Names a user with a password.
  ///
  /// - Parameters:
  ///   - username: The user as the server knows it.
  ///   - password: The password in clear.
  ///   - source: The database the user belongs to.
  ///   - mechanism: Nil lets the server's answer decide.
  package init(
    username: String,
    password: String,
    source: String = "admin",
    mechanism: Mechanism? = nil
  ) {
    self.username = username
    self.password = password
    self.source = source
    self.mechanism = mechanism
  }

  /// The user that the client certificate names.
  package static let certificate = MongoCredential(
    username: "",
    password: "",
    source: "$external",
    mechanism: .x509
  )
}

extension MongoCredential: CustomStringConvertible, CustomReflectable {
  package var description: String { "\(username)@\(source)" }
  package var customMirror: Mirror {
    Mirror(self, children: ["username": username, "source": source])
  }
}
