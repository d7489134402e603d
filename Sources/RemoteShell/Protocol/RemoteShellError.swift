// SPDX-License-Identifier: MIT

/// Why a host gave no answer by ssh.
package enum RemoteShellError: Error, Equatable, Sendable {
  /// What was going on when time ran out.
  package enum Phase: Equatable, Sendable {
    /// The connection was being made.
    case connecting
    /// An earlier question to the same host took the time.
    case waiting
    /// The host had been asked and had not finished its answer.
    case answering
  }

  /// What is wrong with the key of the settings.
  package enum KeyFileFault: Equatable, Sendable {
    /// There is no such file.
    case missing
    /// Others than its owner may read it, so ssh does not use it.
    case readableByOthers
    /// It cannot be opened, or is not a key.
    case unreadable
  }

  /// One of a process's two outputs.
  package enum Stream: Equatable, Sendable {
    case output
    case errorOutput
  }

  /// The host shows another key than the pinned one: an alarm, not "host down".
  case hostKeyChanged
  /// No key of the host is pinned.
  case hostKeyUnknown
  /// The host does not let this user in with this key.
  case authenticationRefused
  /// The key of the settings cannot be used.
  case keyFileUnusable(KeyFileFault)
  /// The host answers, and nothing listens on the port.
  case refused
  /// No answer in time; `after` is the time waited as far as this side knows it.
  case timedOut(during: Phase, after: Duration?)
  /// There is no way to the host.
  case unreachable
  /// The name has no address.
  case nameNotResolved
  /// The port is open and says nothing: a frozen sshd.
  case bannerTimeout
  /// What listens closed the connection or does not speak SSH.
  case notSSH
  /// The two sides share no algorithm.
  case noCommonAlgorithm
  /// The connection broke.
  case connectionLost
  /// The program for ssh of the settings is not there.
  case programMissing(String)
  /// The system could not start the program; `reason` is its text.
  case notStarted(reason: String)
  /// More than the limit came.
  case outputTooLarge(Stream, limitBytes: Int)
  /// The far side ended with this status before it answered; 127 is a shell that is missing.
  case commandFailed(status: Int)
  /// The far side speaks another version of the facts than this program.
  case factsVersion(String)
  /// The far side refused the request as a whole.
  case requestRefused
  /// The answer broke its contract.
  case malformedAnswer(reason: String)
  /// The connection ended in the middle of an answer.
  case truncated
  /// More questions wait for this host than are allowed.
  case queueFull(limit: Int)
  /// More hosts are asked than are allowed.
  case tooManyHosts(limit: Int)
  /// The asker gave up.
  case cancelled
  /// The connections were stopped.
  case closed
  /// ssh failed for a reason that is none of the above; `line` is its last line.
  case other(line: String)
}

extension RemoteShellError {
  /// Somebody may be answering in the host's place: to be told as an alarm of its own.
  package var isAlarm: Bool { self == .hostKeyChanged }

  /// One short word for a label.
  package var kind: String {
    switch self {
    case .hostKeyChanged: "host_key_changed"
    case .hostKeyUnknown: "host_key_unknown"
    case .authenticationRefused: "authentication"
    case .keyFileUnusable: "key_file"
    case .refused: "refused"
    case .timedOut: "timeout"
    case .unreachable: "unreachable"
    case .nameNotResolved: "name"
    case .bannerTimeout: "banner_timeout"
    case .notSSH: "not_ssh"
    case .noCommonAlgorithm: "algorithms"
    case .connectionLost: "lost"
    case .programMissing, .notStarted: "program"
    case .outputTooLarge: "too_large"
    case .commandFailed: "command"
    case .factsVersion: "version"
    case .requestRefused: "request_refused"
    case .malformedAnswer, .truncated: "malformed"
    case .queueFull, .tooManyHosts: "limit"
    case .cancelled, .closed: "cancelled"
    case .other: "other"
    }
  }
}

extension RemoteShellError: CustomStringConvertible {
  /// One sentence without a full stop.
  package var description: String {
    switch self {
    case .hostKeyChanged: "the host shows another key than the one in known_hosts_file"
    case .hostKeyUnknown: "known_hosts_file holds no key of the host"
    case .authenticationRefused: "the host refuses the user or the key"
    case .keyFileUnusable(.missing): "identity_file does not exist"
    case .keyFileUnusable(.readableByOthers): "identity_file can be read by others"
    case .keyFileUnusable(.unreadable): "identity_file cannot be read as a key"
    case .refused: "connection refused"
    case .timedOut(.connecting, _): "no connection in time"
    case .timedOut(.waiting, _): "an earlier question to the host took all the time"
    case .timedOut(.answering, _): "no complete answer in time"
    case .unreachable: "no route to the host"
    case .nameNotResolved: "the host's name has no address"
    case .bannerTimeout: "the port is open and ssh does not answer there"
    case .notSSH: "what listens there closed the connection or is not ssh"
    case .noCommonAlgorithm: "ssh here and there share no algorithm"
    case .connectionLost: "the connection broke"
    case .programMissing(let program): "the program \(program) is not there"
    case .notStarted(let reason): "ssh could not be started: \(reason)"
    case .outputTooLarge(.output, let limit): "the answer has more than \(limit) bytes"
    case .outputTooLarge(.errorOutput, let limit): "ssh printed more than \(limit) bytes of errors"
    case .commandFailed(let status): "the far side ended with status \(status) without an answer"
    case .factsVersion(let version):
      "facts.sh on the host is of version \(version), not \(Conversation.version)"
    case .requestRefused: "facts.sh on the host refused the request"
    case .malformedAnswer(let reason): "the answer is not as it should be: \(reason)"
    case .truncated: "the answer broke off"
    case .queueFull(let limit): "more than \(limit) questions wait for the host"
    case .tooManyHosts(let limit): "more than \(limit) hosts are asked by ssh"
    case .cancelled: "the question was given up"
    case .closed: "the connections were stopped"
    case .other(let line): "ssh says: \(line)"
    }
  }
}
