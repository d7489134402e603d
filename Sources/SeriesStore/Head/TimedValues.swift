// SPDX-License-Identifier: MIT

/// Samples in columns, times rising.
struct TimedValues: Sendable {
  private(set) var times: [Int64] = []
  private(set) var values: [Double] = []

  init() {}

  init(times: [Int64], values: [Double]) {
    self.times = times
    self.values = values
  }

  var count: Int { times.count }
  var isEmpty: Bool { times.isEmpty }

  func contains(_ time: Int64) -> Bool {
    let position = times.insertionPosition(of: time)
    return position < times.count && times[position] == time
  }

  /// Adds a sample whose time is after all others.
  mutating func append(_ time: Int64, _ value: Double) {
    times.append(time)
    values.append(value)
  }

  /// Adds a sample in its place; one that is there already stays.
  mutating func insert(_ time: Int64, _ value: Double) {
    let position = times.insertionPosition(of: time)
    if position < times.count, times[position] == time { return }
    times.insert(time, at: position)
    values.insert(value, at: position)
  }

  /// The samples of both; of two with the same time this one's stays.
  func merged(with other: TimedValues) -> TimedValues {
    guard !other.isEmpty else { return self }
    var merged = TimedValues()
    merged.times.reserveCapacity(count + other.count)
    merged.values.reserveCapacity(count + other.count)
    var place = 0
    for index in 0..<count {
      while place < other.count, other.times[place] < times[index] {
        merged.append(other.times[place], other.values[place])
        place += 1
      }
      if place < other.count, other.times[place] == times[index] { place += 1 }
      merged.append(times[index], values[index])
    }
    for rest in place..<other.count { merged.append(other.times[rest], other.values[rest]) }
    return merged
  }

  /// The samples of both, the other's mostly being later.
  func appending(_ other: TimedValues) -> TimedValues {
    guard let last = times.last, let first = other.times.first, first > last else {
      return isEmpty ? other : merged(with: other)
    }
    return TimedValues(times: times + other.times, values: values + other.values)
  }

  /// The samples in this closed range.
  func slice(_ range: ClosedRange<Int64>) -> TimedValues {
    let start = times.insertionPosition(of: range.lowerBound)
    let isEndless = range.upperBound == .max
    let end = isEndless ? count : times.insertionPosition(of: range.upperBound + 1)
    guard start < end else { return TimedValues() }
    if start == 0, end == count { return self }
    return TimedValues(times: Array(times[start..<end]), values: Array(values[start..<end]))
  }

  /// The samples whose time passes a test.
  func filtered(_ isKept: (Int64) -> Bool) -> TimedValues {
    var kept = TimedValues()
    for index in 0..<count where isKept(times[index]) { kept.append(times[index], values[index]) }
    return kept
  }

  /// Takes away the samples whose time `other` has.
  mutating func remove(_ other: TimedValues) {
    guard !other.isEmpty else { return }
    self = filtered { !other.contains($0) }
  }
}

/// The samples of one series that a flush moves into chunks.
struct ClosingRun: Sendable {
  let number: UInt32
  let open: TimedValues
  let late: TimedValues
  let reorderings: Int

  var isEmpty: Bool { open.isEmpty && late.isEmpty }
}

extension [Int64] {
  /// The first position whose number is not below `number`.
  func insertionPosition(of number: Int64) -> Int {
    guard let last, number <= last else { return count }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
