// SPDX-License-Identifier: MIT
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

@Suite struct LargeQueriesTests {
  @Test func `a large query waits until the one before has its answer`() async {
    let giveBacks = Mutex(0)
    let queries = LargeQueries { giveBacks.withLock { $0 += 1 } }
    let first = queries.permit()
    first.take(unless: { false })
    let steps = Mutex<[String]>([])
    let second = queries.permit()
    let waiting = Task.detached {
      second.take(unless: {
        steps.withLock { $0.append("waits") }
        return false
      })
      steps.withLock { $0.append("has its turn") }
    }
    #expect(await eventually { steps.withLock { $0.last == "waits" } })
    #expect(giveBacks.withLock { $0 } == 0)
    first.giveBack()
    #expect(giveBacks.withLock { $0 } == 1)
    await waiting.value
    #expect(steps.withLock { $0.last } == "has its turn")
    second.giveBack()
  }

  @Test func `one that is over does not take the turn, and what was not taken is not given back`() {
    let queries = LargeQueries {}
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
}
