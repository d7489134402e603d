// SPDX-License-Identifier: MIT
import Synchronization

/// Lets so many in at a time, the others in the order they came.
package final class Turnstile: Sendable {
  private struct State {
    var inside = 0
    var waiting: [CheckedContinuation<Bool, Never>] = []
  }

  private let width: Int
  private let waitingMax: Int
  private let state = Mutex(State())

  /// Makes a turnstile.
  ///
  /// - Parameters:
  ///   - width: How many may be inside at once.
  ///   - waitingMax: How many may wait; more are turned away.
  package init(width: Int, waitingMax: Int) {
    self.width = width
    self.waitingMax = waitingMax
  }

  /// Returns when there is room inside; who was let in calls ``leave()`` once.
  ///
  /// - Returns: False at once when too many wait already.
  package func enter() async -> Bool {
    await withCheckedContinuation { continuation in
      let isLetIn: Bool? = state.withLock { state in
        if state.inside < width {
          state.inside += 1
          return true
        }
        guard state.waiting.count < waitingMax else { return false }
        state.waiting.append(continuation)
        return nil
      }
      if let isLetIn { continuation.resume(returning: isLetIn) }
    }
  }

  /// Lets the next one in.
  package func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiting.isEmpty else {
        state.inside -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume(returning: true)
  }
}
