// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// Lets a callback end a loop's sleep; one loop sleeps at a time.
package final class Waker: Sendable {
  private struct State {
    var isWoken = false
    var sleeper: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Makes a waker that was not woken.
  package init() {}

  /// Ends the sleep under way, or the next one; on any thread.
  package func wake() {
    state.withLock { state in
      state.isWoken = true
      state.sleeper?.cancel()
    }
  }

  /// Sleeps until `instant`, ``wake()`` or the task's cancellation.
  ///
  /// - Returns: True when it was woken before the time.
  package func sleep(until instant: Timestamp, clock: any PollClock) async -> Bool {
    // Awaited below; cancelled by `wake()` or with the task that awaits it.
    let sleeper = Task { await clock.sleep(until: instant) }
    state.withLock { state in
      state.sleeper = sleeper
      if state.isWoken { sleeper.cancel() }
    }
    await withTaskCancellationHandler {
      await sleeper.value
    } onCancel: {
      sleeper.cancel()
    }
    return state.withLock { state in
      defer { state.isWoken = false }
      state.sleeper = nil
      return state.isWoken
    }
  }
}
