// SPDX-License-Identifier: MIT
import Synchronization

/// Chooses the queries that are tried on the thread that reads requests: one at a time, and none that
/// took too long there before.
final class Shortcut: Sendable {
  private struct State {
    var isTaken = false
    /// Queries that were tried in vain, each in the place that its hash gives.
    var failed = [Int?](repeating: nil, count: Shortcut.failedMax)
  }

  /// A query is forgotten when another one comes to its place, and tried again.
  private static let failedMax = 1_024
  private let state = Mutex(State())

  /// What `body` gives; nil when it should not be tried.
  func take<Value>(_ query: String, overRange: Bool, _ body: () -> Value?) -> Value? {
    var hasher = Hasher()
    hasher.combine(query)
    hasher.combine(overRange)
    let hash = hasher.finalize()
    let place = Int(hash.magnitude % UInt(Self.failedMax))
    let isTried = state.withLock { state in
      guard !state.isTaken, state.failed[place] != hash else { return false }
      state.isTaken = true
      return true
    }
    guard isTried else { return nil }
    let value = body()
    state.withLock { state in
      state.isTaken = false
      if value == nil { state.failed[place] = hash }
    }
    return value
  }
}
