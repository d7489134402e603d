// SPDX-License-Identifier: MIT
import MetricModel
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
}
