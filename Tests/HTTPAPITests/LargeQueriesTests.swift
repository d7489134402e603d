// SPDX-License-Identifier: MIT
import Net
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// Becomes true once.
private final class Flag: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}

@Suite struct LargeQueriesTests {
  @Test func `a large query waits until the one before has its answer`() async {
    let giveBacks = Mutex(0)
    let queries = LargeQueries(hasRoom: { true }) { giveBacks.withLock { $0 += 1 } }
    let first = queries.permit()
    first.take(unless: { false })
    let steps = Mutex<[String]>([])
    let second = queries.permit()
    let hasTurn = take(second) {
      steps.withLock { $0.append("waits") }
      return false
    }
    #expect(await eventually { steps.withLock { $0.last == "waits" } })
    #expect(giveBacks.withLock { $0 } == 0)
    first.giveBack()
    #expect(giveBacks.withLock { $0 } == 1)
    #expect(await eventually { hasTurn.isSet })
    second.giveBack()
  }

  @Test func `one whose turn it is waits until its answer would be sent`() async {
    let hasRoom = Atomic(false)
    let asked = Atomic(0)
    let queries = LargeQueries {
      asked.add(1, ordering: .relaxed)
      return hasRoom.load(ordering: .relaxed)
    } giveBackMemory: {
    }
    let permit = queries.permit()
    let isOver = Atomic(false)
    let hasTurn = take(permit) { isOver.load(ordering: .relaxed) }
    #expect(await eventually { asked.load(ordering: .relaxed) > 2 })
    #expect(!hasTurn.isSet)
    hasRoom.store(true, ordering: .relaxed)
    #expect(await eventually { hasTurn.isSet })
    permit.giveBack()
    // One that is over waits no longer.
    hasRoom.store(false, ordering: .relaxed)
    isOver.store(true, ordering: .relaxed)
    let late = queries.permit()
    late.take(unless: { isOver.load(ordering: .relaxed) })
    late.giveBack()
  }

  @Test func `one that is over does not take the turn, and what was not taken is not given back`() {
    let queries = LargeQueries(hasRoom: { true }) {}
    let first = queries.permit()
    first.take(unless: { false })
    first.take(unless: { false })
    let second = queries.permit()
    second.take(unless: { true })
    second.giveBack()
    let third = queries.permit()
    third.take(unless: { true })
    first.giveBack()
    first.giveBack()
    let fourth = queries.permit()
    fourth.take(unless: { false })
    let fifth = queries.permit()
    let asked = Atomic(0)
    fifth.take(unless: { asked.add(1, ordering: .relaxed).newValue > 0 })
    #expect(asked.load(ordering: .relaxed) == 1)
    fourth.giveBack()
  }

  /// Waits for the turn on a thread of its own, as a query does; true when it has come.
  private func take(
    _ permit: LargeQueries.Permit,
    unless isOver: @escaping @Sendable () -> Bool
  ) -> Flag {
    let hasTurn = Flag()
    let hasStarted = Net.Thread.start {
      permit.take(unless: isOver)
      hasTurn.set()
    }
    #expect(hasStarted)
    return hasTurn
  }
}
