// SPDX-License-Identifier: MIT
import MetricModel

/// Finds the newest sample of a series at each time that is not older than the lookback.
struct LatestWorker: SeriesWorker {
  private let times: ReferenceTimes
  private let yield: SelectorYield
  private var columns = SampleColumns()
  /// At each time, the samples that are not too old; the last one counts.
  private var plan: WindowPlan

  init(_ times: ReferenceTimes, lookback: Int64, gives yield: SelectorYield) {
    self.times = times
    self.yield = yield
    plan = WindowPlan(Windows(ends: times, length: lookback))
  }

  mutating func column(
    of cursor: inout any SeriesCursor,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Column? {
    columns.removeAll()
    while try meter.next(&cursor, &columns) {}
    columns.finish()
    plan.update(for: columns)
    var column = Column(emptyFor: cursor.labels, count: times.count)
    let isPresent = fill(&column.values)
    try meter.charge(times.count)
    return isPresent ? column : nil
  }

  /// Writes what there is at each time; false when there is nothing at any.
  private func fill(_ numbers: inout [Double]) -> Bool {
    let (values, stamps) = (columns.values, columns.times)
    var isPresent = false
    for (index, bounds) in plan.bounds.enumerated() where !bounds.isEmpty {
      let last = Int(bounds.upperBound) - 1
      guard !values[last].isStalenessMarker else { continue }
      numbers[index] = yield == .value ? values[last] : Double(stamps[last]) / 1_000
      isPresent = true
    }
    return isPresent
  }
}
