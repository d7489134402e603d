// SPDX-License-Identifier: MIT
import MetricModel
import SQLite
import SeriesStore
import TestSupport
import Testing

@Suite struct SampleStoreTests {
  private var fixture: StoreFixture

  init() throws { fixture = try StoreFixture() }

  @Test func `it does what both ports ask`() async throws {
    let folder = fixture.folder
    let time = fixture.time
    for chunkSamples in [1, 2, 240] {
      var number = 0
      var settings = StoreSettings()
      settings.chunkSamples = chunkSamples
      try await SampleStoreConformance {
        number += 1
        let path = folder.file("conformance-\(chunkSamples)-\(number)")
        return try SampleStore.open(path: path, settings: settings, time: time)
      }.run()
    }
  }

  @Test func `samples survive closing and chunks hold most of them`() async throws {
    let store = try fixture.open()
    for tick in 0..<95 {
      try store.put(LabelSet(metric: "up"), Double(tick * 15), Double(tick))
      try await store.flush()
    }
    try await store.close()
    let again = try fixture.open()
    #expect(try again.values("up") == (0..<95).map(Double.init))
    let figures = again.statistics
    #expect(figures.chunks >= 4)
    #expect(figures.chunkSamples >= 80)
    #expect(figures.series == 1)
    #expect(figures.unflushedSamples == 0)
    #expect(figures.fileBytes > 0)
  }

  @Test func `a selector of more series than are wanted reads none`() async throws {
    let store = try fixture.open()
    for name in ["a", "b", "c"] { try store.put(LabelSet(metric: "up", ["n": name]), 0, 1) }
    let all = Timestamp.distantPast...Timestamp.distantFuture
    func selection(_ most: Int) -> SeriesSelection {
      SeriesSelection(matching: [LabelMatcher("__name__", .equal, "up")], in: all, seriesMax: most)
    }
    #expect(try store.cursors(selection(3)).count == 3)
    #expect(throws: StoreError.limitExceeded(limit: "2 series of one selector")) {
      try store.cursors(selection(2))
    }
  }

  @Test func `a series keeps its reference across opening, and new ones follow`() async throws {
    let store = try fixture.open()
    try store.put(LabelSet(metric: "a"), 0, 1)
    try store.put(LabelSet(metric: "b"), 0, 1)
    let second = try store.reference(for: LabelSet(metric: "b"))
    try await store.close()
    let again = try fixture.open()
    #expect(try again.reference(for: LabelSet(metric: "b")) == second)
    #expect(try again.reference(for: LabelSet(metric: "c")).rawValue == 2)
  }

  @Test func `late samples are taken for ten minutes, older ones counted`() async throws {
    let store = try fixture.open()
    let labels = LabelSet(metric: "up")
    for tick in 0..<50 {
      try store.put(labels, Double(tick * 60), Double(tick))
      try await store.flush()
    }
    let newest = 49.0 * 60
    #expect(try store.put(labels, newest - 601, -1).tooOld == 1)
    #expect(try store.put(labels, newest - 590, -2).appended == 1)
    #expect(try store.put(labels, newest - 590, -3).duplicates == 1)
    #expect(try store.put(labels, newest - 540, -4).duplicates == 1)
    var expected = (0..<50).map(Double.init)
    expected.insert(-2, at: 40)
    #expect(try store.values("up") == expected)
    try await store.flush()
    #expect(try store.values("up") == expected)
    for tick in 50..<90 {
      try store.put(labels, Double(tick * 60), Double(tick))
      try await store.flush()
      expected.append(Double(tick))
      #expect(try store.values("up") == expected)
    }
    try await store.close()
    #expect(try fixture.open().values("up") == expected)
    #expect(store.statistics.tooOld == 1)
    #expect(store.statistics.duplicates == 2)
  }

  @Test func `times out of the file's range are refused`() throws {
    let store = try fixture.open()
    let reference = try store.reference(for: LabelSet(metric: "up"))
    func batch(_ milliseconds: Int64) -> AppendBatch {
      AppendBatch(
        timestamp: Timestamp(unixMilliseconds: milliseconds),
        references: [reference],
        values: [1]
      )
    }
    #expect(try store.append(batch(-1)).tooOld == 1)
    #expect(throws: StoreError.self) { try store.append(batch(1 << 42)) }
    #expect(try store.append(batch((1 << 42) - 1)).appended == 1)
  }

  @Test func `one series more than the limit is refused with the limit's name`() throws {
    var fixture = fixture
    fixture.settings.seriesMax = 2
    let store = try fixture.open()
    _ = try store.reference(for: LabelSet(metric: "a"))
    _ = try store.reference(for: LabelSet(metric: "b"))
    #expect(throws: StoreError.limitExceeded(limit: "series_max 2")) {
      try store.reference(for: LabelSet(metric: "c"))
    }
    _ = try store.reference(for: LabelSet(metric: "a"))
  }

  @Test func `a closed store refuses everything as closed`() async throws {
    let store = try fixture.open()
    try store.put(LabelSet(metric: "up"), 0, 1)
    try await store.close()
    try await store.close()
    #expect(throws: StoreError.closed) { try store.put(LabelSet(metric: "up"), 1, 1) }
    #expect(throws: StoreError.closed) { try store.values("up") }
    await #expect(throws: StoreError.closed) { try await store.flush() }
  }

  @Test func `many flushes at once all return with their samples safe`() async throws {
    let store = try fixture.open()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for tick in 0..<25 {
            try store.put(LabelSet(metric: "m", ["task": "\(task)"]), Double(tick), Double(tick))
            try await store.flush()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(store.statistics.unflushedSamples == 0)
    #expect(store.statistics.flushes <= 200)
    // Not closed: what is there was flushed.
    let copy = fixture.folder.file("copy.db")
    try Connection(path: fixture.path).backUp(to: copy)
    let restored = try SampleStore.open(path: copy, settings: fixture.settings, time: fixture.time)
    let found = try restored.everything("__name__", "m")
    #expect(found.count == 8)
    #expect(found.allSatisfy { $0.samples.map(\.value) == (0..<25).map(Double.init) })
  }

  @Test func `readers see whole series while chunks are being closed`() async throws {
    let store = try fixture.open()
    let labels = LabelSet(metric: "up")
    let writer = Task {
      for tick in 0..<300 {
        try store.put(labels, Double(tick * 30), Double(tick))
        if tick.isMultiple(of: 3) { try await store.flush() }
      }
    }
    var last = 0
    var reads = 0
    while last < 300, reads < 20_000 {
      let values = try store.values("up")
      let isWhole = values == (0..<values.count).map(Double.init)
      if !isWhole || values.count < last { Issue.record("read \(values) after \(last) samples") }
      last = max(values.count, last)
      reads += 1
      await Task.yield()
    }
    try await writer.value
    #expect(store.statistics.chunks > 10)
  }
}
