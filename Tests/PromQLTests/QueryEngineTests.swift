// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import PromQLScripts
import Synchronization
import TestSupport
import Testing

@Suite struct QueryEngineTests {
  private func store(_ lines: [(String, [Double])], every step: Duration = .seconds(15)) throws
    -> MemorySeries
  {
    var store = MemorySeries()
    for (labels, values) in lines {
      store.append(try SeriesLine.labels(labels), every: step, values)
    }
    return store
  }

  private func instant(
    _ text: String,
    at seconds: Double,
    _ store: MemorySeries,
    engine: QueryEngine = QueryEngine()
  ) throws -> QueryResult {
    try engine.instant(
      try PromQLParser.parse(text),
      at: Timestamp(unixSeconds: seconds),
      reading: store
    )
  }

  private func values(_ result: QueryResult) -> [Double] {
    guard case .vector(let samples) = result.value else { return [] }
    return samples.map(\.value)
  }

  private func message(_ text: String, _ store: MemorySeries, late: Bool = true) -> String? {
    let engine = QueryEngine(dropsNamesLate: late)
    do {
      let result = try instant(text, at: 0, store, engine: engine)
      return "no error but \(result.value)"
    } catch {
      return "\(error)"
    }
  }

  // MARK: Equal parts

  @Test func `parts that only look alike are evaluated each for itself`() throws {
    var store = MemorySeries()
    store.append(LabelSet(metric: "x", ["a": "\u{e9}"]), every: .seconds(15), [1])
    store.append(LabelSet(metric: "x", ["a": "e\u{301}"]), every: .seconds(15), [2])
    let query = "sum(x{a=\"\u{e9}\"}) + 10 * sum(x{a=\"e\u{301}\"})"
    #expect(values(try instant(query, at: 0, store)) == [21])
  }

  // MARK: Windows

  @Test func `a sample counts until it is as old as the lookback`() throws {
    let store = try store([("x", [1])])
    #expect(values(try instant("x", at: 299.999, store)) == [1])
    #expect(values(try instant("x", at: 300, store)) == [])
    #expect(values(try instant("x", at: -0.001, store)) == [])
  }

  @Test func `a window is open on the left and closed on the right`() throws {
    let store = try store([("x", [1, 2, 3, 4, 5, 6])])
    #expect(values(try instant("count_over_time(x[1m])", at: 60, store)) == [4])
    #expect(values(try instant("rate(x[15s])", at: 60, store)) == [])
    #expect(values(try instant("count_over_time(x[1m:15s])", at: 60, store)) == [4])
  }

  @Test func `a staleness marker ends a series and is left out of windows`() throws {
    let store = try store([("x", [1, 2, .stalenessMarker, 4, .nan])])
    #expect(values(try instant("x", at: 31, store)) == [])
    #expect(values(try instant("x", at: 45, store)) == [4])
    #expect(values(try instant("count_over_time(x[1m])", at: 45, store)) == [3])
    #expect(values(try instant("x", at: 60, store)).first?.isNaN == true)
  }

  // MARK: Rate

  @Test func `rate goes step by step as documented`() throws {
    // Samples at 15 s to 60 s within (0 s, 60 s]; both ends are reached by extrapolation.
    let plain = try store([("x_total", [10, 20, 30, 40, 50])])
    // last - first = 30 over 45 s; 15 s to the start (< 1.1 * 15 s) are added: 30 * 60/45 / 60.
    #expect(values(try instant("rate(x_total[1m])", at: 60, plain)) == [30.0 * (60.0 / 45 / 60)])
    #expect(values(try instant("increase(x_total[1m])", at: 60, plain)) == [30.0 * (60.0 / 45)])
  }

  @Test func `a counter reset adds what was reached before it`() throws {
    let reset = try store([("x_total", [100, 110, 120, 5, 15])])
    // 15 - 110 + 120 = 25, from 15 s to 60 s, extrapolated to the window's start.
    #expect(values(try instant("increase(x_total[1m])", at: 60, reset)) == [25.0 * (60.0 / 45)])
    #expect(values(try instant("resets(x_total[2m])", at: 60, reset)) == [1])
    #expect(values(try instant("delta(x_total[1m])", at: 60, reset)) == [-95.0 * (60.0 / 45)])
  }

