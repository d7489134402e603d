// SPDX-License-Identifier: MIT
import Glibc
import PromQL
import Synchronization

/// Lets one large query on at a time, from when it is known to be large until its answer is written:
/// what several of them hold would add up.
final class LargeQueries: Sendable {
  /// Samples after which a query counts as large.
  static let samplesMin = 1_000_000

  /// How often a query that waits looks whether its turn has come: it takes much longer itself.
  private static let pauseMicroseconds: UInt32 = 10_000

  private let isTurnTaken = Atomic(false)
  private let hasRoom: @Sendable () -> Bool
  private let makePatience: @Sendable () -> QueryDeadline
  /// After one waited for room in vain: so long others do not wait, as queries behind them would too.
  private let impatience = Mutex<QueryDeadline?>(nil)
  private let giveBackMemory: @Sendable () -> Void

  /// Lets large queries take turns.
  ///
  /// - Parameters:
  ///   - hasRoom: Whether the answer may be as long as any; a query whose turn it is waits for it.
  ///   - patience: Makes the deadline of that wait.
  ///   - giveBackMemory: Called after each: what is left between the pieces of one query and those
  ///     of the next would add up.
  init(
    hasRoom: @escaping @Sendable () -> Bool,
    patience: @escaping @Sendable () -> QueryDeadline,
    giveBackMemory: @escaping @Sendable () -> Void
  ) {
    self.hasRoom = hasRoom
    makePatience = patience
    self.giveBackMemory = giveBackMemory
  }

  /// Waits for room, for a query whose turn it is; false when there is none.
  private func waitForRoom(unless isOver: @Sendable () -> Bool) -> Bool {
    let isPatient = impatience.withLock { $0?.isPast() ?? true }
    let patience = makePatience()
    while !hasRoom(), !isOver() {
      guard isPatient, !patience.isPast() else {
        impatience.withLock { $0 = makePatience() }
        return false
      }
      usleep(Self.pauseMicroseconds)
    }
    return true
  }

  /// What one query may need.
  func permit() -> Permit { Permit(self) }

  /// A query's turn, which it takes once at most.
  final class Permit: Sendable {
    private let queries: LargeQueries
    private let isTaken = Mutex(false)
    private let hasNoRoom = Atomic(false)

    fileprivate init(_ queries: LargeQueries) { self.queries = queries }

    /// There is no room for the answer: the query must end.
    var isRefused: Bool { hasNoRoom.load(ordering: .relaxed) }

    /// Waits for the turn, as long as the query is not over; holds the thread, which is the query's own.
    func take(unless isOver: @Sendable () -> Bool) {
      isTaken.withLock { isTaken in
        guard !isTaken else { return }
        while queries.isTurnTaken.exchange(true, ordering: .acquiring) {
          if isOver() { return }
          usleep(LargeQueries.pauseMicroseconds)
        }
        isTaken = true
        if !queries.waitForRoom(unless: isOver) { hasNoRoom.store(true, ordering: .relaxed) }
      }
    }

    /// Gives the turn back if it was taken.
    func giveBack() {
      isTaken.withLock { isTaken in
        guard isTaken else { return }
        queries.giveBackMemory()
        queries.isTurnTaken.store(false, ordering: .releasing)
        isTaken = false
      }
    }
  }
}
