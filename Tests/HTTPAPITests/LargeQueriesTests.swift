// SPDX-License-Identifier: MIT
import PromQL
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI
@testable import Net

/// Becomes true once.
private final class Flag: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}

@Suite struct LargeQueriesTests {
  @Test func `a large query waits until the one before has its answer`() async {
    let giveBacks = Mutex(0)
    let queries = LargeQueries(hasRoom: { true }, patience: { .none }) {
      giveBacks.withLock { $0 += 1 }
    }
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
    let queries = LargeQueries(
      hasRoom: {
        asked.add(1, ordering: .relaxed)
        return hasRoom.load(ordering: .relaxed)
      },
      patience: { .none },
      giveBackMemory: {}
    )
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
    #expect(!late.isRefused)
    late.giveBack()
  }

  @Test func `one that waits for room in vain is refused, and those right behind it at once`() {
    let hasRoom = Atomic(false)
    let patiences = Mutex<[QueryDeadline]>([])
    // The first runs out when it is asked the third time, the one after a refusal when it is told so.
    let questions = Atomic(0)
    let isImpatienceOver = Atomic(false)
    let queries = LargeQueries(
      hasRoom: { hasRoom.load(ordering: .relaxed) },
      patience: {
        let number = patiences.withLock { $0.count }
        let deadline = QueryDeadline(limit: "\(number)") {
          guard number == 0 else { return isImpatienceOver.load(ordering: .relaxed) }
          return questions.add(1, ordering: .relaxed).newValue > 2
        }
        patiences.withLock { $0.append(deadline) }
        return deadline
      },
      giveBackMemory: {}
    )
    func isRefused() -> Bool {
      let permit = queries.permit()
      permit.take(unless: { false })
      defer { permit.giveBack() }
      return permit.isRefused
    }
    #expect(isRefused())
    #expect(questions.load(ordering: .relaxed) == 3)
    #expect(isRefused())
    hasRoom.store(true, ordering: .relaxed)
    #expect(!isRefused())
    isImpatienceOver.store(true, ordering: .relaxed)
    #expect(!isRefused())
  }

  @Test func `a query without room for its answer says so`() async throws {
    let unread = UnreadAnswers(limitBytes: 1_000)
    #expect(unread.add(bytes: 1_000))
    let ports = APIPorts.standIn(
      deadline: { length in QueryDeadline(limit: "") { length <= .seconds(2) } },
      unreadAnswers: unread
    )
    let endpoint = QueryEndpoint(ports: ports.store, threads: QueryThreads())
    let form = [
      ServerRequest.Parameter(name: "query", value: "count_over_time(vector(1)[2000000s:1s])")
    ]
    let response = await endpoint.answer(ServerRequest(path: "/api/v1/query", query: form))
    #expect(response.status == 503)
    let text = String(decoding: response.body, as: UTF8.self)
    #expect(text.contains("unavailable") && text.contains("1000 bytes"), "\(text)")
    unread.remove(bytes: 1_000)
    #expect(await endpoint.answer(ServerRequest(path: "/api/v1/query", query: form)).status == 200)
  }

  @Test func `one that is over does not take the turn, and what was not taken is not given back`() {
    let queries = LargeQueries(hasRoom: { true }, patience: { .none }) {}
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
