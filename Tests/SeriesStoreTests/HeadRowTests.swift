// SPDX-License-Identifier: MIT
import MetricModel
import SQLite
import SeriesStore
import TestSupport
import Testing

@Suite struct HeadRowTests {
  @Test func `head rows go when all their samples are in chunks, also those of idle series`()
    async throws
  {
    let fixture = try StoreFixture()
    let store = try fixture.open()
    // One sample, then silence: it must not hold head rows for ever.
    try store.put(LabelSet(metric: "ended"), 0, 1)
    for tick in 0..<300 {
      try store.put(LabelSet(metric: "up"), Double(tick * 60), Double(tick))
      try await store.flush()
    }
    try await store.close()
    let again = try fixture.open()
    #expect(try again.values("ended") == [1])
    #expect(try again.values("up").count == 300)
    // 300 rows of a few dozen bytes would be far more than the chunks.
    #expect(again.statistics.chunkSamples > 270)
    #expect(again.statistics.fileBytes < 60_000)
  }

  @Test func `a slow target does not hold the log while others bring a day in a minute`()
    async throws
  {
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = 240
    let store = try fixture.open()
    let slow = LabelSet(metric: "slow")
    try store.put(slow, 86_400, 1)
    var references: [SeriesReference] = []
    for number in 0..<500 {
      references.append(
        try store.reference(for: LabelSet(metric: "fast", ["series": "\(number)"]))
      )
    }
    for tick in 0..<3_000 {
      let batch = AppendBatch(
        timestamp: StoreFixture.start + .seconds(tick * 15),
        references: references,
        values: references.indices.map { Double(tick * ($0 + 1)) }
      )
      _ = try store.append(batch)
      if tick.isMultiple(of: 3) { try await store.flush() }
      if tick.isMultiple(of: 500) { try store.put(slow, 86_401 + Double(tick), 1) }
    }
    try await store.close()
    let log = try Connection(path: fixture.path).integer(
      "SELECT coalesce(sum(length(data)), 0) FROM head"
    )
    // A million and a half samples came in; half a million and what is open may be in the log.
    #expect(log < 1_500_000)
    let again = try fixture.open()
    #expect(try again.values("slow").count == 7)
    #expect(try again.everything("series", "499").first?.samples.count == 3_000)
  }
}
