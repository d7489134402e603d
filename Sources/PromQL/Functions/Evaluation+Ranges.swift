// SPDX-License-Identifier: MIT
import MetricModel

/// Computes a number from each window of one series after the other.
private struct RangeWorker<Function: WindowFunction>: SeriesWorker {
  var function: Function
  private var plan: WindowPlan
  private var input = RangeInput()

  init(windows: Windows, function: Function) {
    self.function = function
    plan = WindowPlan(windows)
  }

  mutating func column(
    of cursor: inout any SeriesCursor,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Column? {
    guard try input.read(&cursor, &meter) else { return nil }
    plan.update(for: input)
    var column = Column(emptyFor: input.labels, count: plan.count, dropsName: input.dropsName)
    let isPresent = try function.fill(&column.values, input, plan, &meter)
    try meter.charge(plan.count)
    return isPresent ? column : nil
  }
}

extension Evaluation {
  /// Evaluates a function of one range vector and perhaps some scalars.
  func rangeFunction(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    if let argument = call.arguments.first,
      let columns = try edgedFunction(call.function, of: argument, on: grid)
    {
      return columns
    }
    var range: Expression?
    var scalars: [[Double]] = []
    for argument in call.arguments {
      if argument.type == .rangeVector {
        range = argument
      } else {
        scalars.append(try scalar(argument, on: grid))
      }
    }
    guard let range, let function = try windowFunction(call, scalars, on: grid) else {
      throw .unsupported(function: call.function.rawValue)
    }
    var columns: [Column]
    if let rolled = try rolled(call.function, of: range, on: grid) {
      columns = try self.columns(
        of: range,
        on: grid,
        rollup: rolled.reading,
        SingleWindowFunction { window, _ in rolled.compute(window) }
      )
      if call.function == .avgOverTime {
        columns = try averages(columns, of: range, rolled, on: grid)
      }
    } else {
      columns = try self.columns(of: range, on: grid, rollup: nil, function)
    }
    if call.function.wantsCounter { noteGauges(columns, at: range.position) }
    if call.function == .lastOverTime || call.function == .firstOverTime { return columns }
    return try droppingNames(columns)
  }

  /// Computes a number from each window of each series.
  func columns(
    of range: Expression,
    on grid: EvaluationGrid,
    rollup: RollupReading?,
    _ function: some WindowFunction
  ) throws(QueryError) -> [Column] {
    let source = try rangeSource(range, on: grid, rollup: rollup)
    let windows = source.windows
    let span = windows.ends.last - windows.ends.first + windows.length
    return try columns(
      of: source.cursors,
      work: Swift.max(grid.count * 4, Self.valuesRead(over: span)),
      RangeWorker(windows: source.windows, function: function)
    )
  }

  private func noteGauges(_ columns: [Column], at position: SourcePosition) {
    for column in columns {
      guard let name = column.labels.metricName, column.labels["__type__"] == nil else { continue }
      let endings = ["_total", "_sum", "_count", "_bucket"]
      if endings.contains(where: name.hasSuffix) { continue }
      annotations.inform(
        "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
          + name.quotedForPromQL,
        at: position
      )
    }
  }

  private func windowFunction(
    _ call: FunctionCall,
    _ scalars: [[Double]],
    on grid: EvaluationGrid
  ) throws(QueryError) -> (any WindowFunction)? {
    switch call.function {
    case .quantileOverTime:
      warnOfQuantiles(scalars[0], at: call.arguments[0].position)
      return SlidingQuantile(scalars[0])
    case .predictLinear:
      let ahead = scalars[0]
      return RunningRegression(interceptAt: { grid.time($0) }) { line, index in
        line.slope * ahead[index] + line.intercept
      }
    case .doubleExponentialSmoothing, .holtWinters:
      return SingleWindowFunction { window, index throws(QueryError) in
        // Only where there is something to smooth: of nothing the result is nothing.
        try Self.checkFactor(scalars[0][index], "smoothing", "sf")
        try Self.checkFactor(scalars[1][index], "trend", "tf")
        return window.smoothed(factor: scalars[0][index], trendFactor: scalars[1][index])
      }
    default: return call.function.windowFunction
    }
  }
}

extension Evaluation {
  private static func checkFactor(
    _ factor: Double,
    _ name: String,
    _ symbol: String
  ) throws(QueryError) {
    guard factor <= 0 || factor >= 1 else { return }
    throw .execution(
      message: "invalid \(name) factor. Expected: 0 < \(symbol) < 1, got: "
        + factor.sixDecimalsText
    )
  }
}

extension Function {
  fileprivate var wantsCounter: Bool {
    self == .rate || self == .increase
  }
}

extension Double {
  /// The number with six digits behind the point.
  fileprivate var sixDecimalsText: String {
    guard isFinite, magnitude < 1e12 else { return sampleValueText }
    let millionths = Int64((self * 1e6).rounded())
    let (whole, rest) = millionths.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let digits = String(rest)
    let padding = String(repeating: "0", count: 6 - digits.count)
    return "\(millionths < 0 ? "-" : "")\(whole).\(padding)\(digits)"
  }
}
