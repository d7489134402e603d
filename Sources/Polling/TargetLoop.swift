// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel

/// Polls one target until its task is cancelled.
struct TargetLoop: Sendable {
  let target: Target
  let clock: any PollClock
  let recorder: any PollRecording
  let logger: Logger

  /// A poll at most this late still carries its slot's time: even distances compress better.
  private static let slotTolerance = Duration.milliseconds(20)
  /// The first polls after a start are spread over this long.
  private static let startSpread = Duration.seconds(1)
  /// A collector that ignores its timeout is given up this much later.
  private static let timeoutGrace = Duration.milliseconds(500)

  func run() async {
    let waker = Waker()
    let slots = PollSlots(key: target.key, interval: target.poll.interval)
    var settlement = Settlement(failuresToFail: target.poll.confirmFailures)
    var budget = WakeBudget()
    var counts = PollCounts()
    var attempt: PollAttempt?
    var due = PollSlots(key: target.key, interval: Self.startSpread).next(after: clock.now)
    while true {
      let wasWoken = await waker.sleep(until: due, clock: clock)
      guard !Task.isCancelled else { break }
      let began = clock.now
      if wasWoken {
        // A target in doubt is asked at its confirmation pace only: asked sooner, a service that
        // restarts within a second would count as down.
        if case .doubted = settlement.state { continue }
        guard budget.spend() else { continue }
        counts.connectionsClosed += 1
      } else {
        budget.refill()
      }
      let lateness = began - due
      let isOnSlot = !wasWoken && lateness >= .zero && lateness <= Self.slotTolerance
      let start = clock.uptime
      let outcome = await poll(at: began, waker: waker, attempt: &attempt)
      let duration = clock.uptime - start
      guard !Task.isCancelled else { break }
      counts.note(outcome)
      let before = settlement.state
      let step = settlement.note(outcome)
      report(outcome, before: before, after: settlement.state)
      switch step {
      case .publish:
        let time = isOnSlot ? due : began
        record(outcome, at: time, duration: duration, counts)
        due = slots.next(after: clock.now)
      case .holdBack:
        due = max(began + target.poll.confirmInterval, clock.now)
      }
    }
    await attempt?.end()
  }

  /// Asks the collector, unless it is still at the question before: that counts as no answer.
  private func poll(
    at began: Timestamp,
    waker: Waker,
    attempt: inout PollAttempt?
  ) async -> PollAttempt.Outcome {
    let timeout = target.poll.timeout
    guard attempt?.isRunning != true else { return .failure(.timedOut(after: timeout)) }
    let wake: @Sendable () -> Void = { waker.wake() }
    let poll = Poll(
      time: began,
      timeout: timeout,
      connectionClosed: target.poll.watchesConnections ? wake : nil
    )
    let asked = PollAttempt(target.collector, poll)
    attempt = asked
    let deadline = began + timeout + Self.timeoutGrace
    return await asked.outcome(before: deadline, timeout: timeout, clock: clock)
  }

  private func record(
    _ outcome: PollAttempt.Outcome,
    at time: Timestamp,
    duration: Duration,
    _ counts: PollCounts
  ) {
    recorder.record(
      PollRecord(target: target, time: time, duration: duration, outcome: outcome, counts: counts)
    )
  }

  private func report(
    _ outcome: Result<Collection, CollectionError>,
    before: Settlement.State,
    after: Settlement.State
  ) {
    let place = [LogField("target", target.key)]
    switch (before, after) {
    case (.failed, .working):
      logger.log(.info, "target works again", place)
    case (_, .doubted):
      guard let failure = outcome.failure else { return }
      logger.log(.info, "poll failed, asking again", place + failure.fields)
    case (.failed, .failed): return
    case (_, .failed):
      guard let failure = outcome.failure else { return }
      logger.log(.warning, "target is down", place + failure.fields)
    default: return
    }
  }
}

extension Result<Collection, CollectionError> {
  /// Why the target counts as failing, nil when it works.
  var failure: CollectionError? {
    switch self {
    case .success(let collection): collection.failure
    case .failure(let error): error
    }
  }
}

extension CollectionError {
  fileprivate var fields: [LogField] {
    [LogField("reason", kind), LogField("error", description)]
  }
}

extension Settlement {
  fileprivate mutating func note(_ outcome: Result<Collection, CollectionError>) -> Step {
    outcome.failure == nil ? succeeded() : failed()
  }
}

extension PollCounts {
  fileprivate mutating func note(_ outcome: Result<Collection, CollectionError>) {
    polls += 1
    if let failure = outcome.failure { failures[failure.kind, default: 0] += 1 }
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
