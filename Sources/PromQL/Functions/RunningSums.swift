// SPDX-License-Identifier: MIT

/// `sum_over_time` and `avg_over_time` of windows that overlap: the sum of a window is the difference
/// of two sums over all samples so far.
struct RunningSum: WindowFunction {
  private let isMean: Bool
  /// The sum of the samples before each position; empty when each window is summed by itself.
  private var sums: [CompensatedSum] = []

  init(isMean: Bool) { self.isMean = isMean }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {
    sums.removeAll(keepingCapacity: true)
    guard windows.overlap(input) else { return }
    var sum = CompensatedSum()
    sums.reserveCapacity(input.values.count + 1)
    sums.append(sum)
    for value in input.values {
      sum.add(value)
      sums.append(sum)
    }
  }

  mutating func value(of window: borrowing SampleWindow, at index: Int) -> Double? {
    let indices = window.indices
    guard !sums.isEmpty,
      let sum = sums[indices.upperBound].difference(from: sums[indices.lowerBound])
    else { return isMean ? window.mean : window.sum.total }
    return isMean ? sum.mean(of: window.count) : sum.value
  }
}

/// `deriv` and `predict_linear` of windows that overlap, from sums over all samples so far.
struct RunningRegression: WindowFunction {
  /// Makes a number of the line through a window, given the line, the window and the position.
  private let compute: @Sendable (RegressionLine, Int) -> Double
  /// The time at which the line's intercept is wanted; nil means the window's first sample.
  private let origin: (@Sendable (Int) -> Int64)?
  private var sums: [RegressionSums] = []
  private var firstTime: Int64 = 0

  /// Computes a number from the line and the position of the evaluation time.
  init(
    interceptAt origin: (@Sendable (Int) -> Int64)?,
    _ compute: @escaping @Sendable (RegressionLine, Int) -> Double
  ) {
    self.origin = origin
    self.compute = compute
  }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {
    sums.removeAll(keepingCapacity: true)
    guard windows.overlap(input), let first = input.times.first else { return }
    firstTime = first
    sums.reserveCapacity(input.values.count + 1)
    var sum = RegressionSums()
    sums.append(sum)
    var previous = input.values[0]
    for (time, value) in zip(input.times, input.values) {
      sum.add(value, at: Double(time - first), isChange: value != previous)
      sums.append(sum)
      previous = value
    }
  }

  mutating func value(of window: borrowing SampleWindow, at index: Int) -> Double? {
    guard window.count > 1 else { return nil }
    let origin = self.origin.map { $0(index) } ?? window.time(0)
    let indices = window.indices
    guard !sums.isEmpty,
      let line = sums[indices.upperBound].line(
        since: sums[indices.lowerBound],
        first: window.value(0),
        isConstant: sums[indices.upperBound].changes == sums[indices.lowerBound + 1].changes,
        count: window.count,
        interceptAt: Double(firstTime - origin)
      )
    else { return compute(RegressionLine(window, interceptAt: origin), index) }
    return compute(line, index)
  }
}

/// The sums that the straight line nearest to samples depends on; times in milliseconds.
struct RegressionSums: Sendable {
  private var (x, y) = (CompensatedSum(), CompensatedSum())
  private var (xy, xx) = (CompensatedSum(), CompensatedSum())
  /// How many samples differ from the one before.
  private(set) var changes = 0

  mutating func add(_ value: Double, at time: Double, isChange: Bool) {
    x.add(time)
    y.add(value)
    xy.add(product: time, CompensatedSum(value))
    xx.add(product: time, CompensatedSum(time))
    if isChange { changes += 1 }
  }

  /// The line through the samples behind `earlier`, or nil when rounding would show.
  ///
  /// `distance` is from the time of the intercept to the time that these sums begin with.
  func line(
    since earlier: RegressionSums,
    first: Double,
    isConstant: Bool,
    count: Int,
    interceptAt distance: Double
  ) -> RegressionLine? {
    if isConstant {
      let isFinite = first.isFinite
      return RegressionLine(slope: isFinite ? 0 : .nan, intercept: isFinite ? first : .nan)
    }
    guard var x = x.difference(from: earlier.x), let y = y.difference(from: earlier.y),
      var xy = xy.difference(from: earlier.xy), var xx = xx.difference(from: earlier.xx)
    else { return nil }
    let number = Double(count)
    xx.add(product: 2 * distance, x)
    xx.add(product: number * distance, CompensatedSum(distance))
    xy.add(product: distance, y)
    x.add(product: distance, CompensatedSum(number))
    let (seconds, values) = (x.value / 1_000, y.value)
    let covariance = xy.value / 1_000 - seconds * values / number
    let variance = xx.value / 1_000_000 - seconds * seconds / number
    let slope = covariance / variance
    return RegressionLine(
      slope: slope,
      intercept: values / number - slope * seconds / number
    )
  }
}

/// `min_over_time` and `max_over_time`: only samples that may still win are kept.
struct SlidingExtreme: WindowFunction {
  private let isLeast: Bool
  /// The positions of the samples that no later one beats, best first.
  private var candidates: [Int] = []
  private var firstCandidate = 0
  private var seen = 0

  init(isLeast: Bool) { self.isLeast = isLeast }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {
    candidates.removeAll(keepingCapacity: true)
    firstCandidate = 0
    seen = 0
  }

  mutating func value(of window: borrowing SampleWindow, at index: Int) -> Double? {
    let indices = window.indices
    for position in Swift.max(seen, indices.lowerBound)..<indices.upperBound {
      let value = window.input.values[position]
      // NaN loses against any number.
      guard !value.isNaN else { continue }
      while candidates.count > firstCandidate {
        let last = window.input.values[candidates[candidates.count - 1]]
        guard isLeast ? value <= last : value >= last else { break }
        candidates.removeLast()
      }
      candidates.append(position)
    }
    seen = indices.upperBound
    while firstCandidate < candidates.count, candidates[firstCandidate] < indices.lowerBound {
      firstCandidate += 1
    }
    return firstCandidate < candidates.count
      ? window.input.values[candidates[firstCandidate]] : .nan
  }
}

extension Windows {
  /// Enough of a series' samples are in several windows that running sums are less work.
  fileprivate func overlap(_ input: RangeInput) -> Bool {
    guard ends.count > 1, ends.step * 4 <= length, let first = input.times.first,
      let last = input.times.last
    else { return false }
    let span = Swift.max(last - first, 1)
    // Below this many samples a window, they are added as Prometheus does, to the last bit.
    return Int64(input.values.count) * Swift.min(length, span) / span >= 48
  }
}

extension CompensatedSum {
  /// This sum less an earlier one of the same samples; nil when what is left is so small beside them
  /// that rounding would show.
  fileprivate func difference(from earlier: CompensatedSum) -> CompensatedSum? {
    var rest = self
    rest.add(-earlier.sum)
    rest.compensation -= earlier.compensation
    let left = rest.value.magnitude
    guard left.isFinite, left * 1e6 >= Swift.max(sum.magnitude, earlier.sum.magnitude) else {
      return nil
    }
    return rest
  }

  /// Adds a factor times a sum, with what rounding takes away of the product.
  fileprivate mutating func add(product factor: Double, _ other: CompensatedSum) {
    let product = factor * other.sum
    let rest = (-product).addingProduct(-factor, -other.sum)
    add(product)
    compensation += rest + factor * other.compensation
  }
}
