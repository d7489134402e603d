// SPDX-License-Identifier: MIT

/// A mail server and how it is spoken to.
package struct MailServer: Sendable {
  /// How the connection is encrypted.
  package enum Security: Sendable, Hashable {
    /// TLS from the first byte, as on port 465.
    case tls
    /// TLS by STARTTLS (RFC 3207); a server that does not offer it gets no mail.
    case startTLS
    /// None: for a server on the same machine.
    case none
  }

  /// A name of an account and what proves it; printed nowhere.
  package struct Login: Sendable {
    let user: String
    let password: String

    /// Keeps both.
    package init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  /// A host name or a numeric address, an IPv6 one without brackets.
  package var host: String
  /// The TCP port.
  package var port: UInt16
  /// How the connection is encrypted.
  package var security: Security
  /// Which certificate is believed.
  package var trust: TLSTrust
  /// What the client calls itself in EHLO: a host name.
  package var greeting: String
  /// The account; nil sends without one.
  package var login: Login?

  /// Describes a server.
  package init(
    host: String,
    port: UInt16,
    security: Security = .startTLS,
    trust: TLSTrust = .system,
    greeting: String,
    login: Login? = nil
  ) {
    self.host = host
    self.port = port
    self.security = security
    self.trust = trust
    self.greeting = greeting
    self.login = login
  }

  /// `name:port`, all that errors say of it.
  package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension MailServer.Login: CustomStringConvertible, CustomReflectable {
  package var description: String { "mail login" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One mail as it goes over the wire.
package struct OutgoingMail: Sendable {
  /// The address that failures are reported to, without brackets.
  package var sender: String
  /// The addresses that get it, without brackets; at least one.
  package var recipients: [String]
  /// Header and body with CR LF line ends (RFC 5322); dots are stuffed on the way.
  package var message: [UInt8]

  /// Describes a mail.
  package init(sender: String, recipients: [String], message: [UInt8]) {
    self.sender = sender
    self.recipients = recipients
    self.message = message
  }
}

/// Why a mail was not taken.
package enum MailError: Error, Equatable, Sendable {
  /// The server answered with a code of 400 or above: 4xx may pass, 5xx will not (RFC 5321,
  /// section 4.2.1). `reply` is its text.
  case refused(host: String, code: Int, reply: String)
  /// The login was not accepted.
  case loginRefused(host: String, code: Int)
  /// No end within the limit.
  case timedOut(host: String, after: Duration)
  /// No connection, or it broke.
  case connectionFailed(host: String, reason: String)
  /// TLS failed, or the server does not offer it.
  case tls(host: String, reason: String)
  /// The mail cannot be sent: a faulty address or message.
  case invalidMail(reason: String)
  /// The task was cancelled.
  case cancelled
  /// libcurl failed in a way that should not happen.
  case internalFailure(reason: String)
}

extension MailError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .refused(let host, let code, let reply):
      "\(host) refused the mail with code \(code)" + (reply.isEmpty ? "" : ": \(reply)")
    case .loginRefused(let host, let code): "\(host) refused the login with code \(code)"
    case .timedOut(let host, let after):
      "\(host) did not take the mail within \(after.shortText)"
    case .connectionFailed(let host, let reason): "cannot send mail by \(host): \(reason)"
    case .tls(let host, let reason): "TLS with \(host) failed: \(reason)"
    case .invalidMail(let reason): "the mail cannot be sent: \(reason)"
    case .cancelled: "the mail was cancelled"
    case .internalFailure(let reason): "the mail client failed: \(reason)"
    }
  }
}
