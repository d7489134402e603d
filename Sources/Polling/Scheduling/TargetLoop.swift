// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel

/// Polls one target until its task is cancelled.
struct TargetLoop: Sendable {
  let target: Target
  let waker: TargetWaker
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
    let slots = PollSlots(key: target.slotKey, interval: target.poll.interval)
    var settlement = Settlement(failuresToFail: target.poll.confirmFailures)
    var pace = PollPace(
      due: PollSlots(key: target.slotKey, interval: Self.startSpread).next(after: clock.now)
    )
    var counts = PollCounts()
    var attempt: PollAttempt?
    while true {
      let (reasons, isTimeUp) = await waker.sleep(until: pace.wake, clock: clock)
      guard !Task.isCancelled else { break }
      // Read after the reasons: a poll that answers a question began no earlier than it was put.
      let began = clock.now
      let start = clock.uptime
      pace.note(reasons, isInDoubt: settlement.state.isDoubted, at: began, uptime: start)
      guard let occasion = pace.occasion(at: began, isTimeUp: isTimeUp) else { continue }
      if occasion == .connectionClosed { counts.connectionsClosed += 1 }
      let due = pace.due
      let lateness = began - due
      let isOnSlot = occasion == .slot && lateness >= .zero && lateness <= Self.slotTolerance
      let isAsked = pace.begin(occasion, uptime: start)
      let outcome = await poll(at: began, isAsked: isAsked, attempt: &attempt)
      let duration = clock.uptime - start
      guard !Task.isCancelled else { break }
      counts.note(outcome)
      let before = settlement.state
      let step = settlement.note(outcome)
      report(outcome, before: before, after: settlement.state)
      switch step {
      case .publish:
        let record = PollRecord(
          target: target,
          time: isOnSlot ? due : began,
          began: began,
          isAsked: isAsked,
          duration: duration,
          outcome: outcome,
          counts: counts
        )
        recorder.record(record)
        pace.due = slots.next(after: clock.now)
      case .holdBack:
        if before == .working { recorder.doubt(target, at: began) }
        pace.due = max(began + target.poll.confirmInterval, clock.now)
      }
    }
    await attempt?.end()
  }

  /// Asks the collector, unless it is still at the question before: that counts as no answer.
  private func poll(
    at began: Timestamp,
    isAsked: Bool,
    attempt: inout PollAttempt?
  ) async -> PollAttempt.Outcome {
    let timeout = target.poll.timeout
    guard attempt?.isRunning != true else { return .failure(.timedOut(after: timeout)) }
    let wake: @Sendable () -> Void = { [waker] in waker.closeConnection() }
    let poll = Poll(
      time: began,
      timeout: timeout,
      connectionClosed: target.poll.watchesConnections ? wake : nil,
      isAsked: isAsked,
      newsArrived: { [waker] in waker.ask() }
    )
    let asked = PollAttempt(target.collector, poll)
    attempt = asked
    let deadline = began + timeout + Self.timeoutGrace
    return await asked.outcome(before: deadline, timeout: timeout, clock: clock)
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

extension Settlement.State {
  fileprivate var isDoubted: Bool {
    if case .doubted = self { true } else { false }
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
