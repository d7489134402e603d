// SPDX-License-Identifier: MIT
import MetricModel

/// When one target is polled next, and why; pure.
///
/// A slot or a confirmation is due by the clock. A closed connection and a question bring a poll
/// forward, each within its limit, unless the target is in doubt: asked sooner then, a service that
/// restarts within a second would count as down.
struct PollPace {
  /// Why a poll is made.
  enum Occasion: Equatable {
    /// A slot or a confirmation was due.
    case slot
    case connectionClosed
    case question
  }

  /// The next slot or confirmation.
  var due: Timestamp
  private var budget = WakeBudget()
  /// Set until the next poll, which answers the question.
  private var isAsked = false
  /// When a question that came too early is answered.
  private var answerDue: Timestamp?
  private var isConnectionClosed = false
  /// The uptime at which the last poll began.
  private var began: Duration?

  init(due: Timestamp) {
    self.due = due
  }

  /// When there is something to do.
  var wake: Timestamp { answerDue.map { min($0, due) } ?? due }

  /// Takes in why the target was woken.
  mutating func note(
    _ reasons: TargetWaker.Reasons,
    isInDoubt: Bool,
    at now: Timestamp,
    uptime: Duration
  ) {
    isConnectionClosed = reasons.isConnectionClosed && !isInDoubt
    isAsked = isAsked || reasons.isAsked
    if isInDoubt {
      answerDue = nil
    } else if reasons.isAsked, answerDue == nil {
      let since = began.map { uptime - $0 } ?? PollScheduler.askDistance
      answerDue = now + max(.zero, PollScheduler.askDistance - since)
    }
  }

  /// Why a poll is to be made now; nil when it is not time.
  ///
  /// When the sleep until ``wake`` has ended by itself it is, whatever the clock says.
  mutating func occasion(at now: Timestamp, isTimeUp: Bool) -> Occasion? {
    let now = isTimeUp ? max(now, wake) : now
    if due <= now { return .slot }
    if let answerDue, answerDue <= now { return .question }
    guard isConnectionClosed else { return nil }
    return budget.spend() ? .connectionClosed : nil
  }

  /// A poll begins.
  ///
  /// - Returns: Whether it answers a question.
  mutating func begin(_ occasion: Occasion, uptime: Duration) -> Bool {
    defer {
      isAsked = false
      answerDue = nil
    }
    if occasion == .slot { budget.refill() }
    began = uptime
    return isAsked
  }
}

/// How often a closed connection may bring a poll forward.
///
/// A peer that closes every idle connection after a second would otherwise be polled every second.
struct WakeBudget {
  private static let most = 3
  private var left = most

  /// Takes one; false when there is none left until the next regular poll.
  mutating func spend() -> Bool {
    guard left > 0 else { return false }
    left -= 1
    return true
  }

  /// A regular poll gives one back.
  mutating func refill() {
    left = min(Self.most, left + 1)
  }
}
