// SPDX-License-Identifier: MIT
import MetricModel

/// What an instant selector gives for each sample it finds.
enum SelectorYield {
  case value
  /// The time of the stored sample, in seconds.
  case timestamp
}

/// One series as a range function sees it: samples in columns, staleness markers left out.
struct RangeInput {
  var labels = LabelSet.empty
  var dropsName = false
  var times: [Int64] = []
  var values: [Double] = []
}

/// The windows of a range selector or subquery, one for each time of a grid.
struct Windows {
  /// Where each window ends, which belongs to it.
  let ends: ReferenceTimes
  /// Milliseconds; the window begins right after its end less this.
  let length: Int64
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
  private func milliseconds(of span: Span) throws(QueryError) -> Int64 {
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
    var columns: [Column] = []
    var run = SampleRun()
    let oldest = times.first - lookback + 1
    let rollup = yield == .value ? rollup(.last, times, length: 0, at: position) : nil
    for var cursor in try cursors(selector, oldest...times.last, rollup) {
      // A fixed time gives the same sample at every step: it is looked up once.
      let places = times.isFixed ? 1 : times.count
      var column = Column(emptyFor: cursor.labels, count: places)
      var latest: (time: Int64, value: Double)?
      var place = 0
      var isPresent = false
      func fill(before limit: Int64) {
        while place < places, times.time(place) < limit {
          let time = times.time(place)
          if let latest, latest.time > time - lookback, !latest.value.isStalenessMarker {
            column.values[place] = yield == .value ? latest.value : Double(latest.time) / 1_000
            isPresent = true
          }
          place += 1
        }
      }
      while place < places, try next(&cursor, &run) {
        for index in 0..<run.count {
          fill(before: run.unixMilliseconds[index])
          latest = (run.unixMilliseconds[index], run.values[index])
        }
      }
      fill(before: .max)
      guard isPresent else { continue }
      if times.isFixed {
        column.values = Array(repeating: column.values[0], count: times.count)
      }
      try charge(times.count)
      columns.append(column)
    }
    return columns
  }

  private func cursors(
    _ selector: VectorSelector,
    _ range: ClosedRange<Int64>,
    _ rollup: RollupReading?
  ) throws(QueryError) -> [any SeriesCursor] {
    let first = Timestamp(unixMilliseconds: range.lowerBound)
    let last = Timestamp(unixMilliseconds: range.upperBound)
    let selection = SeriesSelection(matching: selector.matchers, in: first...last, rollup: rollup)
    do throws(StoreError) {
      return try reading.cursors(selection)
    } catch {
      throw .store(error)
    }
  }

  private func next(
    _ cursor: inout any SeriesCursor,
    _ run: inout SampleRun
  ) throws(QueryError) -> Bool {
    do throws(StoreError) {
      guard try cursor.next(into: &run) else {
        if let damage = cursor.damage {
          annotations.warn("damaged samples were left out: \(damage)", at: SourcePosition())
        }
        return false
      }
    } catch {
      throw .store(error)
    }
    try charge(run.count)
    return true
  }

  // MARK: Windows

  /// Walks the series of a range selector or subquery, one after the other.
  ///
  /// The samples handed to `body` cover all windows, which are the same for each series.
  func forEachSeries(
    of expression: Expression,
    on grid: EvaluationGrid,
    rollup: RollupReading? = nil,
    _ body: (RangeInput, Windows) throws(QueryError) -> Void
  ) throws(QueryError) {
    guard grid.count > 0 else { return }
    switch expression.unwrapped.form {
    case .range(let range):
      let ends = try referenceTimes(range.selector.shift, on: grid)
      let windows = Windows(ends: ends, length: try positiveMilliseconds(of: range.range))
      try forEachSeries(of: range.selector, in: windows, rollup, body)
    case .subquery(let subquery):
      let ends = try referenceTimes(subquery.shift, on: grid)
      let windows = Windows(ends: ends, length: try positiveMilliseconds(of: subquery.range))
      try forEachSeries(of: subquery, in: windows, body)
    default:
      throw .refused(message: "expected type range vector, got \(expression.type.rawValue)")
    }
  }

  private func forEachSeries(
    of selector: VectorSelector,
    in windows: Windows,
    _ rollup: RollupReading?,
    _ body: (RangeInput, Windows) throws(QueryError) -> Void
  ) throws(QueryError) {
    var run = SampleRun()
    var input = RangeInput()
    let oldest = windows.ends.first - windows.length + 1
    for var cursor in try cursors(selector, oldest...windows.ends.last, rollup) {
      input.times.removeAll(keepingCapacity: true)
      input.values.removeAll(keepingCapacity: true)
      while try next(&cursor, &run) {
        for index in 0..<run.count where !run.values[index].isStalenessMarker {
          input.times.append(run.unixMilliseconds[index])
          input.values.append(run.values[index])
        }
      }
      guard !input.values.isEmpty else { continue }
      input.labels = cursor.labels
      try body(input, windows)
    }
  }

  private func forEachSeries(
    of subquery: Subquery,
    in windows: Windows,
    _ body: (RangeInput, Windows) throws(QueryError) -> Void
  ) throws(QueryError) {
    // The evaluation times are multiples of the step since the epoch, whatever the query's start.
    let step = try positiveMilliseconds(of: subquery.step ?? .fixed(engine.subqueryStep))
    let first = floorDivision(windows.ends.first - windows.length, step) + 1
    let last = floorDivision(windows.ends.last, step)
    guard last >= first else { return }
    guard last - first < Int64(engine.limits.samples) else {
      throw .tooManySamples(limit: engine.limits.samples)
    }
    let grid = EvaluationGrid(start: first * step, step: step, count: Int(last - first) + 1)
    try charge(grid.count)
    for column in try merged(try vector(subquery.expression, on: grid)) {
      var input = RangeInput(labels: column.labels, dropsName: column.dropsName)
      for (index, value) in column.values.enumerated() where !value.isStalenessMarker {
        input.times.append(grid.time(index))
        input.values.append(value)
      }
      guard !input.values.isEmpty else { continue }
      try body(input, windows)
    }
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
    try forEachSeries(of: expression, on: grid) { (input, windows) throws(QueryError) in
      let (start, end) = (windows.ends.first - windows.length, windows.ends.first)
      var samples: [Sample] = []
      for (time, value) in zip(input.times, input.values) where time > start && time <= end {
        samples.append(Sample(Timestamp(unixMilliseconds: time), value))
      }
      guard !samples.isEmpty else { return }
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
