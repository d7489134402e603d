// SPDX-License-Identifier: MIT
import CMalloc
import Glibc
import Synchronization

/// Lets one large query on at a time, from when it is known to be large until its answer is written:
/// what several of them hold would add up.
final class LargeQueries: Sendable {
  /// Samples after which a query counts as large.
  static let samplesMin = 2_000_000

  /// How often a query that waits looks whether its turn has come: it takes much longer itself.
  private static let pauseMicroseconds: UInt32 = 10_000

  private let isTurnTaken = Atomic(false)

  /// What one query may need.
  func permit() -> Permit { Permit(self) }

  /// A query's turn, which it takes once at most.
  final class Permit: Sendable {
    private let queries: LargeQueries
    private let isTaken = Mutex(false)

    fileprivate init(_ queries: LargeQueries) { self.queries = queries }

    /// Waits for the turn, as long as the query is not over; holds the thread, which is the query's own.
    func take(unless isOver: @Sendable () -> Bool) {
      isTaken.withLock { isTaken in
        guard !isTaken else { return }
        while queries.isTurnTaken.exchange(true, ordering: .acquiring) {
          if isOver() { return }
          usleep(LargeQueries.pauseMicroseconds)
        }
        isTaken = true
      }
    }

    /// Gives the turn back if it was taken, and first to the system what the query no longer holds: what
    /// is left between the pieces of the next one would add up.
    func giveBack() {
      isTaken.withLock { isTaken in
        guard isTaken else { return }
        hv_malloc_give_back()
        queries.isTurnTaken.store(false, ordering: .releasing)
        isTaken = false
      }
    }
  }
}
