// SPDX-License-Identifier: MIT
import MetricModel

/// The figures of one series for each span of a day.
struct RollupFigures {
  /// By figure, then by span; the staleness marker where a span has no sample.
  private(set) var columns: [[Double]]
  private let span: RollupSpan
  private let day: Int64
  /// A sample that is older at the end of its span than this is not the value at that time.
  private let lookback: Int64

  init(_ span: RollupSpan, day: Int64, lookback: Int64 = 300_000) {
    self.span = span
    self.day = day
    self.lookback = lookback
    let empty = [Double](repeating: .stalenessMarker, count: span.perDay)
    columns = RollupFigure.allCases.map { _ in empty }
  }

  /// Takes the samples of the day, and of the time before it the last one.
  mutating func take(_ samples: TimedValues) {
    var previous: Double?
    var place = -1
    var state = Running()
    for (time, value) in zip(samples.times, samples.values) {
      guard time <= day + RollupSpan.day else { break }
      if time <= day {
        if !value.isStalenessMarker { previous = value }
        continue
      }
      let next = Int((time - day - 1) / span.rawValue)
      if next != place {
        if place >= 0 { store(state, at: place) }
        place = next
        state = Running()
      }
      state.lastTime = time
      state.last = value
      guard !value.isStalenessMarker else { continue }
      state.add(value, after: previous)
      previous = value
    }
    if place >= 0 { store(state, at: place) }
  }

  /// What is known of a span so far.
  private struct Running {
    var min = Double.nan
    var max = Double.nan
    var sum = 0.0
    var count = 0.0
    var last = Double.stalenessMarker
    var lastTime = Int64.min
    var increase = 0.0

    mutating func add(_ value: Double, after previous: Double?) {
      // Of NaN and a number the number counts, as in min_over_time.
      if !(min <= value) { min = value.isNaN ? min : value }
      if !(max >= value) { max = value.isNaN ? max : value }
      if count == 0, value.isNaN { (min, max) = (value, value) }
      sum += value
      count += 1
      // A counter that fell began anew at 0.
      if let previous { increase += value >= previous ? value - previous : value }
    }
  }

  private mutating func store(_ state: Running, at place: Int) {
    let end = day + Int64(place + 1) * span.rawValue
    // The value at the end of the span, unless it ended or is too old by then.
    let isCurrent = end - state.lastTime < lookback
    columns[RollupFigure.last.rawValue][place] = isCurrent ? state.last : .stalenessMarker
    guard state.count > 0 else { return }
    columns[RollupFigure.min.rawValue][place] = state.min
    columns[RollupFigure.max.rawValue][place] = state.max
    columns[RollupFigure.sum.rawValue][place] = state.sum
    columns[RollupFigure.count.rawValue][place] = state.count
    columns[RollupFigure.increase.rawValue][place] = state.increase
  }

  /// Whether no span has a sample.
  var isEmpty: Bool {
    columns[RollupFigure.count.rawValue].allSatisfy(\.isStalenessMarker)
  }
}

extension TimedValues {
  /// The samples as the figure that a span of one sample each would have.
  func asFigure(_ figure: RollupFigure, after previous: inout Double?) -> TimedValues {
    var found = TimedValues()
    for (time, value) in zip(times, values) {
      guard !value.isStalenessMarker else {
        found.append(time, value)
        continue
      }
      switch figure {
      case .min, .max, .sum, .last: found.append(time, value)
      case .count: found.append(time, 1)
      case .increase:
        if let last = previous { found.append(time, value >= last ? value - last : value) }
      }
      previous = value
    }
    return found
  }
}
