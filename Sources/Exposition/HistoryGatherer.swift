// SPDX-License-Identifier: MIT
package import MetricModel

/// Gathers the samples of exposition text by series, whatever order they stand in, up to as many as
/// may be in memory at once.
package struct HistoryGatherer: Sendable {
  /// Samples in memory at which it is full: 16 bytes each, and up to as much again for growing.
  package static let samplesMax = 1_200_000
  /// Series at which it is full, and begins to number them anew.
  package static let seriesMax = 100_000
  /// Bytes of their names and labels, likewise.
  package static let seriesTextBytesMax = 16 << 20

  private var reader: ExpositionReader
  private var batch = ExpositionBatch()
  /// The place in `runs` of each series by its number; a number's first sample makes the run.
  private var places: [Int?] = []
  private var labels: [LabelSet] = []
  /// Series that are written in several ways, such as with their labels in another order, are one.
  private var numbers: [LabelSet: Int] = [:]
  /// The number of the series that a number stands for.
  private var canonical: [Int] = []
  private var runs: [HistoryRun] = []
  private var unsorted: Set<Int> = []
  private let samplesMax: Int

  /// The samples that wait to be taken.
  package private(set) var waitingSamples = 0
  /// Samples left out because the same series stands at the same time with another value before.
  package private(set) var duplicates = 0
  /// Lines that were left out since they were last taken.
  package private(set) var faults: [ExpositionFault] = []

  /// Makes a gatherer at the beginning of a text; every sample needs a timestamp.
  package init(_ rules: ExpositionRules, samplesMax: Int = Self.samplesMax) {
    var rules = rules
    rules.needsTimestamps = true
    reader = ExpositionReader(rules)
    self.samplesMax = samplesMax
  }

  /// So much waits that it should be taken before more is read.
  package var isFull: Bool {
    waitingSamples >= samplesMax || reader.seriesCount >= Self.seriesMax
      || reader.seriesTextBytes >= Self.seriesTextBytesMax
  }

  /// Reads on; see ``ExpositionReader/read(_:into:)``.
  package mutating func read(_ bytes: Span<UInt8>) throws(ExpositionFault) {
    defer { gather() }
    try reader.read(bytes, into: &batch)
  }

  /// Ends the text; see ``ExpositionReader/finish(into:)``.
  package mutating func finish() throws(ExpositionFault) {
    defer { gather() }
    try reader.finish(into: &batch)
  }

  /// Hands over what waits: each series once, its times strictly rising.
  package mutating func takeRuns() -> [HistoryRun] {
    for place in unsorted { duplicates += runs[place].sortByTime() }
    let taken = runs
    runs = []
    unsorted = []
    waitingSamples = 0
    if isFull {
      reader.forgetSeries()
      (labels, canonical, numbers, places) = ([], [], [:], [])
    } else {
      for place in places.indices { places[place] = nil }
    }
    return taken
  }

  /// Hands over the lines that were left out.
  package mutating func takeFaults() -> [ExpositionFault] {
    defer { faults = [] }
    return faults
  }

  private mutating func gather() {
    for series in batch.newSeries {
      let number = canonical.count
      canonical.append(numbers[series] ?? number)
      if canonical[number] == number { numbers[series] = number }
      labels.append(series)
      places.append(nil)
    }
    for sample in batch.samples {
      guard let time = sample.unixMilliseconds else { continue }
      add(canonical[sample.series], time, sample.value)
    }
    faults += batch.faults
    batch.removeAll()
  }

  private mutating func add(_ number: Int, _ time: Int64, _ value: Double) {
    let place: Int
    if let known = places[number] {
      place = known
      // A run that exists has a sample.
      let last = runs[place].unixMilliseconds[runs[place].unixMilliseconds.count - 1]
      if time == last {
        duplicates += 1
        return
      }
      if time < last { unsorted.insert(place) }
    } else {
      place = runs.count
      places[number] = place
      runs.append(HistoryRun(labels: labels[number]))
    }
    runs[place].unixMilliseconds.append(time)
    runs[place].values.append(value)
    waitingSamples += 1
  }
}

extension HistoryRun {
  /// Sorts the samples by time and keeps the first of those at one time; the number left out.
  fileprivate mutating func sortByTime() -> Int {
    // Equal times stay in their order.
    let order = values.indices.sorted {
      (unixMilliseconds[$0], $0) < (unixMilliseconds[$1], $1)
    }
    var times: [Int64] = []
    var kept: [Double] = []
    for index in order where unixMilliseconds[index] != times.last {
      times.append(unixMilliseconds[index])
      kept.append(values[index])
    }
    let dropped = values.count - kept.count
    unixMilliseconds = times
    values = kept
    return dropped
  }
}
