// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import TestSupport
import Testing

@Suite struct StoreImportTests {
  private let fixture: StoreFixture
  private let start = StoreFixture.start.unixMilliseconds

  init() throws { fixture = try StoreFixture() }

  private func run(_ number: Int, _ ticks: Range<Int>, step: Int64 = 15_000) -> HistoryRun {
    HistoryRun(
      labels: LabelSet(metric: "old", ["series": "\(number)"]),
      unixMilliseconds: ticks.map { start + Int64($0) * step },
      values: ticks.map { Double($0 * 1_000 + number) }
    )
  }

  private func values(_ store: SampleStore, _ number: Int) throws -> [Double] {
    try store.everything("series", "\(number)").first?.samples.map(\.value) ?? []
  }

  @Test func `history comes in whole, however old, and stays`() async throws {
    let store = try fixture.open()
    let outcome = try await store.importHistory((0..<300).map { run($0, 0..<100) })
    #expect(outcome.appended == 30_000 && outcome.duplicates == 0)
    #expect(store.statistics.unflushedSamples == 0)
    #expect(store.statistics.chunkSamples == 30_000)
    // Three groups of at most 128 series, five blocks of 20 rows each.
    #expect(store.statistics.chunks == 15)
    for number in [0, 127, 128, 299] {
      #expect(try values(store, number) == (0..<100).map { Double($0 * 1_000 + number) })
    }
    try await store.close()
    let again = try fixture.open()
    #expect(try values(again, 299) == (0..<100).map { Double($0 * 1_000 + 299) })
    #expect(again.statistics.series == 300)
  }

  @Test func `what a series has already is left out and counted`() async throws {
    let store = try fixture.open()
    _ = try await store.importHistory([run(1, 10..<50), run(2, 10..<50)])
    let again = try await store.importHistory([run(1, 0..<60), run(2, 45..<50), run(3, 0..<5)])
    #expect(again.appended == 20 + 5)
    #expect(again.duplicates == 40 + 5)
    #expect(try values(store, 1) == (0..<60).map { Double($0 * 1_000 + 1) })
    #expect(try values(store, 2) == (10..<50).map { Double($0 * 1_000 + 2) })
    try await store.close()
    #expect(try values(try fixture.open(), 1) == (0..<60).map { Double($0 * 1_000 + 1) })
  }

  @Test func `history joins samples that were polled, before, between and after them`()
    async throws
  {
    let store = try fixture.open()
    let labels = LabelSet(metric: "old", ["series": "7"])
    for tick in stride(from: 100, to: 160, by: 2) {
      try store.put(labels, Double(tick * 15), Double(tick * 1_000 + 7))
    }
    let outcome = try await store.importHistory([run(7, 0..<300)])
    #expect(outcome.duplicates == 30 && outcome.appended == 270)
    #expect(try values(store, 7) == (0..<300).map { Double($0 * 1_000 + 7) })
    // Polls go on behind the history.
    for tick in 300..<340 {
      try store.put(labels, Double(tick * 15), Double(tick * 1_000 + 7))
      try await store.flush()
    }
    #expect(try store.put(labels, 339 * 15, 0).duplicates == 1)
    #expect(try store.put(labels, 299 * 15, 0).duplicates == 1)
    #expect(try values(store, 7) == (0..<340).map { Double($0 * 1_000 + 7) })
    try await store.close()
    #expect(try values(try fixture.open(), 7) == (0..<340).map { Double($0 * 1_000 + 7) })
  }

  @Test func `times out of the file's range are left out`() async throws {
    let store = try fixture.open()
    let labels = LabelSet(metric: "old", ["series": "1"])
    let early = HistoryRun(labels: labels, unixMilliseconds: [-5, 5], values: [1, 2])
    #expect(try await store.importHistory([early]).tooOld == 2)
    #expect(try await store.importHistory([HistoryRun(labels: labels)]).appended == 0)
    #expect(try values(store, 1).isEmpty)
  }

  @Test func `a closed store takes no history`() async throws {
    let store = try fixture.open()
    try await store.close()
    await #expect(throws: StoreError.closed) { try await store.importHistory([run(1, 0..<2)]) }
  }
}
