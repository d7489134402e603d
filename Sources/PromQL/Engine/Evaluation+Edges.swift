// SPDX-License-Identifier: MIT
import MetricModel

/// Range functions over `anchored` and `smoothed` windows, and instant vectors that are `smoothed`.
///
/// An anchored window also counts the last sample before it; a smoothed one has values at its very
/// ends, on the straight line between the samples around each. Neither is extrapolated.
extension Evaluation {
  /// Evaluates a function of a window with edges; nil when the argument has none.
  func edgedFunction(
    _ function: Function,
    of argument: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column]? {
    guard case .range(let range) = argument.unwrapped.form, range.selector.edges != .plain else {
      return nil
    }
    let isSmoothed = range.selector.edges == .smoothed
    let ends = try referenceTimes(range.selector.shift, on: grid)
    let length = try positiveMilliseconds(of: range.range)
    var columns: [Column] = []
    for series in try samples(of: range.selector, around: ends, length: length) {
      var column = Column(emptyFor: series.labels, count: grid.count)
      for index in 0..<grid.count {
        try work(1)
        let end = ends.time(index)
        let window = EdgedWindow(series.samples, start: end - length, end: end, lookback: lookback)
        let value =
          isSmoothed
          ? window.smoothedRise(isCounter: function != .delta)
          : window.anchored(function)
        guard let value else { continue }
        column.values[index] = function == .rate ? value / (Double(length) / 1_000) : value
      }
      try charge(grid.count)
      if !column.isEmpty { columns.append(column) }
    }
    return try droppingNames(columns)
  }

  /// Reads a `smoothed` selector: values on the line between the samples around each time.
  func smoothedVector(
    _ selector: VectorSelector,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let times = try referenceTimes(selector.shift, on: grid)
    var columns: [Column] = []
    for series in try samples(of: selector, around: times, length: 0) {
      var column = Column(emptyFor: series.labels, count: grid.count)
      for index in 0..<grid.count {
        try work(1)
        let time = times.time(index)
        let window = EdgedWindow(series.samples, start: time, end: time, lookback: lookback)
        if let value = window.value(at: time) { column.values[index] = value }
      }
      try charge(grid.count)
      if !column.isEmpty { columns.append(column) }
    }
    return columns
  }

  private var lookback: Int64 { engine.lookback.wholeMilliseconds }

  /// The samples of each series from a lookback before the first window to one behind the last.
  private func samples(
    of selector: VectorSelector,
    around ends: ReferenceTimes,
    length: Int64
  ) throws(QueryError) -> [(labels: LabelSet, samples: [EdgedWindow.Point])] {
    guard ends.count > 0 else { return [] }
    let first = Timestamp(unixMilliseconds: ends.first - length - lookback + 1)
    let last = Timestamp(unixMilliseconds: ends.last + lookback)
    var found: [(labels: LabelSet, samples: [EdgedWindow.Point])] = []
    do throws(StoreError) {
      let selection = SeriesSelection(matching: selector.matchers, in: first...last)
      var run = SampleRun()
      for var cursor in try reading.cursors(selection) {
        var samples: [EdgedWindow.Point] = []
        while try cursor.next(into: &run) {
          for index in 0..<run.count where !run.values[index].isStalenessMarker {
            samples.append(.init(time: run.unixMilliseconds[index], value: run.values[index]))
          }
        }
        found.append((cursor.labels, samples))
      }
    } catch {
      throw .store(error)
    }
    for series in found { try charge(series.samples.count) }
    return found
  }
}

/// A window, open on the left, with what stands around it.
struct EdgedWindow {
  struct Point {
    let time: Int64
    let value: Double
  }

  private let inside: ArraySlice<Point>
  /// The last one at or before the start, unless it is too old.
  private let before: Point?
  /// The first one behind the end, unless it is too late.
  private let after: Point?
  private let start: Int64
  private let end: Int64

  /// `points` are sorted by time.
  init(_ points: [Point], start: Int64, end: Int64, lookback: Int64) {
    let first = Self.firstIndex(in: points, after: start)
    let last = Self.firstIndex(in: points, after: end)
    inside = points[first..<last]
    before = first > 0 && points[first - 1].time > start - lookback ? points[first - 1] : nil
    after = last < points.count && points[last].time <= end + lookback ? points[last] : nil
    self.start = start
    self.end = end
  }

  /// By halving.
  private static func firstIndex(in points: [Point], after time: Int64) -> Int {
    var (low, high) = (0, points.count)
    while low < high {
      let middle = (low + high) / 2
      if points[middle].time <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The value of a function of an anchored window; nil when no sample is inside.
  func anchored(_ function: Function) -> Double? {
    guard !inside.isEmpty else { return nil }
    let values = (before.map { [$0.value] } ?? []) + inside.map(\.value)
    let pairs = zip(values, values.dropFirst())
    switch function {
    case .changes: return Double(pairs.count { $0 != $1 && !($0.isNaN && $1.isNaN) })
    case .resets: return Double(pairs.count { $1 < $0 })
    case .delta: return values[values.count - 1] - values[0]
    default: return Self.rise(values)
    }
  }

  /// The rise from the line's value at the start to that at the end; nil when all samples lie on one
  /// side of the window.
  func smoothedRise(isCounter: Bool) -> Double? {
    let next = inside.first ?? after
    let previous = inside.last ?? before
    guard let next, let previous, inside.first != nil || before != nil && after != nil else {
      return nil
    }
    let left = before.map { Self.value(at: start, $0, next, isCounter: isCounter) } ?? next.value
    let right =
      after.map { Self.value(at: end, previous, $0, isCounter: isCounter) } ?? previous.value
    guard isCounter else { return right - left }
    return Self.rise([left] + inside.map(\.value) + [right])
  }

  /// The value at the end, where start and end are the same; nil when all samples lie behind it.
  func value(at time: Int64) -> Double? {
    guard let before else { return nil }
    guard let after else { return before.value }
    return Self.value(at: time, before, after, isCounter: false)
  }

  /// How far a counter rose; one that fell began anew at 0.
  private static func rise(_ values: [Double]) -> Double {
    var rise = values[values.count - 1] - values[0]
    for (previous, value) in zip(values, values.dropFirst()) where value < previous {
      rise += previous
    }
    return rise
  }

  private static func value(
    at time: Int64,
    _ previous: Point,
    _ next: Point,
    isCounter: Bool
  ) -> Double {
    guard time > previous.time else { return previous.value }
    guard time < next.time else { return next.value }
    let base = isCounter && next.value < previous.value ? 0 : previous.value
    let share = Double(time - previous.time) / Double(next.time - previous.time)
    return base + (next.value - base) * share
  }
}
