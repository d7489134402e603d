// SPDX-License-Identifier: MIT
import MetricModel

/// One series as a range function sees it: samples in columns, staleness markers left out.
struct RangeInput: Sendable {
  private(set) var labels = LabelSet.empty
  private(set) var dropsName = false
  private(set) var columns = SampleColumns()

  /// Unix milliseconds, strictly rising.
  var times: [Int64] { columns.times }

  /// The values at the same positions.
  var values: [Double] { columns.values }

  /// Reads a series in place of the one before; false when it has no sample.
  mutating func read(
    _ cursor: inout any SeriesCursor,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Bool {
    columns.removeAll()
    while try meter.next(&cursor, &columns) {}
    columns.finish()
    columns.removeStalenessMarkers()
    labels = cursor.labels
    dropsName = (cursor as? ColumnCursor)?.dropsName ?? false
    return columns.count > 0
  }
}

/// A column as the series that a subquery makes of it.
struct ColumnCursor: SeriesCursor {
  let labels: LabelSet
  let dropsName: Bool
  /// The times of the subquery's steps, which all its series share.
  private let times: [Int64]
  private var values: [Double]

  init(_ column: Column, _ times: [Int64]) {
    labels = column.labels
    dropsName = column.dropsName
    values = column.values
    self.times = times
  }

  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
    run.removeAll()
    for (index, value) in values.enumerated() where !value.isStalenessMarker {
      run.append(times[index], value)
    }
    values = []
    return run.count > 0
  }

  mutating func next(appendingTo columns: inout SampleColumns) throws(StoreError) -> Bool {
    guard !values.isEmpty else { return false }
    columns.append(times: times, rows: 0..<values.count) { $0.append(contentsOf: values) }
    values = []
    return true
  }
}
