// SPDX-License-Identifier: MIT
import MetricModel

/// The samples of a group in memory: a row for each time, in it a place for each series.
///
/// Rows lie one after the other, since a poll writes a whole row; a reader shares them and copies
/// nothing, and of what is shared only the last segment is copied when the next row comes.
struct HeadRows: Sendable {
  /// Rising.
  private(set) var times: [Int64] = []
  /// Which columns have a value, by row.
  private(set) var masks: [ColumnMask] = []
  private var segments: [Segment] = []
  /// Rows of the first segment that were taken away.
  private var offset = 0

  /// Rows that share an array.
  private static let segmentRows = 16

  private struct Segment: Sendable {
    var stride: Int
    var values: [Double]

    init(stride: Int) {
      self.stride = stride
      values = [Double](repeating: 0, count: stride * HeadRows.segmentRows)
    }

    /// Makes room for more columns.
    mutating func widen(to columns: Int) {
      var wide = Segment(stride: columns)
      for row in 0..<HeadRows.segmentRows {
        for column in 0..<stride {
          wide.values[row * columns + column] = values[row * stride + column]
        }
      }
      self = wide
    }
  }

  var count: Int { times.count }

  /// Adds a row without values, after all others, with room for so many columns.
  mutating func append(_ time: Int64, columns: Int) {
    if times.count == times.capacity {
      times.reserveCapacity(times.count + times.count / 4 + 16)
      masks.reserveCapacity(times.count + times.count / 4 + 16)
    }
    times.append(time)
    masks.append(ColumnMask())
    if (offset + times.count - 1) / Self.segmentRows == segments.count {
      segments.append(Segment(stride: columns))
    }
  }

  /// Puts a value into a row; false when there is one already.
  mutating func put(_ value: Double, column: Int, row: Int) -> Bool {
    guard !masks[row].contains(column) else { return false }
    let place = offset + row
    let segment = place / Self.segmentRows
    if segments[segment].stride <= column { segments[segment].widen(to: column + 1) }
    let stride = segments[segment].stride
    segments[segment].values[place % Self.segmentRows * stride + column] = value
    masks[row].insert(column)
    return true
  }

  /// Puts values into columns of a row that have none; the columns rise.
  mutating func put(_ values: ArraySlice<Double>, columns: [UInt16], row: Int) {
    guard let last = columns.last else { return }
    let place = offset + row
    let segment = place / Self.segmentRows
    if segments[segment].stride <= Int(last) { segments[segment].widen(to: Int(last) + 1) }
    let start = place % Self.segmentRows * segments[segment].stride
    var mask = masks[row]
    segments[segment].values.withUnsafeMutableBufferPointer { places in
      for (column, value) in zip(columns, values) {
        places[start + Int(column)] = value
        mask.insert(Int(column))
      }
    }
    masks[row] = mask
  }

  func hasValue(column: Int, row: Int) -> Bool { masks[row].contains(column) }

  /// Takes a value out of a row.
  mutating func removeValue(column: Int, row: Int) {
    masks[row].remove(column)
  }

  /// Takes all values out of a column.
  mutating func removeAll(column: Int) {
    for row in masks.indices { masks[row].remove(column) }
  }

  /// Takes the first rows away.
  mutating func removeFirst(_ rows: Int) {
    times.removeFirst(rows)
    masks.removeFirst(rows)
    let places = offset + rows
    segments.removeFirst(min(places / Self.segmentRows, segments.count))
    offset = times.isEmpty ? 0 : places % Self.segmentRows
    if times.isEmpty { segments.removeAll() }
  }

  /// The columns that have a value in every one of some rows, and those that have one in any.
  func presence(in rows: Range<Int>) -> (every: ColumnMask, any: ColumnMask) {
    var every = ColumnMask.all
    var any = ColumnMask()
    for row in rows {
      every.formIntersection(masks[row])
      any.formUnion(masks[row])
    }
    return (rows.isEmpty ? ColumnMask() : every, any)
  }

  /// The values of a column in rows that all have one.
  func values(column: Int, rows: Range<Int>) -> [Double] {
    [Double](unsafeUninitializedCapacity: rows.count) { buffer, count in
      count = rows.count
      var row = rows.lowerBound
      while row < rows.upperBound {
        let place = offset + row
        let segment = segments[place / Self.segmentRows]
        let end = min(rows.upperBound, row + Self.segmentRows - place % Self.segmentRows)
        var position = place % Self.segmentRows * segment.stride + column
        for index in row - rows.lowerBound..<end - rows.lowerBound {
          buffer.initializeElement(at: index, to: segment.values[position])
          position += segment.stride
        }
        row = end
      }
    }
  }

  /// The samples of a column in some rows.
  func samples(column: Int, rows: Range<Int>) -> TimedValues {
    guard !rows.isEmpty else { return TimedValues() }
    if rows.allSatisfy({ masks[$0].contains(column) }) {
      let isAll = rows.count == times.count
      return TimedValues(
        times: isAll ? times : Array(times[rows]),
        values: values(column: column, rows: rows)
      )
    }
    var found = TimedValues()
    for row in rows where masks[row].contains(column) {
      found.append(times[row], value(column: column, row: row))
    }
    return found
  }

  /// The value of a column in a row that has one.
  private func value(column: Int, row: Int) -> Double {
    let place = offset + row
    let segment = place / Self.segmentRows
    let position = place % Self.segmentRows * segments[segment].stride + column
    return segments[segment].values[position]
  }

  /// The samples of a column in a closed range of times.
  func samples(column: Int, in range: ClosedRange<Int64>) -> TimedValues {
    let start = times.insertionPosition(of: range.lowerBound)
    return samples(column: column, rows: start..<max(start, end(of: range)))
  }

  /// The last sample of a column in a closed range of times.
  func newest(column: Int, in range: ClosedRange<Int64>) -> Sample? {
    var row = end(of: range) - 1
    while row >= 0, times[row] >= range.lowerBound {
      if masks[row].contains(column) {
        let time = Timestamp(unixMilliseconds: times[row])
        return Sample(time, value(column: column, row: row))
      }
      row -= 1
    }
    return nil
  }

  /// The first row behind a range.
  private func end(of range: ClosedRange<Int64>) -> Int {
    range.upperBound == .max ? count : times.insertionPosition(of: range.upperBound + 1)
  }

  /// The number of values in memory.
  var valueCount: Int { masks.reduce(0) { $0 + $1.count } }
}

/// A set of columns of a group.
struct ColumnMask: Hashable, Sendable {
  /// The most columns that a set tells apart.
  static let columnsMax = 128
  /// All columns.
  static let all = ColumnMask(low: .max, high: .max)

  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init() {}

  private init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  var count: Int { low.nonzeroBitCount + high.nonzeroBitCount }

  func contains(_ column: Int) -> Bool {
    (column < 64 ? low >> UInt64(column) : high >> UInt64(column - 64)) & 1 == 1
  }

  mutating func insert(_ column: Int) {
    if column < 64 { low |= 1 << UInt64(column) } else { high |= 1 << UInt64(column - 64) }
  }

  mutating func remove(_ column: Int) {
    if column < 64 { low &= ~(1 << UInt64(column)) } else { high &= ~(1 << UInt64(column - 64)) }
  }

  mutating func formIntersection(_ other: ColumnMask) {
    low &= other.low
    high &= other.high
  }

  mutating func formUnion(_ other: ColumnMask) {
    low |= other.low
    high |= other.high
  }
}
