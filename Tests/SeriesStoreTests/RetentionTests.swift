// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import TestSupport
import Testing

@Suite struct RetentionTests {
  private var fixture: StoreFixture

  init() throws {
    fixture = try StoreFixture()
    fixture.settings.retention = .seconds(3_600)
  }

  @Test func `samples older than the retention go, chunk by chunk`() async throws {
    let store = try fixture.open()
    let labels = LabelSet(metric: "up")
    for minute in 0..<240 {
      try store.put(labels, Double(minute * 60), Double(minute))
      fixture.time.advance(by: .seconds(60))
      try await store.flush()
    }
    let values = try store.values("up")
    #expect(values.last == 239)
    let first = try #require(values.first)
    // A chunk goes when its newest sample is an hour old; the walk begins every tenth of that.
    #expect(first > 140 && first <= 180)
    #expect(values == stride(from: first, through: 239, by: 1).map { $0 })
    #expect(store.statistics.expiredChunks >= 5)
    try await store.close()
    let again = try fixture.open()
    #expect(try again.values("up") == values)
    #expect(again.statistics.chunkSamples <= values.count)
  }

  @Test func `a series that ended is forgotten, and may come back`() async throws {
    let store = try fixture.open()
    let ended = LabelSet(metric: "up", ["guest": "101"])
    try store.put(ended, 0, 1)
    let reference = try store.reference(for: ended)
    for minute in 0..<300 {
      try store.put(LabelSet(metric: "up", ["guest": "102"]), Double(minute * 60), 1)
      fixture.time.advance(by: .seconds(60))
      try await store.flush()
    }
    #expect(store.statistics.series == 1)
    #expect(try store.everything("guest", "101").isEmpty)
    // Whoever kept the reference may go on using it.
    let time = StoreFixture.start + .seconds(18_000)
    _ = try store.append(AppendBatch(timestamp: time, references: [reference], values: [7]))
    #expect(try store.everything("guest", "101").map(\.samples) == [[Sample(time, 7)]])
    #expect(store.statistics.series == 2)
    try await store.close()
    let again = try fixture.open()
    #expect(try again.everything("guest", "101").map(\.samples) == [[Sample(time, 7)]])
  }

  @Test func `a file over its limit loses the oldest chunks and shrinks`() async throws {
    var fixture = fixture
    fixture.settings.retention = .seconds(1_000 * 86_400)
    fixture.settings.chunkSamples = 200
    let store = try fixture.open()
    var random = SeededRandom(seed: 3)
    func fill(_ ticks: Range<Int>) async throws {
      for tick in ticks {
        for series in 0..<4 {
          let labels = LabelSet(metric: "noise", ["series": "\(series)"])
          try store.put(labels, Double(tick * 15), Double.random(in: 0..<1, using: &random))
        }
        if tick.isMultiple(of: 100) { try await store.flush() }
      }
      try await store.flush()
    }
    try await fill(0..<15_000)
    let before = store.statistics
    try await store.close()
    fixture.settings.bytesMax = 150_000
    let limited = try fixture.open()
    for tick in 0..<40 {
      let labels = LabelSet(metric: "noise", ["series": "0"])
      try limited.put(labels, Double(15_000 + tick) * 15, 1)
      try await limited.flush()
    }
    let after = limited.statistics
    #expect(before.fileBytes > 450_000)
    #expect(after.expiredChunks > 100)
    let left = try limited.everything("series", "1").first?.samples ?? []
    // Roll-ups of two days are part of what the limit leaves room for.
    #expect(left.count > 600 && left.count < 8_000)
    // The newest samples are the ones that stay.
    let last = StoreFixture.start + .seconds(14_999 * 15)
    #expect(left.last?.timestamp == last)
    // Closing empties the log, which was part of the figure.
    try await limited.close()
    #expect(try fixture.open().statistics.fileBytes < 350_000)
  }
}
