// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import SeriesStore
import TestSupport
import Testing

/// Roll-ups against the samples that they are made of.
@Suite struct StoreRollupTests {
  private let fixture: StoreFixture
  private let day: Int64 = 86_400_000
  /// Midnight UTC.
  private let start: Int64 = 1_700_006_400_000

  init() throws {
    var fixture = try StoreFixture()
    fixture.settings.retention = .seconds(400 * 86_400)
    fixture.settings.chunkSamples = 240
    self.fixture = fixture
  }

  /// Samples of every five minutes for some days: a counter that begins anew now and then, a gauge
  /// that goes and comes, noise that leaves out polls, a series that ends for good.
  private func fill(_ store: SampleStore, days: Int) async throws {
    var random = SeededRandom(seed: 5)
    var runs = ["requests_total", "gauge", "noise", "ended"].map {
      HistoryRun(labels: LabelSet(metric: $0, ["job": "test"]))
    }
    func add(_ run: Int, _ time: Int64, _ value: Double) {
      runs[run].unixMilliseconds.append(time)
      runs[run].values.append(value)
    }
    var counter = 0.0
    for tick in 0..<days * 288 {
      let time = start + Int64(tick) * 300_000 + 7_000
      counter = Int.random(in: 0..<500, using: &random) == 0 ? 3 : counter + Double(tick % 7)
      add(0, time, counter)
      if tick % 400 < 300 { add(1, time, Double(tick % 50)) }
      if tick % 400 == 300 { add(1, time, .stalenessMarker) }
      if Int.random(in: 0..<5, using: &random) > 0 {
        add(2, time, Double.random(in: -1..<1, using: &random))
      }
      if tick < 300 { add(3, time, 1) }
    }
    _ = try await store.importHistory(runs)
  }

  /// Flushes until there is nothing left to roll up.
  private func settle(_ store: SampleStore, days: Int) async throws {
    for _ in 0..<days * 6 { try await store.flush() }
  }

  /// A store that hides its roll-ups.
  private struct SamplesOnly: SeriesReading {
    let store: SampleStore

    func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
      try store.cursors(selection)
    }

