// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import TestSupport
import Testing

/// Series that share their times, mostly.
@Suite struct StoreGroupTests {
  private typealias Samples = [LabelSet: [Int64: UInt64]]

  private static func read(_ store: SampleStore) throws -> Samples {
    var answer: Samples = [:]
    for series in try store.everything("__name__", "m") {
      var last = Int64.min
      for sample in series.samples {
        #expect(sample.timestamp.unixMilliseconds > last, "times do not rise")
        last = sample.timestamp.unixMilliseconds
        answer[series.labels, default: [:]][last] = sample.value.bitPattern
      }
    }
    return answer
  }

  private static func labels(_ number: Int) -> LabelSet {
    LabelSet(metric: "m", ["series": "\(number)"])
  }

  /// A poll's values: most series each time, some now and then, one that ends and comes back.
  private static func members(_ tick: Int, _ random: inout SeededRandom) -> [Int] {
    (0..<12).filter { series in
      switch series {
      case 9: Bool.random(using: &random)
      case 10: tick % 40 < 15
      case 11: tick > 60
      default: true
      }
    }
  }

  @Test(arguments: UInt64(1)...8)
  func `polls of several series, parts that come later and reopenings lose nothing`(seed: UInt64)
    async throws
  {
    var random = SeededRandom(seed: seed)
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = Int.random(in: 4...30, using: &random)
    var store = try fixture.open()
    var expected: Samples = [:]
    var time = StoreFixture.start.unixMilliseconds
    var delayed: [(time: Int64, series: [Int])] = []
    func put(_ store: SampleStore, _ time: Int64, _ series: [Int]) throws {
      var batch = AppendBatch(timestamp: Timestamp(unixMilliseconds: time))
      for number in series {
        let value = Double(bitPattern: random.next())
        batch.references.append(try store.reference(for: Self.labels(number)))
        batch.values.append(value)
        expected[Self.labels(number), default: [:]][time] = value.bitPattern
      }
      #expect(try store.append(batch).appended == series.count, "seed \(seed), time \(time)")
    }
    for tick in 0..<160 {
      time += 15_000 + Int64.random(in: -20...20, using: &random)
      let members = Self.members(tick, &random)
      // Now and then a part of a poll comes after the next ones, as from a queue that was split.
      let isSplit = Int.random(in: 0..<6, using: &random) == 0
      let late = isSplit ? members.filter { _ in Bool.random(using: &random) } : []
      try put(store, time, members.filter { !late.contains($0) })
      if !late.isEmpty { delayed.append((time, late)) }
      if let first = delayed.first, time - first.time > 100_000 {
        delayed.removeFirst()
        try put(store, first.time, first.series)
      }
      if Int.random(in: 0..<3, using: &random) == 0 { try await store.flush() }
      guard Int.random(in: 0..<30, using: &random) == 0 else { continue }
      #expect((try Self.read(store) == expected) == true, "seed \(seed), tick \(tick)")
      try await store.close()
      store = try fixture.open()
      #expect((try Self.read(store) == expected) == true, "seed \(seed), tick \(tick), reopened")
    }
    try await store.close()
    let again = try fixture.open()
    #expect((try Self.read(again) == expected) == true, "seed \(seed), at the end")
  }

  @Test func `series that are polled apart from their group get one of their own`() async throws {
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = 16
    let store = try fixture.open()
    var references: [SeriesReference] = []
    for number in 0..<3 { references.append(try store.reference(for: Self.labels(number))) }
    var expected: Samples = [:]
    var now = StoreFixture.start
    func put(_ numbers: [Int], _ value: Double) throws {
      let batch = AppendBatch(
        timestamp: now,
        references: numbers.map { references[$0] },
        values: numbers.map { _ in value }
      )
      _ = try store.append(batch)
      for number in numbers {
        expected[Self.labels(number), default: [:]][now.unixMilliseconds] = value.bitPattern
      }
    }
    try put([0, 1, 2], 1)
    for tick in 0..<400 {
      for number in 0..<3 {
        now = now + .milliseconds(2_000 + number)
        try put([number], Double(tick))
      }
      try await store.flush()
    }
    #expect((try Self.read(store) == expected) == true)
    // Three series of 401 samples in blocks of 16 rows, and not in blocks of five.
    let blocks = store.statistics.chunks
    #expect(blocks < 120)
    try await store.close()
    #expect((try Self.read(try fixture.open()) == expected) == true)
  }

  @Test func `a series that ended and came back is found after reopening, and kept`() async throws {
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = 8
    fixture.settings.retention = .seconds(3_600)
    let store = try fixture.open()
    func put(_ tick: Int, _ numbers: [Int]) async throws {
      var batch = AppendBatch(timestamp: StoreFixture.start + .seconds(15 * tick))
      for number in numbers {
        batch.references.append(try store.reference(for: Self.labels(number)))
        batch.values.append(Double(tick))
      }
      _ = try store.append(batch)
      try await store.flush()
      fixture.time.advance(by: .seconds(15))
    }
    for tick in 0..<20 { try await put(tick, [0, 1, 2]) }
    for tick in 20..<60 { try await put(tick, [0, 2]) }
    for tick in 60..<320 { try await put(tick, [0, 1, 2]) }
    try await store.close()
    let again = try fixture.open()
    let recent = StoreFixture.start + .seconds(15 * 300)
    func count() throws -> Int? {
      try again.series(
        matching: [LabelMatcher("series", .equal, "1")],
        in: recent...(recent + .seconds(600))
      ).first?.samples.count
    }
    #expect(try count() == 20)
    // A round of retention, which takes what has ended long ago.
    for _ in 0..<3 { try await again.flush() }
    #expect(try count() == 20)
    #expect(again.statistics.series == 3)
  }

  @Test func `a slow target's blocks grow to their full size`() async throws {
    let fixture = try StoreFixture()
    let store = try fixture.open()
    let labels = Self.labels(1)
    // Twenty-minute polls: a block is closed after two hours, and taken up again.
    for tick in 0..<200 {
      try store.put(labels, Double(tick) * 1_200, Double(tick))
      try await store.flush()
    }
    #expect(store.statistics.chunks <= 14)
    #expect(try store.values("m") == (0..<200).map(Double.init))
    try await store.close()
    #expect(try fixture.open().values("m") == (0..<200).map(Double.init))
  }

  @Test func `a reader sees the moment of its call while rows come and go`() async throws {
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = 8
    let store = try fixture.open()
    func put(_ tick: Int) throws {
      var batch = AppendBatch(timestamp: StoreFixture.start + .seconds(15 * tick))
      for number in 0..<20 {
        batch.references.append(try store.reference(for: Self.labels(number)))
        batch.values.append(Double(tick))
      }
      _ = try store.append(batch)
    }
    for tick in 0..<50 {
      try put(tick)
      try await store.flush()
    }
    let selection = SeriesSelection(
      matching: [LabelMatcher("__name__", .equal, "m")],
      in: .distantPast ... .distantFuture
    )
    let cursors = try store.cursors(selection)
    for tick in 50..<120 {
      try put(tick)
      try await store.flush()
    }
    var run = SampleRun()
    for var cursor in cursors {
      var values: [Double] = []
      while try cursor.next(into: &run) { values += run.values }
      #expect(values == (0..<50).map(Double.init))
    }
  }
}
