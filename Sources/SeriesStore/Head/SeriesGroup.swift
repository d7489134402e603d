// SPDX-License-Identifier: MIT
import MetricModel

/// Series that share their times, because one target gives them all in one poll.
///
/// Its rows are the times, its columns the series. Rows go into blocks together; the youngest of
/// those that are in blocks stay in memory, to find duplicates and to answer short look-backs.
struct SeriesGroup {
  let number: UInt32
  /// The series by column; nil where one was deleted or moved.
  private(set) var columns: [UInt32?] = []
  private(set) var rows = HeadRows()
  /// So many rows at the beginning are in blocks.
  private(set) var sealedRows = 0
  /// So many rows after these are being written.
  private(set) var sealingRows = 0
  /// The newest time in a block.
  var sealedThrough = Int64.min
  /// From this time on every sample is in memory.
  var memoryFrom = Int64.min
  /// The longest span of a block.
  var spanMax: Int64 = 0
  /// The time up to which there are roll-ups.
  var rolledThrough: Int64 = 0
  /// The oldest row of the log that holds a sample of the group that is in no block.
  var pinnedRow: Int64?
  /// When the pin was set, by the times of samples.
  var pinnedSince = Int64.max
  /// How many samples had ever been logged when the pin was set.
  var pinnedAt = 0
  /// Times before ``memoryFrom`` that duplicates are still looked for in.
  var tails: [SealedTail] = []
  /// Rows after which a block is closed; the first one is shorter for some groups, so that not all
  /// close theirs in the same flush.
  var rowTarget: Int

  /// The most series in a group.
  static let columnsMax = ColumnMask.columnsMax

  init(number: UInt32, openSamples: Int) {
    self.number = number
    let spread = max(openSamples / 2, 1)
    rowTarget = openSamples - Int(number &* 40_503 >> 4) % spread
  }

  /// The times of the rows, rising.
  var times: [Int64] { rows.times }

  /// Rows that are in no block.
  var openRows: Int { times.count - sealedRows }

  /// The time of the first row that is in no block.
  var openSince: Int64? { sealedRows < times.count ? times[sealedRows] : nil }

  var hasRoom: Bool { columns.count < Self.columnsMax }

  /// Adds a series without samples.
  mutating func add(_ series: UInt32) -> ColumnPlace {
    columns.append(series)
    return ColumnPlace(group: number, column: UInt16(columns.count - 1))
  }

  /// Gives a column, on opening, to a series; those before it are made when they are missing.
  mutating func restore(_ series: UInt32, at column: Int) {
    while columns.count <= column { columns.append(nil) }
    columns[column] = series
  }

  /// Takes a series away; its column stays.
  mutating func remove(column: UInt16) {
    columns[Int(column)] = nil
    rows.removeAll(column: Int(column))
  }

  /// The row of a time that new values may be put into, made when the time is the newest; nil when
  /// the time lies between rows or among those in blocks.
  mutating func openRow(at time: Int64) -> Int? {
    guard let last = times.last else {
      guard time > sealedThrough else { return nil }
      append(time)
      return 0
    }
    if time > last {
      append(time)
      return times.count - 1
    }
    if time == last {
      return times.count > sealedRows + sealingRows ? times.count - 1 : nil
    }
    let position = times.insertionPosition(of: time)
    guard position >= sealedRows + sealingRows, times[position] == time else { return nil }
    return position
  }

  private mutating func append(_ time: Int64) {
    rows.append(time, columns: columns.count)
  }

  /// Puts a value into a row; false when there is one already.
  mutating func put(_ value: Double, column: UInt16, row: Int) -> Bool {
    rows.put(value, column: Int(column), row: row)
  }

  /// Puts values into columns of a row that have none; the columns rise.
  mutating func put(_ values: ArraySlice<Double>, columns: [UInt16], row: Int) {
    rows.put(values, columns: columns, row: row)
  }

  /// Whether memory or a tail has a value of the series at a time.
  func hasValue(at time: Int64, column: UInt16) -> Bool {
    let position = times.insertionPosition(of: time)
    if position < times.count, times[position] == time {
      return rows.hasValue(column: Int(column), row: position)
    }
    guard time < memoryFrom, let series = columns[Int(column)] else { return false }
    return tails.contains { $0.has(series, at: time) }
  }

  // Blocks.

  /// The rows that are in no block, to be written.
  mutating func beginSealing() -> Range<Int> {
    sealingRows = openRows
    return sealedRows..<times.count
  }

  mutating func failSealing() {
    sealingRows = 0
  }

  /// Notes that the rows of ``beginSealing()`` are in blocks, and forgets those before a time.
  mutating func finishSealing(forgettingBefore time: Int64, nextTarget: Int) {
    rowTarget = nextTarget
    sealedRows += sealingRows
    sealingRows = 0
    if sealedRows > 0 { sealedThrough = max(sealedThrough, times[sealedRows - 1]) }
    pinnedRow = nil
    pinnedSince = .max
    let forgotten = min(times.insertionPosition(of: time), sealedRows)
    guard forgotten > 0 else { return }
    memoryFrom = max(memoryFrom, times[forgotten - 1] + 1)
    rows.removeFirst(forgotten)
    sealedRows -= forgotten
    tails.removeAll { $0.end < time }
  }

  /// Forgets all rows that are in blocks.
  mutating func forgetSealed() {
    guard sealedRows > 0 else { return }
    rows.removeFirst(sealedRows)
    sealedRows = 0
    memoryFrom = max(memoryFrom, sealedThrough == .max ? .max : sealedThrough + 1)
  }

  /// Drops values that will never be written: those of open rows for which `isDropped`.
  mutating func dropRow(at time: Int64, columns dropped: ArraySlice<UInt16>) {
    let position = times.insertionPosition(of: time)
    guard position < times.count, times[position] == time, position >= sealedRows else { return }
    for column in dropped { rows.removeValue(column: Int(column), row: position) }
  }
}

/// Times that some series of a group have in a block.
struct SealedTail {
  /// Rising.
  let series: [UInt32]
  /// Rising.
  let times: [Int64]

  var end: Int64 { times.last ?? .min }

  func has(_ number: UInt32, at time: Int64) -> Bool {
    let position = times.insertionPosition(of: time)
    guard position < times.count, times[position] == time else { return false }
    return series.contains(number)
  }
}
