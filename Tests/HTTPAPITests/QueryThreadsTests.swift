// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Net
import PromQL
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// Queries that take long, beside everything else.
@Suite struct QueryThreadsTests {
  /// A store that holds whoever reads it, as a slow disk does, and counts who reads at once.
  private final class SlowReading: SeriesReading {
    private struct State {
      var now = 0
      var most = 0
      var inTasks = 0
    }

    private let state = Mutex(State())
    private let microseconds: UInt32

    init(microseconds: UInt32) {
      self.microseconds = microseconds
    }

    var mostAtOnce: Int { state.withLock { $0.most } }
    /// Reads on a thread that carries a task meanwhile.
    var readsInTasks: Int { state.withLock { $0.inTasks } }

    func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
      let isInTask = withUnsafeCurrentTask { $0 != nil }
      state.withLock { state in
        state.inTasks += isInTask ? 1 : 0
        state.now += 1
        state.most = max(state.most, state.now)
      }
      usleep(microseconds)
      state.withLock { $0.now -= 1 }
      return []
    }

    func labelSets(
      matching matchers: [LabelMatcher],
      in range: ClosedRange<Timestamp>
    ) throws(StoreError) -> [LabelSet] { [] }
  }

  private static func endpoint(_ reading: SlowReading) -> QueryEndpoint {
    QueryEndpoint(ports: APIPorts.standIn(reading: reading).store, threads: QueryThreads())
  }

  private static let request = ServerRequest(
    path: "/api/v1/query",
    query: [ServerRequest.Parameter(name: "query", value: "up")]
  )

  @Test func `a query holds none of the threads that tasks run on, and few run at once`() async {
    let reading = SlowReading(microseconds: 20_000)
    let endpoint = Self.endpoint(reading)
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { await endpoint.answer(Self.request).status } }
      for await status in group { #expect(status == 200) }
    }
    #expect(reading.readsInTasks == 0)
    #expect(reading.mostAtOnce <= QueryThreads.runningMax)
  }

  @Test func `more queries than may wait are refused, and the others are answered`() async {
    let endpoint = Self.endpoint(SlowReading(microseconds: 20_000))
    let most = QueryThreads.runningMax + QueryThreads.waitingMax
    var statuses: [Int: Int] = [:]
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<(most + 40) { group.addTask { await endpoint.answer(Self.request).status } }
      for await status in group { statuses[status, default: 0] += 1 }
    }
    #expect(statuses[200, default: 0] >= most)
    #expect(statuses.keys.allSatisfy { [200, 503].contains($0) })
    #expect(statuses[503, default: 0] > 0)
  }
}
