// SPDX-License-Identifier: MIT
import MetricModel

/// What an instant selector gives for each sample it finds.
enum SelectorYield: Sendable {
  case value
  /// The time of the stored sample, in seconds.
  case timestamp
}

/// The windows of a range selector or subquery, one for each time of a grid.
struct Windows: Sendable {
  /// Where each window ends, which belongs to it.
  let ends: ReferenceTimes
  /// Milliseconds; the window begins right after its end less this.
  let length: Int64
}

/// The series of a range selector or subquery.
struct RangeSource {
  let windows: Windows
  let cursors: [any SeriesCursor]
}

extension Evaluation {
  /// The times that a shifted selector looks at.
  func referenceTimes(
    _ shift: TimeShift,
    on grid: EvaluationGrid
  ) throws(QueryError) -> ReferenceTimes {
    let offset = try milliseconds(of: shift.offset)
    let fixed: Int64
    switch shift.anchor {
    case nil:
      return ReferenceTimes(first: grid.start - offset, step: grid.step, count: grid.count)
    case .at(let instant): fixed = instant.unixMilliseconds
    case .start: fixed = queryStart
    case .end: fixed = queryEnd
    }
    return ReferenceTimes(first: fixed - offset, step: 0, count: grid.count)
  }

  /// The milliseconds of a span in this query.
  func milliseconds(of span: Span) throws(QueryError) -> Int64 {
    switch span {
    case .fixed(let duration): return duration.wholeMilliseconds
    case .formula(let formula):
      let seconds = formula.seconds(
        step: Double(queryStep) / 1_000,
        range: Double(queryEnd - queryStart) / 1_000
      )
      guard let milliseconds = DurationFormula.milliseconds(ofSeconds: seconds) else {
        throw .refused(message: "duration out of range")
      }
      return milliseconds
    }
  }

  /// The milliseconds of a range or step in this query.
  func positiveMilliseconds(of span: Span) throws(QueryError) -> Int64 {
    let milliseconds = try milliseconds(of: span)
    guard milliseconds > 0 else { throw .refused(message: "duration must be greater than 0") }
    return milliseconds
  }

  /// Reads a selector: at each time the newest sample that is not older than the lookback.
  func instantVector(
    _ selector: VectorSelector,
    on grid: EvaluationGrid,
    gives yield: SelectorYield,
    at position: SourcePosition = SourcePosition()
  ) throws(QueryError) -> [Column] {
    let times = try referenceTimes(selector.shift, on: grid)
    let lookback = engine.lookback.wholeMilliseconds
    guard grid.count > 0, lookback > 0 else { return [] }
    let oldest = times.first - lookback + 1
    if times.isFixed || times.count == 1 {
      return try newest(selector, oldest...times.first, count: times.count, gives: yield)
    }
    let rollup = yield == .value ? rollup(.last, times, length: 0, at: position) : nil
    let worker = LatestWorker(times, lookback: lookback, gives: yield)
    return try columns(
      of: try cursors(selector, oldest...times.last, rollup),
      work: Swift.max(grid.count, Self.valuesRead(over: times.last - oldest)),
      worker
    )
  }

  /// The series of a selector, with their samples in a range.
  func cursors(
    _ selector: VectorSelector,
    _ range: ClosedRange<Int64>,
    _ rollup: RollupReading?
  ) throws(QueryError) -> [any SeriesCursor] {
    do throws(StoreError) {
      return try reading.cursors(selection(selector, range, rollup))
    } catch {
      throw .store(error)
    }
  }

  private func selection(
    _ selector: VectorSelector,
    _ range: ClosedRange<Int64>,
    _ rollup: RollupReading? = nil
  ) -> SeriesSelection {
    let first = Timestamp(unixMilliseconds: range.lowerBound)
    let last = Timestamp(unixMilliseconds: range.upperBound)
    return SeriesSelection(
      matching: selector.matchers,
      in: first...last,
      rollup: rollup,
      seriesMax: engine.limits.matches
    )
  }

