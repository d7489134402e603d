// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// A clock that stands still until a test moves it; who sleeps by it wakes when it gets there.
package final class ManualTimeSource: TimeSource {
  private struct Sleeper {
    let due: Timestamp
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Timestamp
    var nextID = 0
    var sleepers: [Int: Sleeper] = [:]
    /// Sleepers whose task was cancelled before they lay down.
    var cancelled: Set<Int> = []
    /// Tests that wait for a sleeper at an instant.
    var watchers: [Sleeper] = []
  }

  private let state: Mutex<State>

  /// Starts the clock at `start`.
  package init(_ start: Timestamp = .epoch) {
    state = Mutex(State(now: start))
  }

  package var now: Timestamp { state.withLock { $0.now } }

  /// Moves the clock forward and wakes those whose time has come.
  package func advance(by span: Duration) {
    advance(to: now + span)
  }

  /// Moves the clock to `instant`, never backward, and wakes those whose time has come.
  package func advance(to instant: Timestamp) {
    let due = state.withLock { state in
      state.now = max(state.now, instant)
      let due = state.sleepers.filter { $0.value.due <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.due < $1.due }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Returns when the clock has been moved to `instant`, or when the task is cancelled.
  package func sleep(until instant: Timestamp) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
          if state.cancelled.remove(id) != nil || instant <= state.now { return [continuation] }
          state.sleepers[id] = Sleeper(due: instant, continuation: continuation)
          let watchers = state.watchers.filter { $0.due == instant }
          state.watchers.removeAll { $0.due == instant }
          return watchers.map(\.continuation)
        }
        for each in ready { each.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume()
    }
  }

  /// The instants at which somebody sleeps, earliest first.
  package var sleepers: [Timestamp] { state.withLock { $0.sleepers.values.map(\.due).sorted() } }

  /// Returns when somebody sleeps until exactly `instant`.
  package func waitForSleeper(until instant: Timestamp) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.values.contains(where: { $0.due == instant }) { return true }
        state.watchers.append(Sleeper(due: instant, continuation: continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}