  @Test func `a young counter is not extrapolated below zero`() throws {
    // 2 at 15 s rising by 10: zero lies 3 s before the first sample, nearer than the window's start.
    let young = try store([("x_total", [.stalenessMarker, 2, 12, 22, 32])])
    #expect(values(try instant("increase(x_total[1m])", at: 60, young)) == [30.0 * (48.0 / 45)])
    // A gauge knows no zero.
    #expect(values(try instant("delta(x_total[1m])", at: 60, young)) == [30.0 * (60.0 / 45)])
  }

  @Test func `a window much longer than its samples is extrapolated by half a gap`() throws {
    let sparse = try store([("x_total", [100, 110])], every: .seconds(10))
    // 10 s sampled and 5 s on either side.
    let result = try instant("increase(x_total[10m])", at: 300, sparse)
    #expect(values(result) == [10.0 * (20.0 / 10)])
  }

  @Test func `one sample has no rate`() throws {
    let single = try store([("x_total", [100])])
    #expect(values(try instant("rate(x_total[5m])", at: 60, single)) == [])
    #expect(values(try instant("irate(x_total[5m])", at: 60, single)) == [])
  }

  @Test func `a rate of something that is no counter is noted`() throws {
    let store = try store([("x", [1, 2, 3])])
    let result = try instant("rate(x[1m])", at: 30, store)
    #expect(
      result.infos == [
        "PromQL info: metric might not be a counter, name does not end in "
          + "_total/_sum/_count/_bucket: \"x\" (1:6)"
      ]
    )
  }

  @Test func `sums do not lose small numbers`() throws {
    let store = try store([("x{a=\"1\"}", [1e100]), ("x{a=\"2\"}", [1]), ("x{a=\"3\"}", [-1e100])])
    #expect(values(try instant("sum(x)", at: 0, store)) == [1])
    #expect(values(try instant("avg(x)", at: 0, store)) == [1.0 / 3])
  }

  // MARK: Matching

  @Test func `duplicates on the right side are a fault even without a partner`() throws {
    let store = try store([
      ("a{i=\"1\"}", [1]), ("b{i=\"2\", j=\"1\"}", [1]), ("b{i=\"2\", j=\"2\"}", [1]),
    ])
    #expect(
      message("a + on(i) b", store)
        == "found duplicate series for the match group {i=\"2\"} on the right hand-side of the "
        + "operation: [{__name__=\"b\", i=\"2\", j=\"1\"}, {__name__=\"b\", i=\"2\", j=\"2\"}];"
        + "many-to-many matching not allowed: matching labels must be unique on one side"
    )
    #expect(message("b + on(i) group_right a", store)?.contains("on the left hand-side") == true)
  }

  @Test func `many partners have to be asked for`() throws {
    let store = try store([
      ("a{i=\"1\", j=\"1\"}", [1]), ("a{i=\"1\", j=\"2\"}", [2]), ("b{i=\"1\", k=\"v\"}", [10]),
    ])
    let explicit =
      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    #expect(message("a + on(i) b", store) == explicit)
    #expect(message("a > on(i) b", store) == explicit)
    #expect(
      message("a + on(i) group_left(j) b", store)
        == "multiple matches for labels: grouping labels must ensure unique matches"
    )
    let joined = try instant("a * on(i) group_left(k) b", at: 0, store)
    guard case .vector(let samples) = joined.value else { return }
    #expect(
      samples.map(\.labels.description) == [
        "{i=\"1\", j=\"1\", k=\"v\"}", "{i=\"1\", j=\"2\", k=\"v\"}",
      ]
    )
    #expect(samples.map(\.value) == [10, 20])
  }

  @Test func `a filter keeps name and value of its left side`() throws {
    let store = try store([("a{i=\"1\"}", [5]), ("b{i=\"1\"}", [3])])
    let kept = try instant("a > b", at: 0, store)
    #expect(
      kept.value
        == .vector([
          VectorSample(
            labels: LabelSet(metric: "a", ["i": "1"]),
            timestamp: .epoch,
            value: 5
          )
        ])
    )
    #expect(values(try instant("2 < b", at: 0, store)) == [3])
    #expect(values(try instant("a > bool b", at: 0, store)) == [1])
  }

  // MARK: Names

  @Test func `series that differ in the name alone clash when the name is dropped`() throws {
    let store = try store([("a{i=\"1\"}", [1]), ("b{i=\"1\"}", [2])])
    let clash = "vector cannot contain metrics with the same labelset"
    #expect(message("-{i=\"1\"}", store) == clash)
    #expect(message("-{i=\"1\"}", store, late: false) == clash)
    // Dropped late, the names are still there when the samples are added up.
    #expect(values(try instant("sum(-{i=\"1\"})", at: 0, store)) == [-3])
    #expect(message("sum(-{i=\"1\"})", store, late: false) == clash)
  }

  // MARK: Range queries

  @Test func `a range query is the instant query at each step`() throws {
    let store = try store([
      ("x_total{i=\"1\"}", [0, 10, 25, .stalenessMarker, 5, 30, 31, 40]),
      ("x_total{i=\"2\"}", [1, 1, 2, 3, 5, 8, 13, 21]),
    ])
    for text in [
      "rate(x_total[45s])", "sum(x_total)", "topk(1, x_total)", "x_total > 4",
      "x_total - ignoring(i) group_left sum(x_total)", "max_over_time(x_total[1m:10s])",
      "x_total @ 30", "time()", "absent(x_total{i=\"1\"})", "quantile(0.3, x_total offset 15s)",
      "count_values(\"v\", x_total)", "x_total and on(i) (x_total > 4)", "timestamp(x_total)",
    ] {
      let expression = try PromQLParser.parse(text)
      let range = try QueryEngine().range(
        expression,
        from: .epoch,
        through: Timestamp(unixSeconds: 130),
        step: .seconds(10),
        reading: store
      )
      guard case .matrix(let series) = range.value else { continue }
      var got: [Timestamp: [LabelSet: Double]] = [:]
      for one in series {
        for sample in one.samples { got[sample.timestamp, default: [:]][one.labels] = sample.value }
      }
      for step in 0...13 {
        let time = Timestamp(unixSeconds: Double(step * 10))
        var want: [LabelSet: Double] = [:]
        switch try QueryEngine().instant(expression, at: time, reading: store).value {
        case .scalar(let value): want[.empty] = value
        case .vector(let samples): for sample in samples { want[sample.labels] = sample.value }
        default: break
        }
        #expect(got[time, default: [:]] == want, "\(text) at \(step * 10)")
      }
    }
  }

  @Test func `a range query of a range vector is refused`() throws {
    let error = #expect(throws: QueryError.self) {
      try QueryEngine().range(
        try PromQLParser.parse("x[5m]"),
        from: .epoch,
        through: .epoch,
        step: .seconds(1),
        reading: MemorySeries()
      )
    }
    #expect(
      error?.description
        == "invalid expression type \"range vector\" for range query, must be Scalar or "
        + "instant Vector"
    )
    #expect(error?.errorType == "bad_data")
  }

  // MARK: Limits

  @Test func `each limit is an error that names it`() throws {
    let store = try store([("x{i=\"1\"}", [1, 2, 3, 4, 5]), ("x{i=\"2\"}", [1, 2, 3, 4, 5])])
    let few = QueryEngine(limits: QueryLimits(samples: 5))
    #expect(throws: QueryError.tooManySamples(limit: 5)) {
      try instant("sum_over_time(x[5m])", at: 60, store, engine: few)
    }
    #expect(throws: QueryError.tooManySamples(limit: 5)) {
      try instant("vector(1)[1000d:1ms]", at: 60, store, engine: few)
    }
    let narrow = QueryEngine(limits: QueryLimits(series: 1))
    #expect(throws: QueryError.tooManySeries(limit: 1)) {
      try instant("x", at: 60, store, engine: narrow)
    }
    let short = QueryEngine(limits: QueryLimits(steps: 10))
    #expect(throws: QueryError.tooManySteps(limit: 10)) {
      try short.range(
        try PromQLParser.parse("x"),
        from: .epoch,
        through: Timestamp(unixSeconds: 10),
        step: .seconds(1),
        reading: store
      )
    }
    for (most, isBearable) in [(7, false), (8, true)] {
      var small = QueryEngine()
      small.limits.resultSamples = most
      let question = {
        _ = try self.instant("x[1m]", at: 45, store, engine: small)
        _ = try small.range(
          try PromQLParser.parse("x"),
          from: .epoch,
          through: Timestamp(unixSeconds: 45),
          step: .seconds(15),
          reading: store
        )
      }
      if isBearable {
        try question()
      } else {
        #expect(throws: QueryError.resultTooLarge(limit: most)) { try question() }
      }
    }
    #expect(QueryError.tooManySamples(limit: 5).errorType == "execution")
    #expect(QueryError.tooManySamples(limit: 5).description.hasSuffix("(limit 5)"))
  }

  @Test func `a large query waits once, and gives up when it waited too long`() throws {
    let store = try store([("x", [1, 2, 3, 4, 5]), ("x{i=\"2\"}", [1, 2, 3, 4, 5])])
    let waits = Mutex(0)
    var engine = QueryEngine()
    for (samples, expected) in [(4, 1), (1_000, 0)] {
      waits.withLock { $0 = 0 }
      engine.pause = QueryPause(after: samples) { waits.withLock { $0 += 1 } }
      _ = try instant("sum_over_time(x[5m])", at: 60, store, engine: engine)
      #expect(waits.withLock { $0 } == expected)
    }
    engine.pause = QueryPause(after: 4) { waits.withLock { $0 = 7 } }
    #expect(throws: QueryError.timedOut(limit: "1s")) {
      try engine.instant(
        try PromQLParser.parse("sum_over_time(x[5m])"),
        at: Timestamp(unixSeconds: 60),
        reading: store,
        deadline: QueryDeadline(limit: "1s") { waits.withLock { $0 } == 7 }
      )
    }
  }

  @Test func `a query gives up at its deadline`() throws {
    let store = try store([("x", Array(repeating: 1, count: 50_000))], every: .seconds(1))
    // Each look at the clock is counted; the third finds it too late.
    let count = Counter()
    let deadline = QueryDeadline(limit: "2s") { count.next() > 3 }
    let error = #expect(throws: QueryError.self) {
      try QueryEngine().instant(
        try PromQLParser.parse("sum(rate(x[1d]))"),
        at: Timestamp(unixSeconds: 50_000),
        reading: store,
        deadline: deadline
      )
    }
    #expect(error == .timedOut(limit: "2s"))
    #expect(error?.errorType == "timeout")
  }

  @Test func `a query over long windows looks at its deadline within one series`() throws {
    let store = try store([("x", Array(repeating: 1, count: 10_000))], every: .seconds(1))
    let count = Counter()
    let deadline = QueryDeadline(limit: "2s") { count.next() > 50 }
    let error = #expect(throws: QueryError.self) {
      try QueryEngine().range(
        try PromQLParser.parse("max_over_time(x[1d])"),
        from: .epoch,
        through: Timestamp(unixSeconds: 10_000),
        step: .seconds(1),
        reading: store,
        deadline: deadline
      )
    }
    #expect(error == .timedOut(limit: "2s"))
  }

  @Test func `times at the limits do not overflow`() throws {
    let store = try store([("x", [1])])
    let ends = [Timestamp(unixMilliseconds: .max), Timestamp(unixMilliseconds: .min)]
    for text in ["x offset 290y", "x offset -290y", "rate(x[290y])", "x @ 2e15", "x[1h:1m]"] {
      let expression = try PromQLParser.parse(text)
      for time in ends {
        #expect(throws: Never.self) {
          try QueryEngine().instant(expression, at: time, reading: store)
        }
      }
    }
  }

  @Test func `at most ten annotations of a kind are shown`() throws {
    let lines = (0..<15).map { ("x{le=\"bad\($0)\"}", [1.0]) }
    let result = try instant("histogram_quantile(0.5, x)", at: 0, try store(lines))
    #expect(result.warnings.count == 11)
    #expect(result.warnings.last == "5 more warning annotations omitted")
  }
}

/// Counts how often it is asked.
private final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