  /// Columns of a selector of which one sample serves all times.
  private func newest(
    _ selector: VectorSelector,
    _ range: ClosedRange<Int64>,
    count: Int,
    gives yield: SelectorYield
  ) throws(QueryError) -> [Column] {
    let newest: NewestSamples
    do throws(StoreError) {
      newest = try reading.newest(selection(selector, range))
    } catch {
      throw .store(error)
    }
    for place in newest.damage { noteDamage(place) }
    var columns: [Column] = []
    columns.reserveCapacity(newest.elements.count)
    for element in newest.elements {
      try charge(1)
      guard !element.sample.isStalenessMarker else { continue }
      let value =
        yield == .value
        ? element.sample.value : Double(element.sample.timestamp.unixMilliseconds) / 1_000
      try charge(count)
      columns.append(Column(element.labels, [Double](count: count, value)))
    }
    return columns
  }

  // MARK: Windows

  /// The series of a range selector or subquery, and the windows in which they are looked at.
  func rangeSource(
    _ expression: Expression,
    on grid: EvaluationGrid,
    rollup: RollupReading? = nil
  ) throws(QueryError) -> RangeSource {
    switch expression.unwrapped.form {
    case .range(let range):
      let ends = try referenceTimes(range.selector.shift, on: grid)
      let windows = Windows(ends: ends, length: try positiveMilliseconds(of: range.range))
      let oldest = windows.ends.first - windows.length + 1
      let cursors = try cursors(range.selector, oldest...windows.ends.last, rollup)
      return RangeSource(windows: windows, cursors: cursors)
    case .subquery(let subquery):
      let ends = try referenceTimes(subquery.shift, on: grid)
      let windows = Windows(ends: ends, length: try positiveMilliseconds(of: subquery.range))
      return RangeSource(windows: windows, cursors: try cursors(subquery, in: windows))
    default:
      throw .refused(message: "expected type range vector, got \(expression.type.rawValue)")
    }
  }

  /// Walks the series of a range selector or subquery, one after the other.
  ///
  /// The samples handed to `body` cover all windows, which are the same for each series.
  func forEachSeries(
    of expression: Expression,
    on grid: EvaluationGrid,
    _ body: (RangeInput, Windows) throws(QueryError) -> Void
  ) throws(QueryError) {
    let source = try rangeSource(expression, on: grid)
    var meter = WorkMeter(budget)
    var input = RangeInput()
    for var cursor in source.cursors where try input.read(&cursor, &meter) {
      try body(input, source.windows)
    }
    for place in meter.damage { noteDamage(place) }
  }

  /// The series that a subquery makes, with a sample at each of its steps.
  private func cursors(
    _ subquery: Subquery,
    in windows: Windows
  ) throws(QueryError) -> [any SeriesCursor] {
    // The evaluation times are multiples of the step since the epoch, whatever the query's start.
    let step = try positiveMilliseconds(of: subquery.step ?? .fixed(engine.subqueryStep))
    let first = floorDivision(windows.ends.first - windows.length, step) + 1
    let last = floorDivision(windows.ends.last, step)
    guard last >= first else { return [] }
    guard last - first < Int64(engine.limits.samples) else {
      throw .tooManySamples(limit: engine.limits.samples)
    }
    let grid = EvaluationGrid(start: first * step, step: step, count: Int(last - first) + 1)
    try charge(grid.count)
    let times = (0..<grid.count).map { grid.time($0) }
    return try merged(try vector(subquery.expression, on: grid)).map { ColumnCursor($0, times) }
  }

  private func floorDivision(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
  }

  /// The samples of a range selector or subquery as an instant query's result.
  func matrix(
    _ expression: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Series] {
    var columns: [Column] = []
    var found: [Series] = []
    var count = 0
    try forEachSeries(of: expression, on: grid) { (input, windows) throws(QueryError) in
      let (start, end) = (windows.ends.first - windows.length, windows.ends.first)
      var samples: [Sample] = []
      for (time, value) in zip(input.times, input.values) where time > start && time <= end {
        samples.append(Sample(Timestamp(unixMilliseconds: time), value))
      }
      guard !samples.isEmpty else { return }
      count += samples.count
      try checkSize(samples: count)
      let labels = input.dropsName ? input.labels.withoutNameLabels : input.labels
      columns.append(Column(labels, [0]))
      found.append(Series(labels: labels, samples: samples))
    }
    // Two series with the same labels are a fault here as everywhere.
    _ = try merged(columns)
    try checkSize(columns)
    return found.sorted { $0.labels < $1.labels }
  }
}
