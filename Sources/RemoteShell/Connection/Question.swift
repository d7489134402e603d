// SPDX-License-Identifier: MIT

/// One question that somebody waits for.
final class Question {
  let id: UInt64
  let commands: [RemoteCommand]
  /// The uptime at which it fails.
  let deadline: Duration
  private let timeout: Duration
  private var continuation: CheckedContinuation<Result<RemoteAnswer, RemoteShellError>, Never>?

  init(_ asked: AskedQuestion) {
    id = asked.id
    commands = asked.commands
    deadline = asked.deadline
    timeout = asked.timeout
    continuation = asked.continuation
  }

  /// Answers it; what comes after the first answer is dropped.
  func resolve(_ result: Result<RemoteAnswer, RemoteShellError>) {
    continuation?.resume(returning: result)
    continuation = nil
  }

  /// Fails it because its time is over.
  func expire(during phase: RemoteShellError.Phase) {
    resolve(.failure(.timedOut(during: phase, after: timeout)))
  }
}

/// A question on its way to the thread.
struct AskedQuestion: Sendable {
  let id: UInt64
  let destination: SSHDestination
  let commands: [RemoteCommand]
  let deadline: Duration
  let timeout: Duration
  /// Who asks, and what to call when the connection breaks.
  let holder: UInt64
  let onClose: (@Sendable () -> Void)?
  let continuation: CheckedContinuation<Result<RemoteAnswer, RemoteShellError>, Never>
}
