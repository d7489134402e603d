// SPDX-License-Identifier: MIT
import MetricModel

/// A range function computed from roll-ups.
struct RolledFunction {
  let reading: RollupReading
  let compute: @Sendable (borrowing SampleWindow) -> Double?
}

extension Evaluation {
  /// The lookback for which stores keep the last value of a span.
  private static var rolledLookback: Duration { .seconds(300) }

  /// The roll-ups that give, at each of these times, what samples would; nil when there are none.
  ///
  /// Windows of `length` milliseconds must be made of whole spans, and so must their distances.
  func rollup(
    _ figure: RollupFigure,
    _ times: ReferenceTimes,
    length: Int64,
    at position: SourcePosition
  ) -> RollupReading? {
    guard isRange, !times.isFixed, times.count > 1, engine.lookback == Self.rolledLookback else {
      return nil
    }
    let unit = Self.commonDivisor(times.first, Self.commonDivisor(times.step, length))
    let first = Timestamp(unixMilliseconds: times.first - length)
    let last = Timestamp(unixMilliseconds: times.last)
    guard
      let span = reading.rollupSpan(dividing: .milliseconds(unit), in: first...last)
    else { return nil }
    annotations.inform("answered from roll-ups of \(span.shortText)", at: position)
    return RollupReading(span: span, figure: figure)
  }

  private static func commonDivisor(_ left: Int64, _ right: Int64) -> Int64 {
    var (high, low) = (abs(left), abs(right))
    while low != 0 { (high, low) = (low, high % low) }
    return high
  }

  /// How to compute a function of a range selector from roll-ups; nil when samples are needed.
  func rolled(
    _ function: Function,
    of expression: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> RolledFunction? {
    guard case .range(let range) = expression.unwrapped.form else { return nil }
    let plan: (figure: RollupFigure, compute: @Sendable (borrowing SampleWindow) -> Double?)
    switch function {
    case .minOverTime: plan = (.min, { window in window.extreme { $0 < $1 }.value })
    case .maxOverTime: plan = (.max, { window in window.extreme { $0 > $1 }.value })
    case .sumOverTime, .avgOverTime: plan = (.sum, { $0.sum.total })
    case .countOverTime: plan = (.count, { $0.sum.total })
    case .increase: plan = (.increase, { $0.sum.total })
    case .rate: plan = (.increase, { $0.sum.total / $0.rangeSeconds })
    default: return nil
    }
    let ends = try referenceTimes(range.selector.shift, on: grid)
    let length = try positiveMilliseconds(of: range.range)
    guard let reading = rollup(plan.figure, ends, length: length, at: expression.position) else {
      return nil
    }
    return RolledFunction(reading: reading, compute: plan.compute)
  }

  /// The averages that sums and counts of the same series make.
  func averages(
    _ sums: [Column],
    of expression: Expression,
    _ rolled: RolledFunction,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let counting = RolledFunction(
      reading: RollupReading(span: rolled.reading.span, figure: .count),
      compute: rolled.compute
    )
    var counts: [LabelSet: [Double]] = [:]
    for column in try columns(of: expression, counting, on: grid) {
      counts[column.labels] = column.values
    }
    return sums.compactMap { column in
      guard let numbers = counts[column.labels] else { return nil }
      var column = column
      for index in column.values.indices where !column.values[index].isStalenessMarker {
        column.values[index] /= numbers[index]
      }
      return column
    }
  }

  private func columns(
    of expression: Expression,
    _ rolled: RolledFunction,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    try columns(
      of: expression,
      on: grid,
      rollup: rolled.reading,
      SingleWindowFunction { window, _ in rolled.compute(window) }
    )
  }
}

extension Duration {
  /// Such as `5m` or `1h`.
  fileprivate var shortText: String {
    let minutes = wholeMilliseconds / 60_000
    return minutes.isMultiple(of: 60) ? "\(minutes / 60)h" : "\(minutes)m"
  }
}
