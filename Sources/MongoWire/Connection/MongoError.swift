// SPDX-License-Identifier: MIT
package import Net

/// Why a member did not answer as it should.
package enum MongoError: Error, Equatable, Sendable {
  /// No connection, or it broke; `kind` is one word for a label.
  case unreachable(kind: String, reason: String)
  /// The peer took the connection and closed it before it answered anything.
  ///
  /// It speaks TLS and this side does not, or it has as many connections as it allows.
  case closedUnanswered(peer: String)
  /// The TLS handshake failed; `certificate` is what the peer showed, if it came that far.
  case tls(reason: String, certificate: ServerCertificate?)
  /// The member does not let this user in; it is alive, and asking again soon is no use.
  case loginRefused(CommandRefusal)
  /// This side broke the login off: the server did not keep to the rules.
  case loginFailed(ScramError)
  /// The member answered that it does not do this.
  case commandRefused(CommandRefusal)
  /// The peer's bytes broke the protocol; `path` says where, such as `hello`.
  case malformed(path: String, reason: String)
  /// No complete answer in time; `step` is a command or what a connection waited for.
  case timedOut(step: String, after: Duration)
  /// The command is not among those that this client sends.
  case notAllowed(command: String, reason: String)
  /// The server is older than what this client speaks with.
  case unsupportedServer(maxWireVersion: Int)
  /// The connection is waiting for another answer.
  case busy
  /// The task was cancelled, which closes the connection.
  case cancelled
  /// The connection was closed or broke before.
  case closed
}

/// What a server says when it does not do something.
package struct CommandRefusal: Equatable, Sendable {
  /// The command's name.
  package let command: String
  /// The number to decide by; some foreign servers leave it out.
  package let code: Int?
  /// The number's name; may be empty.
  package let codeName: String
  /// The server's words, cut to 256 bytes of printable characters.
  package let message: String

  /// Describes a refusal.
  package init(command: String, code: Int?, codeName: String = "", message: String = "") {
    self.command = command
    self.code = code
    self.codeName = Self.printable(codeName)
    self.message = Self.printable(message)
  }

  /// Reads the reply to a command; nil when it says `ok`.
  init?(_ reply: BSONDocument, to command: String) {
    if reply["ok"]?.number == 1 { return nil }
    self.init(
      command: command,
      code: reply["code"]?.integer.flatMap { Int(exactly: $0) },
      codeName: reply["codeName"]?.text ?? "",
      message: reply["errmsg"]?.text ?? ""
    )
  }

  private static func printable(_ text: String) -> String {
    let bytes = text.utf8.prefix(256).map { $0 < 0x20 || $0 >= 0x7f ? UInt8(ascii: "?") : $0 }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension CommandRefusal {
  /// The numbers that are decided by, from `src/mongo/base/error_codes.yml`.
  package enum Code {
    /// Not logged in, or a privilege is missing.
    package static let unauthorized = 13
    /// The login is out of step.
    package static let protocolError = 17
    /// Wrong user or password.
    package static let authenticationFailed = 18
    /// No such collection.
    package static let namespaceNotFound = 26
    /// The time that the client allowed is over.
    package static let maxTimeExpired = 50
    /// An old or a foreign server.
    package static let commandNotFound = 59
    /// Not started with a replica set.
    package static let noReplication = 76
    /// Stopping; the connection will close.
    package static let shutdownInProgress = 91
    /// Removed from the replica set's configuration.
    package static let invalidReplicaSetConfig = 93
    /// Has no replica set's configuration yet.
    package static let notYetInitialized = 94
    /// The mechanism is switched off.
    package static let mechanismUnavailable = 334
    /// Logged in too long ago.
    package static let reauthenticationRequired = 391
    /// Stopping; the connection will close.
    package static let interruptedAtShutdown = 11_600
  }

  /// The member says that it is being stopped.
  package var isShuttingDown: Bool {
    code == Code.shutdownInProgress || code == Code.interruptedAtShutdown
  }

  /// Credentials or privileges are at fault, not the member.
  var isAboutLogin: Bool {
    switch code {
    case Code.unauthorized, Code.protocolError, Code.authenticationFailed, Code.commandNotFound,
      Code.mechanismUnavailable, Code.reauthenticationRequired, nil:
      true
    default: false
    }
  }
}

extension CommandRefusal: CustomStringConvertible {
  package var description: String {
    let number = code.map { " with code \($0)" } ?? ""
    let name = codeName.isEmpty ? "" : " (\(codeName))"
    return "\(command) was refused\(number)\(name)\(message.isEmpty ? "" : ": \(message)")"
  }
}

extension MongoError {
  /// One word for a metric label, in snake case; never changes for a given case.
  package var kind: String {
    switch self {
    case .unreachable(let kind, _): kind
    case .closedUnanswered: "closed_unanswered"
    case .tls: "tls"
    case .loginRefused: "login_refused"
    case .loginFailed: "login_failed"
    case .commandRefused(let refusal): refusal.isShuttingDown ? "shutting_down" : "refused_command"
    case .malformed: "malformed_reply"
    case .timedOut: "timeout"
    case .notAllowed: "not_allowed"
    case .unsupportedServer: "unsupported_server"
    case .busy: "busy"
    case .cancelled: "cancelled"
    case .closed: "closed"
    }
  }

  /// What a failed step on a stream means.
  init(_ error: StreamError, step: String) {
    switch error {
    case .timedOut(_, let after, let phase):
      let isOpening = phase != .send && phase != .receive
      self = .timedOut(step: isOpening ? phase.rawValue : step, after: after)
    case .tls(_, let reason, let certificate): self = .tls(reason: reason, certificate: certificate)
    case .closed: self = .closed
    case .cancelled: self = .cancelled
    default: self = .unreachable(kind: error.kind, reason: error.description)
    }
  }
}

extension MongoError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(_, let reason): reason
    case .closedUnanswered(let peer):
      "\(peer) closed the connection without an answer: it may want TLS, not want it, or have as "
        + "many connections as it allows"
    case .tls(let reason, _): "TLS failed: \(reason)"
    case .loginRefused(let refusal): "the login failed: \(refusal)"
    case .loginFailed(let error): "the login was broken off: \(error)"
    case .commandRefused(let refusal): refusal.description
    case .malformed(let path, let reason): "\(path): \(reason)"
    case .timedOut(let step, let after): "no answer to \(step) within \(after)"
    case .notAllowed(let command, let reason): "\(command) is not sent: \(reason)"
    case .unsupportedServer(let version):
      "the server is older than 3.6 (it speaks wire version \(version))"
    case .busy: "the connection is waiting for another answer"
    case .cancelled: "the task was cancelled"
    case .closed: "the connection was closed"
    }
  }
}
