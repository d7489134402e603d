// SPDX-License-Identifier: MIT
import MetricModel

/// What the store holds in memory of one series.
struct SeriesEntry {
  let labels: LabelSet
  /// Rising; the first `closedCount` are in chunks already.
  private(set) var times: [Int64] = []
  private(set) var values: [Double] = []
  private(set) var closedCount = 0
  /// The newest time in a chunk.
  private(set) var closedThrough = Int64.min
  /// From this time on every sample is in memory.
  private(set) var memoryFrom = Int64.min
  /// Samples not later than `closedThrough` that are in no chunk yet; rising.
  private(set) var late = TimedValues()
  /// Counts the samples that were not added at the end.
  private(set) var reorderings = 0
  /// The oldest head row that holds a sample of this series that is in no chunk.
  var pinnedRow: Int64?
  /// Samples after which the next chunk is closed; the first one is shorter for some series, so
  /// that not all close theirs in the same flush.
  private(set) var chunkTarget: Int
  /// The earliest time known of the series.
  private(set) var firstTime = Int64.max
  /// The series has no sample left and cannot be found until it gets one.
  var isDormant = false

  /// Late samples that may wait; more are refused as too old.
  private static let lateMax = 4_096

  init(labels: LabelSet, number: UInt32, chunkSamples: Int) {
    self.labels = labels
    // Consecutive series come from the same target: spread them over the second half.
    let spread = max(chunkSamples / 2, 1)
    chunkTarget = chunkSamples - Int(number &* 40_503 >> 4) % spread
  }

  /// The newest time, or nil when the series never had a sample.
  var newest: Int64? {
    if let last = times.last { return max(last, closedThrough) }
    return closedThrough == .min ? nil : closedThrough
  }

  /// The number of samples in memory.
  var count: Int { times.count + late.count }

  /// Samples in memory that are in no chunk.
  var openCount: Int { times.count - closedCount + late.count }

  /// The time of the first sample that is in no chunk, late ones left out.
  var openSince: Int64? { closedCount < times.count ? times[closedCount] : nil }

  enum Placement {
    case taken
    case duplicate
    case tooOld
  }

  /// Puts a sample in its place.
  mutating func insert(_ time: Int64, _ value: Double, lateWindow: Int64) -> Placement {
    guard let newest else {
      add(time, value)
      return .taken
    }
    if time > newest {
      add(time, value)
      return .taken
    }
    guard time >= newest - lateWindow, time >= memoryFrom else { return .tooOld }
    let position = times.insertionPosition(of: time)
    if position < times.count, times[position] == time { return .duplicate }
    if time > closedThrough {
      times.insert(time, at: position)
      values.insert(value, at: position)
    } else {
      guard !late.contains(time) else { return .duplicate }
      guard late.count < Self.lateMax else { return .tooOld }
      late.insert(time, value)
    }
    reorderings += 1
    firstTime = min(firstTime, time)
    return .taken
  }

  private mutating func add(_ time: Int64, _ value: Double) {
    if times.count == times.capacity {
      // Doubling would leave almost half of the head's memory unused: grow by a quarter.
      times.reserveCapacity(times.count + times.count / 4 + 16)
      values.reserveCapacity(values.count + values.count / 4 + 16)
    }
    times.append(time)
    values.append(value)
    firstTime = min(firstTime, time)
  }

  /// What the next chunks of the series are made of; empty when all is in chunks.
  func closingRun(number: UInt32) -> ClosingRun {
    ClosingRun(
      number: number,
      open: TimedValues(
        times: Array(times[closedCount...]),
        values: Array(values[closedCount...])
      ),
      late: late,
      reorderings: reorderings
    )
  }

  /// Notes that `run` is in chunks; what came in since stays open or becomes late.
  mutating func close(_ run: ClosingRun, chunkSamples: Int, lateWindow: Int64) {
    chunkTarget = chunkSamples
    closedThrough = max(closedThrough, run.open.times.last ?? .min)
    if reorderings == run.reorderings {
      closedCount += run.open.count
      late = TimedValues()
    } else {
      // Samples were put between those of the run while it was written: they are late now.
      late.remove(run.late)
      let missed = removeMissed(by: run.open)
      for index in 0..<missed.count { late.insert(missed.times[index], missed.values[index]) }
      closedCount += run.open.count
    }
    // The late samples of the run are closed samples like others now.
    for index in 0..<run.late.count {
      let position = times.insertionPosition(of: run.late.times[index])
      times.insert(run.late.times[index], at: position)
      values.insert(run.late.values[index], at: position)
      closedCount += 1
    }
    let newest = newest ?? closedThrough
    trim(before: min(newest - lateWindow, late.times.first ?? .max))
  }

  /// Takes out the open samples up to `closedThrough` that `run` does not have.
  private mutating func removeMissed(by run: TimedValues) -> TimedValues {
    var missed = TimedValues()
    var kept = closedCount
    var place = 0
    for index in closedCount..<times.count {
      while place < run.count, run.times[place] < times[index] { place += 1 }
      let isInRun = place < run.count && run.times[place] == times[index]
      if isInRun || times[index] > closedThrough {
        times[kept] = times[index]
        values[kept] = values[index]
        kept += 1
      } else {
        missed.append(times[index], values[index])
      }
    }
    times.removeLast(times.count - kept)
    values.removeLast(values.count - kept)
    return missed
  }

  /// Forgets samples that are in chunks and older than `time`.
  private mutating func trim(before time: Int64) {
    let count = times[..<closedCount].prefix { $0 < time }.count
    if count > 0 {
      times.removeFirst(count)
      values.removeFirst(count)
      closedCount -= count
    }
    memoryFrom = max(memoryFrom, min(time, closedThrough == .min ? time : closedThrough + 1))
  }

  /// Notes, on opening, that chunks hold the series up to this time.
  mutating func restore(closedThrough time: Int64, firstTime first: Int64) {
    closedThrough = time
    firstTime = min(firstTime, first)
    if time != .min { memoryFrom = time + 1 }
  }

  /// Takes, on opening, the closed samples from `time` on back into memory.
  mutating func restore(tail: TimedValues, from time: Int64) {
    times.insert(contentsOf: tail.times, at: 0)
    values.insert(contentsOf: tail.values, at: 0)
    closedCount = tail.count
    memoryFrom = min(memoryFrom, time)
  }

  /// Takes, on opening, a sample of a head row; late ones only if no chunk has them.
  ///
  /// - Returns: False when a chunk has it.
  mutating func replay(_ time: Int64, _ value: Double) -> Bool {
    insert(time, value, lateWindow: Int64.max >> 2) == .taken
  }

  /// Takes, on opening, a late sample whose chunk cannot be read.
  mutating func restoreLate(_ time: Int64, _ value: Double) {
    late.insert(time, value)
  }

  /// Forgets all samples in memory that are in chunks.
  mutating func forgetClosed() {
    trim(before: .max)
  }

  /// The samples in memory, late ones in their places.
  var samples: TimedValues { TimedValues(times: times, values: values).merged(with: late) }

  /// Drops open samples that will never be written.
  mutating func drop(_ dropped: Set<Int64>) {
    let open = closingRun(number: 0).open
    times.removeLast(open.count)
    values.removeLast(open.count)
    for index in 0..<open.count where !dropped.contains(open.times[index]) {
      times.append(open.times[index])
      values.append(open.values[index])
    }
    late.remove(late.filtered { dropped.contains($0) })
    reorderings += 1
  }
}