    func labelSets(
      matching matchers: [LabelMatcher],
      in range: ClosedRange<Timestamp>
    ) throws(StoreError) -> [LabelSet] {
      try store.labelSets(matching: matchers, in: range)
    }
  }

  private func query(
    _ text: String,
    _ reading: some SeriesReading,
    days: Int,
    step: Int64,
    shift: Int64 = 0
  ) throws -> QueryResult {
    try QueryEngine().range(
      PromQLParser.parse(text),
      from: Timestamp(unixMilliseconds: start + day + shift),
      through: Timestamp(unixMilliseconds: start + Int64(days) * day + shift),
      step: .milliseconds(step),
      reading: reading
    )
  }

  private func matrix(_ result: QueryResult) throws -> [Series] {
    guard case .matrix(let series) = result.value else {
      Issue.record("\(result.value) is no matrix")
      return []
    }
    return series
  }

  private func expectSame(_ left: [Series], _ right: [Series], _ text: String) {
    #expect(left.map(\.labels) == right.map(\.labels), "\(text)")
    for (one, other) in zip(left, right) {
      #expect(one.samples.map(\.timestamp) == other.samples.map(\.timestamp), "\(text)")
      for (first, second) in zip(one.samples, other.samples) {
        let size = max(first.value.magnitude, second.value.magnitude, 1)
        let isSame = (first.value - second.value).magnitude <= size * 1e-12
        #expect(isSame, "\(text) at \(first.timestamp): \(first.value), \(second.value)")
        if !isSame { return }
      }
    }
  }

  @Test func `functions of whole hours are what the samples give, and say where they come from`()
    async throws
  {
    let days = 16
    let store = try fixture.open()
    try await fill(store, days: days)
    try await settle(store, days: days)
    let texts = [
      "min_over_time(noise[1h])", "max_over_time(noise[2h])", "sum_over_time(noise[1h])",
      "count_over_time(noise[3h])", "avg_over_time(noise[6h])", "max_over_time(gauge[1h])",
      "avg_over_time(gauge[1d])", "count_over_time(gauge[1h] offset 1h)",
      "sum(max_over_time({job=\"test\"}[1d]))",
    ]
    for text in texts {
      let rolled = try query(text, store, days: days, step: 2 * 3_600_000)
      #expect(rolled.infos.contains { $0.contains("answered from roll-ups of 1h") }, "\(text)")
      let plain = try query(text, SamplesOnly(store: store), days: days, step: 2 * 3_600_000)
      #expect(plain.infos.isEmpty)
      expectSame(try matrix(rolled), try matrix(plain), text)
    }
  }

  @Test func `counters rise by what they rose, whatever began anew`() async throws {
    let store = try fixture.open()
    try await fill(store, days: 16)
    try await settle(store, days: 16)
    let rolled = try query("increase(requests_total[1h])", store, days: 16, step: 3_600_000)
    let samples = try matrix(
      query("requests_total", SamplesOnly(store: store), days: 16, step: 300_000, shift: 0)
    )
    var last: Double?
    var expected: [Int64: Double] = [:]
    for sample in try #require(samples.first).samples {
      let rise = last.map { sample.value >= $0 ? sample.value - $0 : sample.value } ?? 0
      let end = (sample.timestamp.unixMilliseconds - 1) / 3_600_000 * 3_600_000 + 3_600_000
      expected[end, default: 0] += rise
      last = sample.value
    }
    let found = try #require(try matrix(rolled).first).samples
    #expect(found.count == 15 * 24 + 1)
    for sample in found.dropFirst(2) {
      #expect(sample.value == expected[sample.timestamp.unixMilliseconds])
    }
    let rate = try #require(
      try matrix(query("rate(requests_total[1h])", store, days: 16, step: 3_600_000)).first
    )
    #expect(rate.samples[50].value == found[50].value / 3_600)
  }

  @Test func `the value at the end of an hour is that of the samples, or none`() async throws {
    let store = try fixture.open()
    try await fill(store, days: 16)
    try await settle(store, days: 16)
    for text in ["gauge", "requests_total", "{job=\"test\"}"] {
      let rolled = try query(text, store, days: 16, step: 3_600_000)
      #expect(!rolled.infos.isEmpty)
      let plain = try query(text, SamplesOnly(store: store), days: 16, step: 3_600_000)
      expectSame(try matrix(rolled), try matrix(plain), text)
    }
  }

  @Test func `spans that do not fit, short queries and instant ones read samples`() async throws {
    let store = try fixture.open()
    try await fill(store, days: 16)
    try await settle(store, days: 16)
    let text = "max_over_time(noise[1h])"
    let odd = try query(text, store, days: 16, step: 3_600_000, shift: 1_000)
    #expect(odd.infos.isEmpty)
    #expect(try query(text, store, days: 2, step: 3_600_000).infos.isEmpty)
    let five = try query("max_over_time(noise[10m])", store, days: 16, step: 600_000 * 3)
    #expect(five.infos.contains { $0.contains("roll-ups of 5m") })
    let plain = try query(
      "max_over_time(noise[10m])",
      SamplesOnly(store: store),
      days: 16,
      step: 1_800_000
    )
    expectSame(try matrix(five), try matrix(plain), "five minutes")
  }

  @Test func `days that are rolled up survive reopening, and late history is rolled up anew`()
    async throws
  {
    let store = try fixture.open()
    try await fill(store, days: 16)
    try await settle(store, days: 16)
    let text = "sum_over_time(extra[1h])"
    let extra = HistoryRun(
      labels: LabelSet(metric: "extra"),
      unixMilliseconds: (0..<380).map { start + Int64($0) * 3_600_000 - 1_000 },
      values: (0..<380).map(Double.init)
    )
    _ = try await store.importHistory([extra])
    try await store.close()
    let again = try fixture.open()
    try await settle(again, days: 25)
    let rolled = try query(text, again, days: 16, step: 3_600_000)
    #expect(!rolled.infos.isEmpty)
    let plain = try query(text, SamplesOnly(store: again), days: 16, step: 3_600_000)
    expectSame(try matrix(rolled), try matrix(plain), text)
  }

  @Test func `when the file is too big, samples go before their roll-ups`() async throws {
    let store = try fixture.open()
    var random = SeededRandom(seed: 9)
    let noise = HistoryRun(
      labels: LabelSet(metric: "noise"),
      unixMilliseconds: (0..<30 * 2_880).map { start + Int64($0) * 30_000 + 1_000 },
      values: (0..<30 * 2_880).map { _ in Double.random(in: 0..<1, using: &random) }
    )
    _ = try await store.importHistory([noise])
    try await settle(store, days: 30)
    let query = "max_over_time(noise[1h])"
    let before = try matrix(self.query(query, store, days: 29, step: 3_600_000))
    try await store.close()
    let whole = try fixture.open()
    let bytes = whole.statistics.fileBytes
    try await whole.close()
    var limited = fixture
    limited.settings.bytesMax = bytes * 2 / 3
    fixture.time.advance(by: .seconds(31 * 86_400))
    let small = try limited.open()
    for tick in 0..<100 {
      try small.put(LabelSet(metric: "tick"), Double(31 * 86_400 + tick * 15), 1)
      try await small.flush()
    }
    #expect(small.statistics.expiredChunks > 50)
    let left = try #require(try small.everything("__name__", "noise").first).samples
    #expect(try #require(left.first).timestamp.unixMilliseconds > start + 5 * day)
    #expect(left.count > 20_000)
    expectSame(try matrix(self.query(query, small, days: 29, step: 3_600_000)), before, query)
  }
}
