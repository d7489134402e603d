// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// Ends the sleep of one target's loop, and says why.
final class TargetWaker: Sendable {
  /// Why the loop was woken; nothing when its time had come.
  struct Reasons: Equatable, Sendable {
    /// The peer closed a connection that the collector keeps open.
    var isConnectionClosed = false
    /// What stands on the target, or it stands on, failed.
    var isAsked = false
  }

  private let waker = Waker()
  private let reasons = Mutex(Reasons())

  func closeConnection() {
    reasons.withLock { $0.isConnectionClosed = true }
    waker.wake()
  }

  func ask() {
    reasons.withLock { $0.isAsked = true }
    waker.wake()
  }

  /// Sleeps until `instant`, or until it is woken or was before.
  ///
  /// - Returns: Why it woke, and whether because its time is up: the clock may say less, when it
  ///   was set back meanwhile.
  func sleep(
    until instant: Timestamp,
    clock: any PollClock
  ) async -> (reasons: Reasons, isTimeUp: Bool) {
    let wasWoken = await waker.sleep(until: instant, clock: clock)
    let reasons = reasons.withLock { reasons in
      defer { reasons = Reasons() }
      return reasons
    }
    return (reasons, !wasWoken)
  }
}
