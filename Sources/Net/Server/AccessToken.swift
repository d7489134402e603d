// SPDX-License-Identifier: MIT

/// What the holder of a token may do; each role includes the ones before it.
package enum AccessRole: Int, Comparable, Sendable {
  /// Look at everything.
  case read
  /// Also bring samples.
  case write
  /// Also silence, reload and whatever else changes hvsmon's own state.
  case operate

  package static func < (left: AccessRole, right: AccessRole) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A named secret that opens an ``HTTPServer``; keeps the secret's SHA-256 only and never shows it.
package struct AccessToken: Sendable {
  /// What the log calls the holder.
  package let name: String
  /// What the holder may do.
  package let role: AccessRole
  private let digest: [UInt8]

  /// Keeps the digest of `secret`, which must not be empty.
  package init(name: String, role: AccessRole, secret: String) {
    precondition(!secret.isEmpty, "an access token has a secret")
    self.name = name
    self.role = role
    digest = Digest.sha256(Array(secret.utf8))
  }

  /// Tells whether this is the token of the secret with that SHA-256, in constant time.
  func matches(digest other: [UInt8]) -> Bool { Digest.isEqual(digest, other) }

  /// Tells whether a field `Authorization` shows this token, in constant time.
  package func isShown(by authorization: String?) -> Bool {
    guard let authorization, let secret = Admission.secret(authorization: authorization) else {
      return false
    }
    return matches(digest: Digest.sha256(secret))
  }

  /// What only who knows the token's digest can compute of a session that ends then.
  func sessionCode(end unixSeconds: Int64) -> [UInt8] {
    Digest.hmacSHA256(key: digest, message: Array("hvsmon session\n\(name)\n\(unixSeconds)".utf8))
  }
}

extension AccessToken: CustomStringConvertible, CustomReflectable {
  package var description: String { "token \(name) (\(role))" }
  package var customMirror: Mirror { Mirror(self, children: ["name": name, "role": role]) }
}
