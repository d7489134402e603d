// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// Queries that are answered on the thread that reads requests, and answers that several threads write.
@Suite struct QuickAnswerTests {
  /// As many series of `m` as are wanted, each with a sample every second; asks back when it is read.
  private final class ManySeries: SeriesReading {
    private let series: Int
    private let samples: Int
    let whenRead = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ series: Int, samples: Int) {
      self.series = series
      self.samples = samples
    }

    struct Cursor: SeriesCursor {
      let labels: LabelSet
      var run: SampleRun?

      mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
        guard let own = self.run else { return false }
        run = own
        self.run = nil
        return true
      }
    }

    func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
      whenRead.withLock { $0 }?()
      guard selection.matchers.contains(where: { $0.value == "m" }) else { return [] }
      guard series <= selection.seriesMax else { throw .limitExceeded(limit: "series") }
      return (0..<series).map { number in
        var run = SampleRun()
        for second in 0..<samples { run.append(Int64(second) * 1_000, Double(number) + 0.5) }
        let range = selection.range.lowerBound.unixMilliseconds
        run.values.removeFirst(run.unixMilliseconds.prefix { $0 < range }.count)
        run.unixMilliseconds.removeAll { $0 < range }
        return Cursor(labels: LabelSet(metric: "m", ["n": "\(number)"]), run: run)
      }
    }

    func labelSets(
      matching matchers: [LabelMatcher],
      in range: ClosedRange<Timestamp>
    ) throws(StoreError) -> [LabelSet] { [] }
  }

  private static func endpoint(_ reading: ManySeries) -> QueryEndpoint {
    QueryEndpoint(ports: APIPorts.standIn(reading: reading).store, threads: QueryThreads())
  }

  private static func form(_ query: String, isRange: Bool = false) -> APIParameter.Form {
    let others =
      isRange ? ["start": "10", "end": "59", "step": "1"] : ["time": "59"]
    return ([("query", query)] + others.map { ($0.key, $0.value) })
      .map { ServerRequest.Parameter(name: $0.0, value: $0.1) }
  }

  @Test(arguments: [
    "m", "absent(other)", "sum(m)", "rate(m[30s])", "1 + 1", "count by (n) (m)", "m and on() up",
  ])
  func `a quick answer is the same as one of a thread of its own`(query: String) throws {
    let endpoint = Self.endpoint(ManySeries(20, samples: 60))
    for isRange in [false, true] {
      let form = Self.form(query, isRange: isRange)
      let quick = try #require(endpoint.quickAnswer(form, overRange: isRange))
      let usual = try endpoint.answer(form, overRange: isRange, Abandonment())
      #expect(quick.status == 200)
      #expect((quick.body == usual.body) == true)
    }
  }

  @Test(arguments: [
    "m{n=~\"1.*\"}", "m{n!=\"1\"}", "sum_over_time(m[1h])", "m +", "rate(m)", "m * on() m", "",
  ])
  func `what takes long or fails is left to a thread of its own`(query: String) {
    let endpoint = Self.endpoint(ManySeries(900, samples: 60))
    #expect(endpoint.quickAnswer(Self.form(query), overRange: false) == nil)
  }

  @Test func `a selector of too many series is not read on the way`() {
    let endpoint = Self.endpoint(ManySeries(1_001, samples: 1))
    #expect(endpoint.quickAnswer(Self.form("m"), overRange: false) == nil)
    #expect(endpoint.quickAnswer(Self.form("absent(other)"), overRange: false) != nil)
  }

  @Test func `arithmetic that takes long without samples is left to a thread of its own`() {
    let asked = Mutex<[Duration]>([])
    let ports = APIPorts.standIn(
      reading: ManySeries(1, samples: 1),
      deadline: { span in
        asked.withLock { $0.append(span) }
        return QueryDeadline(limit: "5ms") { true }
      }
    )
    let endpoint = QueryEndpoint(ports: ports.store, threads: QueryThreads())
    #expect(endpoint.quickAnswer(Self.form("1 + 1", isRange: true), overRange: true) == nil)
    #expect(asked.withLock { $0 } == [.milliseconds(5)])
  }

  @Test func `what was tried in vain is tried again ever more seldom`() {
    let reading = ManySeries(900, samples: 60)
    let endpoint = Self.endpoint(reading)
    let call = Mutex(0)
    let tried = Mutex<[Int]>([])
    reading.whenRead.withLock { action in
      action = { tried.withLock { $0.append(call.withLock { $0 }) } }
    }
    for number in 0..<3_500 {
      call.withLock { $0 = number }
      let form = Self.form("sum_over_time(m[1h])")
      #expect(endpoint.quickAnswer(form, overRange: false) == nil)
    }
    #expect(tried.withLock { $0 } == [0, 5, 22, 87, 344, 1_369, 2_394, 3_419])
    #expect(endpoint.quickAnswer(Self.form("sum(m)"), overRange: false) != nil)
  }

  @Test func `what took too long once is answered quickly later`() {
    let isSlow = Mutex(true)
    let ports = APIPorts.standIn(
      reading: ManySeries(1, samples: 1),
      deadline: { _ in QueryDeadline(limit: "5ms") { isSlow.withLock { $0 } } }
    )
    let endpoint = QueryEndpoint(ports: ports.store, threads: QueryThreads())
    func isQuick() -> Bool {
      endpoint.quickAnswer(Self.form("1 + 1", isRange: true), overRange: true) != nil
    }
    #expect(!isQuick())
    isSlow.withLock { $0 = false }
    #expect((0..<6).map { _ in isQuick() } == [false, false, false, false, true, true])
    isSlow.withLock { $0 = true }
    // That it failed before is forgotten.
    #expect(!isQuick())
    isSlow.withLock { $0 = false }
    #expect((0..<5).map { _ in isQuick() } == [false, false, false, false, true])
  }

  @Test func `while one is at it, others go another way`() throws {
    let reading = ManySeries(1, samples: 60)
    let endpoint = Self.endpoint(reading)
    let inner = Mutex<[Bool]>([])
    reading.whenRead.withLock { action in
      action = {
        let isQuick = endpoint.quickAnswer(Self.form("1"), overRange: false) != nil
        inner.withLock { $0.append(isQuick) }
      }
    }
    #expect(endpoint.quickAnswer(Self.form("m"), overRange: false) != nil)
    #expect(inner.withLock { $0 } == [false])
    reading.whenRead.withLock { $0 = nil }
    #expect(endpoint.quickAnswer(Self.form("m"), overRange: false) != nil)
  }

  @Test func `a long matrix is the same written by several threads as by one`() throws {
    var random = SeededRandom(seed: 5)
    let series = (0..<60).map { number in
      Series(
        labels: LabelSet(metric: "m", ["n": "\(number)\""]),
        samples: (0..<Int.random(in: 1...900, using: &random)).map { second in
          let value = Double.random(in: -1e6...1e6, using: &random)
          return Sample(Timestamp(unixMilliseconds: Int64(second) * 500), value)
        }
      )
    }
    var whole = JSONText()
    whole.write(try MatrixText(series))
    var parts = JSONText()
    try parts.list(series) { json, one throws(APIFailure) in
      let text = try MatrixText([one])
      #expect(text.parts.count == 1)
      json.append(text.parts[0])
    }
    #expect(try MatrixText(series).parts.count > 1)
    #expect((whole.bytes == parts.bytes) == true)
    var none = JSONText()
    none.write(try MatrixText([]))
    #expect(none.bytes == Array("[]".utf8))
  }
}
