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
    var due = PollSlots(key: target.key, interval: Self.startSpread).next(after: clock.now)
    while true {
      let wasWoken = await waker.sleep(until: due, clock: clock)
      guard !Task.isCancelled else { return }
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
      let outcome = await poll(at: began, waker: waker)
      guard !Task.isCancelled else { return }
      counts.note(outcome)
      let before = settlement.state
      let step = settlement.note(outcome)
      report(outcome, before: before, after: settlement.state)
      switch step {
      case .publish:
        recorder.record(
          PollRecord(
            target: target,
            time: isOnSlot ? due : began,
            duration: clock.now - began,
            outcome: outcome,
            counts: counts
          )
        )
        due = slots.next(after: clock.now)
      case .holdBack:
        due = max(began + target.poll.confirmInterval, clock.now)
      }
    }
  }

  private func poll(at began: Timestamp, waker: Waker) async -> Result<Collection, CollectionError>
  {
    let timeout = target.poll.timeout
    let wake: @Sendable () -> Void = { waker.wake() }
    let poll = Poll(
      time: began,
      timeout: timeout,
      connectionClosed: target.poll.watchesConnections ? wake : nil
    )
    return await withTaskGroup(of: Result<Collection, CollectionError>.self) { group in
      group.addTask {
        do throws(CollectionError) {
          return .success(try await target.collector.collect(poll))
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        await clock.sleep(until: began + timeout + Self.timeoutGrace)
        return .failure(.timedOut(after: timeout))
      }
      let first = await group.next() ?? .failure(.cancelled)
      group.cancelAll()
      return first
    }
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
