// SPDX-License-Identifier: MIT
import Synchronization

/// Chooses the queries that are tried on the thread that reads requests: one at a time, and seldom those
/// that took too long there before.
final class Shortcut: Sendable {
  /// A query that was tried in vain.
  private struct Failure {
    let hash: Int
    /// How often it is not tried after it failed, and how often of these are left.
    ///
    /// A first reading may take long only because nothing of it was in memory.
    let pause: Int
    var left: Int
  }

  private struct State {
    var isTaken = false
    /// Each in the place that its hash gives.
    var failures = [Failure?](repeating: nil, count: Shortcut.failuresMax)
  }

  /// A query is forgotten when another one comes to its place.
  private static let failuresMax = 1_024
  /// How often a query is not tried after the first time in vain; each further time gives this many
  /// times as much.
  private static let pauseFactor = 4
  private static let pauseMax = 1_024
  private let state = Mutex(State())

  /// What `body` gives; nil when it should not be tried.
  func take<Value>(_ query: String, overRange: Bool, _ body: () -> Value?) -> Value? {
    var hasher = Hasher()
    hasher.combine(query)
    hasher.combine(overRange)
    let hash = hasher.finalize()
    let place = Int(hash.magnitude % UInt(Self.failuresMax))
    let isTried = state.withLock { state in
      guard !state.isTaken else { return false }
      if var known = state.failures[place], known.hash == hash, known.left > 0 {
        known.left -= 1
        state.failures[place] = known
        return false
      }
      state.isTaken = true
      return true
    }
    guard isTried else { return nil }
    let value = body()
    state.withLock { state in
      state.isTaken = false
      let before = state.failures[place].flatMap { $0.hash == hash ? $0 : nil }
      if value == nil {
        let pause = min((before?.pause ?? 1) * Self.pauseFactor, Self.pauseMax)
        state.failures[place] = Failure(hash: hash, pause: pause, left: pause)
      } else if before != nil {
        state.failures[place] = nil
      }
    }
    return value
  }
}
