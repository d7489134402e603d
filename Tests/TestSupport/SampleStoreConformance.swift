// SPDX-License-Identifier: MIT
package import MetricModel

/// What every store that fills `SeriesReading` and `SampleAppending` must do; each implementer runs
/// all of it on stores of its own.
package struct SampleStoreConformance {
  /// A rule that a store broke.
  package struct Failure: Error, CustomStringConvertible {
    /// The rule and what was seen instead.
    package let description: String
  }

  private let makeStore: () throws -> any SeriesReading & SampleAppending

  /// Prepares the suite for one kind of store; `makeStore` gives an empty one each time.
  package init(makeStore: @escaping () throws -> any SeriesReading & SampleAppending) {
    self.makeStore = makeStore
  }

  /// Runs all rules; throws ``Failure`` at the first that is broken.
  package func run() async throws {
    try await referencesAreStable()
    try await samplesAreSeenAtOnceAndAfterFlushing()
    try await duplicatesAreCounted()
    try await rangesAreClosedAndEmptySeriesLeftOut()
    try await matchersSelect()
    try await seriesComeInLabelOrder()
    try await valuesKeepTheirBits()
    try await cursorsSeeOneMoment()
  }

  private func require(_ condition: Bool, _ rule: String) throws {
    guard condition else { throw Failure(description: rule) }
  }

  private let all = Timestamp.distantPast...Timestamp.distantFuture

  private func at(_ milliseconds: Int64) -> Timestamp {
    Timestamp(unixMilliseconds: 1_700_000_000_000 + milliseconds)
  }

  @discardableResult
  private func put(
    _ store: any SampleAppending,
    _ labels: LabelSet,
    _ milliseconds: Int64,
    _ value: Double
  ) throws -> AppendOutcome {
    let reference = try store.reference(for: labels)
    let batch = AppendBatch(timestamp: at(milliseconds), references: [reference], values: [value])
    return try store.append(batch)
  }

  private func referencesAreStable() async throws {
    let store = try makeStore()
    let first = try store.reference(for: LabelSet(metric: "up", ["job": "a"]))
    let second = try store.reference(for: LabelSet(metric: "up", ["job": "b"]))
    try require(first != second, "two label sets have two references")
    try await store.flush()
    let again = try store.reference(for: LabelSet(metric: "up", ["job": "a", "empty": ""]))
    try require(first == again, "a label set keeps its reference, empty labels count as absent")
  }

  private func samplesAreSeenAtOnceAndAfterFlushing() async throws {
    let store = try makeStore()
    let labels = LabelSet(metric: "up")
    let matchers = [LabelMatcher("__name__", .equal, "up")]
    for tick in Int64(0)..<5 {
      let outcome = try put(store, labels, tick * 1_000, Double(tick))
      try require(outcome.appended == 1, "a new sample is taken")
      let before = try store.series(matching: matchers, in: all)
      try require(before.first?.samples.count == Int(tick) + 1, "a sample is seen at once")
      try await store.flush()
      let after = try store.series(matching: matchers, in: all)
      try require(after == before, "flushing changes nothing that is read")
    }
  }

  private func duplicatesAreCounted() async throws {
    let store = try makeStore()
    let labels = LabelSet(metric: "up")
    try put(store, labels, 1_000, 1)
    try await store.flush()
    let outcome = try put(store, labels, 1_000, 2)
    try require(outcome.duplicates == 1 && outcome.appended == 0, "a duplicate is left out")
    let found = try store.series(matching: [LabelMatcher("__name__", .equal, "up")], in: all)
    try require(found.first?.samples == [Sample(at(1_000), 1)], "of two samples the first stays")
  }

  private func rangesAreClosedAndEmptySeriesLeftOut() async throws {
    let store = try makeStore()
    for tick in Int64(0)..<10 { try put(store, LabelSet(metric: "a"), tick * 10, Double(tick)) }
    try put(store, LabelSet(metric: "b"), 500, 1)
    let both = [LabelMatcher("__name__", .matches, "a|b")]
    let found = try store.series(matching: both, in: at(20)...at(40))
    try require(
      found.map(\.labels) == [LabelSet(metric: "a")],
      "a series without samples is left out"
    )
    try require(found.first?.samples.map(\.value) == [2, 3, 4], "a range includes both its ends")
    let between = try store.series(matching: both, in: at(41)...at(49))
    try require(between.isEmpty, "a range between two samples finds nothing")
  }

  private func matchersSelect() async throws {
    let store = try makeStore()
    let sets = [
      LabelSet(metric: "up", ["job": "nginx", "instance": "lb1"]),
      LabelSet(metric: "up", ["job": "nginx", "instance": "lb2"]),
      LabelSet(metric: "up", ["job": "mongodb"]),
      LabelSet(metric: "load", ["instance": "lb1"]),
    ]
    for (index, labels) in sets.enumerated() { try put(store, labels, 0, Double(index)) }
    let name = LabelMatcher("__name__", .equal, "up")
    let cases: [([LabelMatcher], [Int])] = [
      ([name], [0, 1, 2]),
      ([LabelMatcher("job", .equal, "nginx")], [0, 1]),
      ([name, LabelMatcher("job", .notEqual, "nginx")], [2]),
      ([name, LabelMatcher("instance", .equal, "")], [2]),
      ([name, LabelMatcher("instance", .notEqual, "")], [0, 1]),
      ([LabelMatcher("instance", .matches, "lb.*")], [0, 1, 3]),
      ([LabelMatcher("instance", .matches, "lb1|lb9")], [0, 3]),
      ([name, LabelMatcher("instance", .matches, "lb1|")], [0, 2]),
      ([name, LabelMatcher("instance", .doesNotMatch, "lb1")], [1, 2]),
      ([name, LabelMatcher("instance", .doesNotMatch, "lb.")], [2]),
      ([name, LabelMatcher("absent", .doesNotMatch, "x.*")], [0, 1, 2]),
      ([LabelMatcher("absent", .equal, "x")], []),
      ([name, LabelMatcher("job", .equal, "nginx"), LabelMatcher("job", .equal, "mongodb")], []),
    ]
    for (matchers, expected) in cases {
      let found = try store.series(matching: matchers, in: all)
      let values = found.compactMap { $0.samples.first.map { Int($0.value) } }.sorted()
      try require(values == expected, "\(matchers) selects \(expected), not \(values)")
      let labels = try store.labelSets(matching: matchers, in: all)
      try require(labels == found.map(\.labels), "\(matchers) finds the same label sets as series")
    }
    try require(
      try store.labelSets(matching: [], in: all).count == 4,
      "no matcher means all label sets"
    )
    do {
      _ = try store.series(matching: [LabelMatcher("job", .matches, "(")], in: all)
      throw Failure(description: "a pattern that is not valid is refused")
    } catch StoreError.invalidPattern {}
  }

  private func seriesComeInLabelOrder() async throws {
    let store = try makeStore()
    let sets = (0..<60).map {
      LabelSet(metric: "m\($0 * 7 % 5)", ["i": "\($0 * 31 % 60)", "z": "\($0)"])
    }
    for labels in sets { try put(store, labels, 0, 1) }
    let any = [LabelMatcher("i", .matches, ".+")]
    let found = try store.series(matching: any, in: all).map(\.labels)
    try require(found == sets.sorted(), "series come in label-set order")
    try put(store, LabelSet(metric: "m2", ["i": "30a"]), 0, 1)
    let more = try store.labelSets(matching: any, in: all)
    try require(more == more.sorted() && more.count == 61, "a new series finds its place")
  }

  private func valuesKeepTheirBits() async throws {
    let store = try makeStore()
    let bits: [UInt64] = [
      0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0001, 0x8000_0000_0000_0000, 0, 0x7ff0_0000_0000_0000,
      0xffff_ffff_ffff_ffff, 1, 0x3fb9_9999_9999_999a,
    ]
    for (index, value) in bits.enumerated() {
      try put(store, LabelSet(metric: "up"), Int64(index), Double(bitPattern: value))
    }
    try await store.flush()
    let found = try store.series(matching: [LabelMatcher("__name__", .equal, "up")], in: all)
    let values = found.first?.samples.map(\.value.bitPattern)
    try require(values == bits, "values keep their bits")
  }

  private func cursorsSeeOneMoment() async throws {
    let store = try makeStore()
    try put(store, LabelSet(metric: "up"), 0, 1)
    let selection = SeriesSelection(matching: [LabelMatcher("__name__", .equal, "up")], in: all)
    let cursors = try store.cursors(selection)
    try put(store, LabelSet(metric: "up"), 1, 2)
    try await store.flush()
    var run = SampleRun()
    var values: [Double] = []
    for var cursor in cursors { while try cursor.next(into: &run) { values += run.values } }
    try require(values == [1], "a cursor sees the store as it was when it was made")
  }
}
