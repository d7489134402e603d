// SPDX-License-Identifier: MIT

/// Rows and late samples in the order in which they came, for the log of a store.
package struct HeadEntries: Sendable {
  /// The values that the series of one group have at one time.
  package struct Row: Sendable {
    /// The group whose series the columns are.
    package let group: UInt32
    /// Unix milliseconds.
    package let time: Int64
    /// Where its values stand in ``HeadEntries/columns`` and ``HeadEntries/bits``.
    package fileprivate(set) var cells: Range<Int>
  }

  /// A sample that is in no row.
  package struct Late: Sendable {
    /// The number of its series.
    package let series: UInt32
    /// Unix milliseconds.
    package let time: Int64
    /// The bits of its value: compared as bits, NaN is equal to itself.
    package let bits: UInt64
  }

  /// The rows, as they came.
  package private(set) var rows: [Row] = []
  /// The column of each value, rising within a row.
  package private(set) var columns: [UInt16] = []
  /// The bits of the values at the same positions.
  package private(set) var bits: [UInt64] = []
  /// Samples that are in no row.
  package private(set) var late: [Late] = []

  /// Makes an empty list.
  package init() {}

  /// The number of samples.
  package var count: Int { bits.count + late.count }

  /// Adds a sample to the row that was added last, or to a new one.
  package mutating func append(group: UInt32, time: Int64, column: UInt16, bits value: UInt64) {
    let place = bits.count
    columns.append(column)
    bits.append(value)
    if let last = rows.indices.last, rows[last].group == group, rows[last].time == time,
      columns[place - 1] < column
    {
      rows[last].cells = rows[last].cells.lowerBound..<place + 1
    } else {
      rows.append(Row(group: group, time: time, cells: place..<place + 1))
    }
  }

  /// Adds a row, or to the row that was added last: the values of these columns, which rise.
  package mutating func append(
    group: UInt32,
    time: Int64,
    columns numbers: [UInt16],
    values: ArraySlice<Double>
  ) {
    precondition(numbers.count == values.count, "a row has one value for each column")
    guard let first = numbers.first else { return }
    let start = bits.count
    var cells = start..<start + numbers.count
    if let last = rows.last, last.group == group, last.time == time, columns[start - 1] < first {
      cells = last.cells.lowerBound..<cells.upperBound
      rows.removeLast()
    }
    columns += numbers
    bits.append(contentsOf: values.lazy.map(\.bitPattern))
    rows.append(Row(group: group, time: time, cells: cells))
  }

  /// Adds a sample that is in no row.
  package mutating func append(late series: UInt32, time: Int64, bits: UInt64) {
    late.append(Late(series: series, time: time, bits: bits))
  }

  /// Adds all of `other` at the end.
  package mutating func append(_ other: HeadEntries) {
    let shift = bits.count
    columns += other.columns
    bits += other.bits
    late += other.late
    rows += other.rows.map { row in
      let cells = row.cells.lowerBound + shift..<row.cells.upperBound + shift
      return Row(group: row.group, time: row.time, cells: cells)
    }
  }

  /// Takes the rows before a position away; late samples stay.
  ///
  /// - Returns: What was taken.
  package mutating func removeOldest(rows count: Int) -> HeadEntries {
    var taken = HeadEntries()
    var kept = HeadEntries()
    for (place, row) in rows.enumerated() {
      for cell in row.cells {
        if place < count {
          taken.append(group: row.group, time: row.time, column: columns[cell], bits: bits[cell])
        } else {
          kept.append(group: row.group, time: row.time, column: columns[cell], bits: bits[cell])
        }
      }
    }
    kept.late = late
    self = kept
    return taken
  }
}
