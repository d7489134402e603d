// SPDX-License-Identifier: MIT
import Dispatch
import Synchronization

/// Work in shares, of which several threads take one after the other.
///
/// Dispatch's own way to do that takes threads of the class that Swift's tasks run on: a task, such as
/// a poll, would wait for as long as a share takes.
package final class SharedWork: Sendable {
  private let shares: Int
  private let work: @Sendable (Int) -> Void
  private let next = Atomic(0)
  private let finished = Atomic(0)
  private let end = DispatchSemaphore(value: 0)

  private init(_ shares: Int, _ work: @escaping @Sendable (Int) -> Void) {
    self.shares = shares
    self.work = work
  }

  /// Does all shares with this thread and others, and returns when all are done.
  ///
  /// - Parameters:
  ///   - shares: How many there are.
  ///   - threads: How many threads may be at it, this one counted.
  ///   - work: Does the share of a number; once for each.
  package static func perform(
    _ shares: Int,
    threads: Int,
    _ work: @escaping @Sendable (Int) -> Void
  ) {
    guard shares > 0 else { return }
    let all = SharedWork(shares, work)
    for _ in 1..<max(threads, 1) { DispatchQueue.global(qos: .utility).async { all.takeShares() } }
    all.takeShares()
    // A thread that comes now finds nothing left, and nobody waits for it.
    all.end.wait()
  }

  private func takeShares() {
    while true {
      let share = next.add(1, ordering: .relaxed).oldValue
      guard share < shares else { return }
      work(share)
      let count = finished.add(1, ordering: .acquiringAndReleasing).newValue
      if count == shares { end.signal() }
    }
  }
}
