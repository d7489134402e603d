// SPDX-License-Identifier: MIT
import Net
import Synchronization

/// Makes answers that take long on threads of their own, few at a time.
///
/// The pool that polls and alerts run on has one thread a core, and a heavy query would hold it for
/// as long as it takes.
struct QueryThreads: Sendable {
  /// Answers that are made at once; as many as ``waitingMax`` wait for their turn.
  static let runningMax = 4
  /// Requests that wait; more are refused.
  static let waitingMax = 64

  private let turns = Turnstile(width: runningMax, waitingMax: waitingMax)
  private let threads = ParkedThreads()

  /// The answer that `work` makes, or the refusal when too many wait.
  func answer(
    _ work: @escaping @Sendable (Abandonment) throws(APIFailure) -> ServerResponse
  ) async -> ServerResponse {
    guard await turns.enter() else {
      let limit = "more than \(Self.waitingMax) queries wait already"
      return APIFailure(.unavailable, limit).response
    }
    defer { turns.leave() }
    let abandonment = Abandonment()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let run: @Sendable () -> Void = {
          continuation.resume(
            returning: ServerResponse { () throws(APIFailure) in
              try work(abandonment)
            }
          )
        }
        if !threads.run(run) { run() }
      }
    } onCancel: {
      abandonment.begin()
    }
  }
}

/// Nobody waits for the answer any more.
final class Abandonment: Sendable {
  private let state = Atomic(false)

  var hasBegun: Bool { state.load(ordering: .relaxed) }

  func begin() { state.store(true, ordering: .relaxed) }
}

extension ServerResponse {
  /// What `work` answers, or its refusal in the envelope.
  init(_ work: () throws(APIFailure) -> ServerResponse) {
    do throws(APIFailure) {
      self = try work()
    } catch {
      self = error.response
    }
  }
}
