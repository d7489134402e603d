// SPDX-License-Identifier: MIT

/// `deriv` and `predict_linear` of windows that overlap, from sums over all samples so far; what
/// depends on the times alone is computed once for all series that share them.
struct RunningRegression: WindowFunction {
  /// Makes a number of the line through a window, given the line, the window and the position.
  private let compute: @Sendable (RegressionLine, Int) -> Double
  /// The time at which the line's intercept is wanted; nil means the window's first sample.
  private let origin: (@Sendable (Int) -> Int64)?
  /// The sums over the samples before each position; empty when each window is looked at by itself.
  private var sums: [RegressionSums] = []
  private var times = RegressionTimes()
  private var planVersion: UInt64?

  /// Computes a number from the line and the position of the evaluation time.
  init(
    interceptAt origin: (@Sendable (Int) -> Int64)?,
    _ compute: @escaping @Sendable (RegressionLine, Int) -> Double
  ) {
    self.origin = origin
    self.compute = compute
  }

  private mutating func sum(_ input: RangeInput, _ windows: Windows) {
    sums.removeAll(keepingCapacity: true)
    guard windows.overlap(input) else { return }
    let (times, values) = (input.times, input.values)
    sums.reserveCapacity(values.count + 1)
    var sum = RegressionSums()
    sums.append(sum)
    var previous = values[0]
    for (time, value) in zip(times, values) {
      sum.add(value, at: Double(time - times[0]), isChange: value != previous)
      sums.append(sum)
      previous = value
    }
  }

  /// The number of a window of two samples or more, without the sums.
  private func value(of window: borrowing SampleWindow, at index: Int) -> Double {
    let origin = self.origin.map { $0(index) } ?? window.time(0)
    return compute(RegressionLine(window, interceptAt: origin), index)
  }

  mutating func fill(
    _ numbers: inout [Double],
    _ input: RangeInput,
    _ plan: WindowPlan,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Bool {
    sum(input, plan.windows)
    if !sums.isEmpty, planVersion != plan.version {
      times = RegressionTimes(input.times, plan, interceptAt: origin)
      planVersion = plan.version
    }
    var window = SampleWindow(input, plan)
    var isPresent = false
    for index in 0..<plan.count {
      window.move(to: index)
      guard window.count > 1 else { continue }
      if let line = line(window.indices, first: window.value(0), at: index) {
        try meter.work(1)
        numbers[index] = compute(line, index)
      } else {
        try meter.work(window.count)
        numbers[index] = value(of: window, at: index)
      }
      isPresent = true
    }
    return isPresent
  }

  /// The line through some samples; nil when rounding would show, or there are no sums.
  private func line(_ indices: Range<Int>, first: Double, at index: Int) -> RegressionLine? {
    guard !sums.isEmpty else { return nil }
    if sums[indices.upperBound].changes == sums[indices.lowerBound + 1].changes {
      let isFinite = first.isFinite
      return RegressionLine(slope: isFinite ? 0 : .nan, intercept: isFinite ? first : .nan)
    }
    guard let window = times.windows[index] else { return nil }
    return sums[indices.upperBound].line(since: sums[indices.lowerBound], window, indices.count)
  }
}

/// What a regression over each window takes from the times of its samples.
private struct RegressionTimes {
  struct Window {
    /// From the time of the intercept to the first sample of the series, in milliseconds.
    let distance: Double
    /// The sum of the seconds since the time of the intercept.
    let seconds: Double
    /// The sum of their squared distances from their mean.
    let variance: Double
  }

  /// One for each window; nil where rounding would show, and where there are fewer than two samples.
  private(set) var windows: [Window?] = []

  init() {}

  init(_ times: [Int64], _ plan: WindowPlan, interceptAt origin: (@Sendable (Int) -> Int64)?) {
    // The sums of the times before each position, and of their squares.
    var sums: [(x: CompensatedSum, xx: CompensatedSum)] = [(CompensatedSum(), CompensatedSum())]
    sums.reserveCapacity(times.count + 1)
    for time in times {
      let since = Double(time - times[0])
      var next = sums[sums.count - 1]
      next.x.add(since)
      next.xx.add(product: since, CompensatedSum(since))
      sums.append(next)
    }
    for (index, bounds) in plan.bounds.enumerated() {
      let (lower, upper) = (Int(bounds.lowerBound), Int(bounds.upperBound))
      guard bounds.count > 1, var x = sums[upper].x.difference(from: sums[lower].x),
        var xx = sums[upper].xx.difference(from: sums[lower].xx)
      else {
        windows.append(nil)
        continue
      }
      let distance = Double(times[0] - (origin.map { $0(index) } ?? times[lower]))
      let number = Double(bounds.count)
      xx.add(product: 2 * distance, x)
      xx.add(product: number * distance, CompensatedSum(distance))
      x.add(product: distance, CompensatedSum(number))
      let seconds = x.value / 1_000
      let variance = xx.value / 1_000_000 - seconds * seconds / number
      windows.append(Window(distance: distance, seconds: seconds, variance: variance))
    }
  }
}

/// The sums that the straight line nearest to samples takes from their values; times in milliseconds.
private struct RegressionSums {
  private var y = CompensatedSum()
  private var xy = CompensatedSum()
  /// How many samples differ from the one before.
  private(set) var changes = 0

  mutating func add(_ value: Double, at time: Double, isChange: Bool) {
    y.add(value)
    xy.add(product: time, CompensatedSum(value))
    if isChange { changes += 1 }
  }

  /// The line through the samples behind `earlier`, or nil when rounding would show.
  func line(
    since earlier: RegressionSums,
    _ window: RegressionTimes.Window,
    _ count: Int
  ) -> RegressionLine? {
    guard let y = y.difference(from: earlier.y), var xy = xy.difference(from: earlier.xy) else {
      return nil
    }
    xy.add(product: window.distance, y)
    let (values, number) = (y.value, Double(count))
    let slope = (xy.value / 1_000 - window.seconds * values / number) / window.variance
    return RegressionLine(
      slope: slope,
      intercept: values / number - slope * window.seconds / number
    )
  }
}
