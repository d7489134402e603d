// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// Ends sleeps on time, on one thread of its own.
///
/// Dispatch's timers wake two threads for each sleep and fire even after it was cancelled; with one
/// sleep and one deadline for each poll that was half of the cost of an idle daemon. Here a sleep
/// that is cancelled costs nothing, and one that ends wakes this thread once.
final class TimerThread: Sendable {
  private struct Sleeper {
    let deadline: Duration
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var sleepers: [UInt64: Sleeper] = [:]
    var nextID: UInt64 = 0
    /// What the thread sleeps until; nil while it does not run.
    var wakesAt: Duration?
    var isRunning = false
    var isEnding = false
  }

  private let state = Mutex(State())
  private let bell: Bell

  /// Makes a timer whose thread starts with the first sleep; nil when the system has no descriptors
  /// left.
  init?() {
    guard let bell = Bell() else { return nil }
    self.bell = bell
  }

  /// Lets the thread end once nobody sleeps any more.
  func end() {
    state.withLock { $0.isEnding = true }
    bell.ring()
  }

  /// Returns when the uptime is `deadline`, or earlier when the task is cancelled.
  func sleep(until deadline: Duration) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        add(Sleeper(deadline: deadline, continuation: continuation), id: id)
      }
    } onCancel: {
      remove(id)
    }
  }

  private func add(_ sleeper: Sleeper, id: UInt64) {
    // Asked under the lock: a cancellation comes either before this, and is seen, or after it, and
    // finds the sleeper.
    let (isCancelled, starts, rings) = state.withLock { state in
      guard !Task.isCancelled else { return (true, false, false) }
      state.sleepers[id] = sleeper
      let starts = !state.isRunning
      state.isRunning = true
      let rings = state.wakesAt.map { sleeper.deadline < $0 } ?? false
      return (false, starts, rings)
    }
    if isCancelled { sleeper.continuation.resume() }
    if starts { start() }
    if rings { bell.ring() }
  }

  private func remove(_ id: UInt64) {
    let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
    sleeper?.continuation.resume()
  }

  private func start() {
    var thread = pthread_t()
    // Released by the thread when it begins.
    let owner = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread,
      nil,
      { context in
        guard let context else { return nil }
        Unmanaged<TimerThread>.fromOpaque(context).takeRetainedValue().run()
        return nil
      },
      owner.toOpaque()
    )
    precondition(code == 0, "the system starts a thread for timers")
    pthread_detach(thread)
  }

  private func run() {
    while true {
      let now = Self.uptime
      let (due, wait, ends) = state.withLock { state in
        let due = state.sleepers.filter { $0.value.deadline <= now }
        for id in due.keys { state.sleepers[id] = nil }
        let next = state.sleepers.values.map(\.deadline).min()
        let ends = state.isEnding && state.sleepers.isEmpty
        state.wakesAt = next ?? .seconds(Int64.max / 2)
        if ends {
          state.isRunning = false
          state.wakesAt = nil
        }
        return (Array(due.values), next.map { $0 - now }, ends)
      }
      for sleeper in due { sleeper.continuation.resume() }
      if ends { return }
      bell.wait(atMost: wait)
    }
  }

  static var uptime: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
