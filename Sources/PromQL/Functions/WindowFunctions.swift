// SPDX-License-Identifier: MIT

extension Function {
  /// How it makes a number of each window, or nil when it is no function of a range alone.
  var windowFunction: (any WindowFunction)? {
    switch self {
    case .rate: CounterFunction(perSecond: true)
    case .increase: CounterFunction(perSecond: false)
    case .resets: NeighbourCount { $1 < $0 }
    case .changes: NeighbourCount { $0 != $1 && !($0.isNaN && $1.isNaN) }
    case .deriv: RunningRegression(interceptAt: nil) { line, _ in line.slope }
    case .avgOverTime: RunningSum(isMean: true)
    case .sumOverTime: RunningSum(isMean: false)
    case .minOverTime: SlidingExtreme(isLeast: true)
    case .maxOverTime: SlidingExtreme(isLeast: false)
    default:
      singleWindowFunction.map { compute in SingleWindowFunction { window, _ in compute(window) } }
    }
  }

  /// How it makes a number of a window with at least one sample, without regard to others.
  private var singleWindowFunction: (@Sendable (borrowing SampleWindow) -> Double?)? {
    switch self {
    case .delta:
      { window in
        guard window.count > 1 else { return nil }
        let rise = window.value(window.count - 1) - window.value(0)
        return Extrapolation(window, perSecond: false).carried(rise)
      }
    case .irate: { $0.lastStep(perSecond: true) }
    case .idelta: { $0.lastStep(perSecond: false) }
    case .countOverTime: { Double($0.count) }
    case .tsOfMinOverTime: { window in window.extreme { $0 <= $1 }.seconds }
    case .tsOfMaxOverTime: { window in window.extreme { $0 >= $1 }.seconds }
    case .firstOverTime: { $0.value(0) }
    case .lastOverTime: { $0.value($0.count - 1) }
    case .tsOfFirstOverTime: { $0.seconds(0) }
    case .tsOfLastOverTime: { $0.seconds($0.count - 1) }
    case .presentOverTime: { _ in 1 }
    case .stdvarOverTime: { $0.variance }
    case .stddevOverTime: { $0.variance.squareRoot() }
    case .madOverTime: { $0.medianDeviation }
    default: nil
    }
  }
}

extension SampleWindow {
  /// The sum of the values.
  var sum: CompensatedSum {
    var sum = CompensatedSum()
    for value in values { sum.add(value) }
    return sum
  }

  /// The mean of the values.
  var mean: Double {
    var mean = CompensatedMean()
    for value in values { mean.add(value) }
    return mean.value
  }

  /// The difference of the last two samples; nil for fewer.
  func lastStep(perSecond: Bool) -> Double? {
    guard count > 1 else { return nil }
    let (previous, last) = (value(count - 2), value(count - 1))
    guard perSecond else { return last - previous }
    let milliseconds = time(count - 1) - time(count - 2)
    guard milliseconds > 0 else { return nil }
    let rise = last < previous ? last : last - previous
    return rise / (Double(milliseconds) / 1_000)
  }

  /// The sample that wins against all others; NaN loses against any number.
  func extreme(_ wins: (Double, Double) -> Bool) -> (value: Double, seconds: Double) {
    var best = 0
    for index in 1..<Swift.max(count, 1)
    where wins(value(index), value(best)) || value(best).isNaN {
      best = index
    }
    return (value(best), seconds(best))
  }

  /// The population variance, by Welford's method with compensated sums.
  var variance: Double {
    var mean = CompensatedSum()
    var squares = CompensatedSum()
    var seen = 0.0
    for value in values {
      seen += 1
      let difference = value - mean.value
      mean.add(difference / seen)
      squares.add(difference * (value - mean.value))
    }
    return squares.value / seen
  }

  /// The median of the distances to the median; NaN when any value is.
  var medianDeviation: Double {
    guard !values.contains(where: \.isNaN) else { return .nan }
    let median = Quantile.value(0.5, of: Array(values))
    return Quantile.value(0.5, of: values.map { ($0 - median).magnitude })
  }

  /// The double exponentially smoothed last value; nil for fewer than two samples.
  func smoothed(factor: Double, trendFactor: Double) -> Double? {
    guard count > 1 else { return nil }
    var previous = 0.0
    var current = value(0)
    var trend = value(1) - value(0)
    for index in 1..<count {
      if index > 1 { trend = trendFactor * (current - previous) + (1 - trendFactor) * trend }
      let next = factor * value(index) + (1 - factor) * (current + trend)
      previous = current
      current = next
    }
    return current
  }
}

/// The straight line nearest to a window's samples, by least squares over seconds.
struct RegressionLine {
  let slope: Double
  /// The line's value at the time asked for.
  let intercept: Double

  /// A line as it is known.
  init(slope: Double, intercept: Double) {
    self.slope = slope
    self.intercept = intercept
  }

  /// The window has at least two samples.
  init(_ window: borrowing SampleWindow, interceptAt origin: Int64) {
    let first = window.value(0)
    var isConstant = true
    var (sumX, sumY) = (CompensatedSum(), CompensatedSum())
    var (sumXY, sumXX) = (CompensatedSum(), CompensatedSum())
    for index in 0..<window.count {
      let value = window.value(index)
      if value != first { isConstant = false }
      let seconds = Double(window.time(index) - origin) / 1_000
      sumX.add(seconds)
      sumY.add(value)
      sumXY.add(seconds * value)
      sumXX.add(seconds * seconds)
    }
    if isConstant {
      slope = first.isInfinite ? .nan : 0
      intercept = first.isInfinite ? .nan : first
      return
    }
    let count = Double(window.count)
    let covariance = sumXY.value - sumX.value * sumY.value / count
    let variance = sumXX.value - sumX.value * sumX.value / count
    slope = covariance / variance
    intercept = sumY.value / count - slope * sumX.value / count
  }
}
