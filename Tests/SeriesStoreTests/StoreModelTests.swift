// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import TestSupport
import Testing

/// Random histories of a store beside the plainest thing that should answer alike.
@Suite struct StoreModelTests {
  private struct Model {
    var samples: [LabelSet: [Int64: UInt64]] = [:]

    mutating func put(_ labels: LabelSet, _ time: Int64, _ value: Double) -> AppendOutcome {
      var outcome = AppendOutcome()
      let newest = samples[labels]?.keys.max() ?? 0
      if time < newest - 600_000 {
        outcome.tooOld = 1
      } else if samples[labels]?[time] != nil {
        outcome.duplicates = 1
      } else {
        samples[labels, default: [:]][time] = value.bitPattern
        outcome.appended = 1
      }
      return outcome
    }

    func series(in range: ClosedRange<Int64>) -> [LabelSet: [Int64: UInt64]] {
      samples.mapValues { $0.filter { range.contains($0.key) } }.filter { !$0.value.isEmpty }
    }
  }

  private static func read(
    _ store: SampleStore,
    _ range: ClosedRange<Int64>
  ) throws -> [LabelSet: [Int64: UInt64]] {
    let matchers = [LabelMatcher("__name__", .equal, "m")]
    let bounds = [range.lowerBound, range.upperBound].map { Timestamp(unixMilliseconds: $0) }
    let found = try store.series(matching: matchers, in: bounds[0]...bounds[1])
    var answer: [LabelSet: [Int64: UInt64]] = [:]
    for series in found {
      var last = Int64.min
      for sample in series.samples {
        #expect(sample.timestamp.unixMilliseconds > last, "times do not rise")
        last = sample.timestamp.unixMilliseconds
        answer[series.labels, default: [:]][last] = sample.value.bitPattern
      }
    }
    try compareWays(store, SeriesSelection(matching: matchers, in: bounds[0]...bounds[1]), found)
    return answer
  }

  /// The other ways to read give the same: all in columns, and the newest at a time.
  private static func compareWays(
    _ store: SampleStore,
    _ selection: SeriesSelection,
    _ expected: [Series]
  ) throws {
    var columns = SampleColumns()
    for (cursor, series) in zip(try store.cursors(selection), expected) {
      var walked = cursor
      columns.removeAll()
      while try walked.next(appendingTo: &columns) {}
      columns.finish()
      let times = series.samples.map(\.timestamp.unixMilliseconds)
      #expect((columns.times == times) == true)
      let bits = series.samples.map(\.value.bitPattern)
      #expect((columns.values.map(\.bitPattern) == bits) == true)
    }
    for series in expected {
      let samples = series.samples
      for place in Set([0, samples.count / 3, samples.count - 1]) {
        for shift in [-1, 0] {
          let end = samples[place].timestamp + .milliseconds(shift)
          guard end >= selection.range.lowerBound else { continue }
          try compareNewest(store, selection.matchers, selection.range.lowerBound...end, expected)
        }
      }
    }
  }

  private static func compareNewest(
    _ store: SampleStore,
    _ matchers: [LabelMatcher],
    _ range: ClosedRange<Timestamp>,
    _ expected: [Series]
  ) throws {
    let newest = try store.newest(SeriesSelection(matching: matchers, in: range))
    #expect(newest.damage.isEmpty)
    let wanted = expected.compactMap { series in
      series.samples.last { range.contains($0.timestamp) }.map { (series.labels, $0) }
    }
    #expect(newest.elements.map(\.labels) == wanted.map(\.0))
    #expect(newest.elements.map(\.sample) == wanted.map(\.1))
  }

  @Test(arguments: UInt64(1)...16)
  func `random appends, flushes, reopenings and reads match a dictionary`(seed: UInt64) async throws
  {
    var random = SeededRandom(seed: seed)
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = Int.random(in: 1...30, using: &random)
    if seed.isMultiple(of: 3) { fixture.settings.chunkSpan = .seconds(900) }
    var store = try fixture.open()
    var model = Model()
    let start = StoreFixture.start.unixMilliseconds
    let labels = (0..<4).map { LabelSet(metric: "m", ["series": "\($0)"]) }
    var now = start
    let longest = Int64.random(in: 1_000...120_000, using: &random)
    for step in 0..<300 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0...12:
        now += Int64.random(in: 0...longest, using: &random)
        let isLate = Int.random(in: 0..<4, using: &random) == 0
        let time = isLate ? now - Int64.random(in: 0...700_000, using: &random) : now
        let set = labels[Int.random(in: 0..<labels.count, using: &random)]
        let value = Double(bitPattern: random.next())
        let batch = AppendBatch(
          timestamp: Timestamp(unixMilliseconds: time),
          references: [try store.reference(for: set)],
          values: [value]
        )
        let outcome = try store.append(batch)
        #expect(outcome == model.put(set, time, value), "seed \(seed), step \(step)")
      case 13...16:
        try await store.flush()
      case 17:
        try await store.close()
        store = try fixture.open()
      default:
        let low = Int64.random(in: start...max(now, start + 1), using: &random)
        let high = Int64.random(in: low...max(now, low), using: &random)
        let found = try Self.read(store, low...high)
        let expected = model.series(in: low...high)
        for set in labels {
          let differences = Set(found[set, default: [:]].keys)
            .symmetricDifference(expected[set, default: [:]].keys)
          #expect(differences.isEmpty, "seed \(seed), step \(step), \(set), \(low)...\(high)")
        }
        #expect((found == expected) == true, "seed \(seed), step \(step)")
      }
    }
    #expect(try Self.read(store, 0...Int64.max >> 2) == model.samples, "seed \(seed), at the end")
    try await store.close()
    store = try fixture.open()
    #expect(try Self.read(store, 0...Int64.max >> 2) == model.samples, "seed \(seed), reopened")
  }

  @Test(arguments: UInt64(1)...6)
  func `late samples that come while chunks are being written are kept`(seed: UInt64) async throws {
    var fixture = try StoreFixture()
    fixture.settings.chunkSamples = 4
    let store = try fixture.open()
    let flusher = Task {
      var flushes = 0
      while !Task.isCancelled {
        try await store.flush()
        flushes += 1
      }
      return flushes
    }
    var random = SeededRandom(seed: seed)
    var model = Model()
    var now = StoreFixture.start.unixMilliseconds
    let labels = (0..<3).map { LabelSet(metric: "m", ["series": "\($0)"]) }
    for step in 0..<3_000 {
      now += Int64.random(in: 1...2_000, using: &random)
      let isLate = Int.random(in: 0..<2, using: &random) == 0
      let time = isLate ? now - Int64.random(in: 0...30_000, using: &random) : now
      let set = labels[Int.random(in: 0..<labels.count, using: &random)]
      let batch = AppendBatch(
        timestamp: Timestamp(unixMilliseconds: time),
        references: [try store.reference(for: set)],
        values: [Double(step)]
      )
      let outcome = try store.append(batch)
      #expect((outcome == model.put(set, time, Double(step))) == true, "seed \(seed), step \(step)")
      if step.isMultiple(of: 50) {
        await Task.yield()
        let isSame = try Self.read(store, 0...Int64.max >> 2) == model.samples
        #expect(isSame, "seed \(seed), step \(step)")
      }
    }
    flusher.cancel()
    #expect(try await flusher.value > 0)
    try await store.close()
    let again = try fixture.open()
    #expect(try Self.read(again, 0...Int64.max >> 2) == model.samples, "seed \(seed), reopened")
    #expect(again.statistics.chunks > 100)
  }
}
