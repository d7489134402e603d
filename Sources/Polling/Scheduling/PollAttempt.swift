// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// One call of a collector, whose outcome is there in time even when the collector is not.
struct PollAttempt: Sendable {
  typealias Outcome = Result<Collection, CollectionError>

  private let race = Race()
  private let asking: Task<Void, Never>

  /// Asks at once.
  init(_ collector: any Collector, _ poll: Poll) {
    // Cancelled when the outcome is there, awaited by `end()`.
    asking = Task { [race] in
      do throws(CollectionError) {
        race.collectorReturned(.success(try await collector.collect(poll)))
      } catch {
        race.collectorReturned(.failure(error))
      }
    }
  }

  /// The collector has not returned yet, perhaps long after it was given up.
  var isRunning: Bool { race.isRunning }

  /// What the collector found, or a timeout at `deadline`; then, and when the task is cancelled,
  /// the collector is told to stop.
  func outcome(before deadline: Timestamp, timeout: Duration, clock: any PollClock) async -> Outcome
  {
    // Cancelled and awaited below.
    let timer = Task { [race] in
      await clock.sleep(until: deadline)
      race.settle(.failure(.timedOut(after: timeout)))
    }
    let outcome = await withTaskCancellationHandler {
      await race.outcome
    } onCancel: {
      asking.cancel()
      timer.cancel()
    }
    asking.cancel()
    timer.cancel()
    await timer.value
    return outcome
  }

  /// Tells the collector to stop and returns when it did.
  func end() async {
    asking.cancel()
    await asking.value
  }
}

/// The first of two outcomes, those of the collector and of the clock.
private final class Race: Sendable {
  private struct State {
    var isRunning = true
    var outcome: PollAttempt.Outcome?
    var waiter: CheckedContinuation<PollAttempt.Outcome, Never>?
  }

  private let state = Mutex(State())

  var isRunning: Bool { state.withLock { $0.isRunning } }

  /// Waits for the first outcome; asked once.
  var outcome: PollAttempt.Outcome {
    get async {
      await withCheckedContinuation { continuation in
        let known = state.withLock { state in
          if state.outcome == nil { state.waiter = continuation }
          return state.outcome
        }
        if let known { continuation.resume(returning: known) }
      }
    }
  }

  func collectorReturned(_ outcome: PollAttempt.Outcome) {
    state.withLock { $0.isRunning = false }
    settle(outcome)
  }

  func settle(_ outcome: PollAttempt.Outcome) {
    let waiter = state.withLock { state -> CheckedContinuation<PollAttempt.Outcome, Never>? in
      guard state.outcome == nil else { return nil }
      state.outcome = outcome
      return state.waiter.take()
    }
    waiter?.resume(returning: outcome)
  }
}
