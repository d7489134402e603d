// SPDX-License-Identifier: MIT

extension Function {
  /// How it makes a number of a window with at least one sample, or nil when it is no such function.
  var windowFunction: ((borrowing SampleWindow) -> Double?)? {
    switch self {
    case .rate: { $0.extrapolated(isCounter: true, perSecond: true) }
    case .increase: { $0.extrapolated(isCounter: true, perSecond: false) }
    case .delta: { $0.extrapolated(isCounter: false, perSecond: false) }
    case .irate: { $0.lastStep(perSecond: true) }
    case .idelta: { $0.lastStep(perSecond: false) }
    case .resets: { window in window.countPairs { $1 < $0 } }
    case .changes: { window in window.countPairs { $0 != $1 && !($0.isNaN && $1.isNaN) } }
    case .deriv:
      { window in
        guard window.count > 1 else { return nil }
        return RegressionLine(window, interceptAt: window.time(0)).slope
      }
    case .avgOverTime:
      { window in
        var mean = CompensatedMean()
        for value in window.values { mean.add(value) }
        return mean.value
      }
    case .sumOverTime:
      { window in
        var sum = CompensatedSum()
        for value in window.values { sum.add(value) }
        return sum.sum.isInfinite ? sum.sum : sum.value
      }
    case .countOverTime: { Double($0.count) }
    case .minOverTime: { window in window.extreme { $0 < $1 }.value }
    case .maxOverTime: { window in window.extreme { $0 > $1 }.value }
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
  /// The rise over the window as if samples stood at its very ends; nil for fewer than two samples.
  ///
  /// The order of threshold and zero clamp is that of Prometheus 2.51 and later.
  func extrapolated(isCounter: Bool, perSecond: Bool) -> Double? {
    guard count > 1 else { return nil }
    let first = value(0)
    var rise = value(count - 1) - first
    if isCounter {
      var previous = first
      for value in values {
        if value < previous { rise += previous }
        previous = value
      }
    }
    var toStart = Double(time(0) - start) / 1_000
    var toEnd = Double(end - time(count - 1)) / 1_000
    let sampled = Double(time(count - 1) - time(0)) / 1_000
    let gap = sampled / Double(count - 1)
    let threshold = gap * 1.1
    if toStart >= threshold { toStart = gap / 2 }
    if isCounter, rise > 0, first >= 0 {
      // A counter is never below zero: it may have begun inside the window.
      let toZero = sampled * (first / rise)
      if toZero < toStart { toStart = toZero }
    }
    if toEnd >= threshold { toEnd = gap / 2 }
    var factor = (sampled + toStart + toEnd) / sampled
    if perSecond { factor /= rangeSeconds }
    return rise * factor
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

  /// How many neighbours satisfy a condition.
  func countPairs(_ condition: (Double, Double) -> Bool) -> Double {
    var found = 0
    var previous = value(0)
    for value in values.dropFirst() {
      if condition(previous, value) { found += 1 }
      previous = value
    }
    return Double(found)
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
