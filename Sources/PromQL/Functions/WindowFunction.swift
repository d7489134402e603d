// SPDX-License-Identifier: MIT

/// Computes one number from each window of one series after the other.
protocol WindowFunction: Sendable {
  /// Writes the numbers of all windows of a series to their places; where there is none, the place
  /// stays as it is.
  ///
  /// - Returns: Whether there is any.
  mutating func fill(
    _ numbers: inout [Double],
    _ input: RangeInput,
    _ plan: WindowPlan,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Bool
}

/// A window function that goes from window to window.
protocol SteppedFunction: WindowFunction {
  /// Looks at a series before its windows are asked for, in order.
  mutating func prepare(_ input: RangeInput, _ windows: Windows)

  /// The number of a window that has at least one sample, or nil when it has too few.
  ///
  /// `index` is the position of the evaluation time in the grid.
  mutating func value(
    of window: borrowing SampleWindow,
    at index: Int
  ) throws(QueryError) -> Double?
}

extension SteppedFunction {
  mutating func fill(
    _ numbers: inout [Double],
    _ input: RangeInput,
    _ plan: WindowPlan,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Bool {
    prepare(input, plan.windows)
    var window = SampleWindow(input, plan)
    var isPresent = false
    for index in 0..<plan.count {
      window.move(to: index)
      try meter.work(window.count)
      guard window.count > 0, let value = try value(of: window, at: index) else { continue }
      numbers[index] = value
      isPresent = true
    }
    return isPresent
  }
}

/// A function that looks at each window by itself.
struct SingleWindowFunction: SteppedFunction {
  typealias Compute = @Sendable (borrowing SampleWindow, Int) throws(QueryError) -> Double?

  let compute: Compute

  init(_ compute: @escaping Compute) { self.compute = compute }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {}

  mutating func value(
    of window: borrowing SampleWindow,
    at index: Int
  ) throws(QueryError) -> Double? {
    try compute(window, index)
  }
}

/// `changes` and `resets`: neighbours that satisfy a condition are counted once for all windows.
struct NeighbourCount: WindowFunction {
  private let isCounted: @Sendable (Double, Double) -> Bool
  /// How many of the samples up to each position are counted.
  private var counts: [Int32] = []

  /// Counts the samples for which `isCounted`, given the one before and the sample itself, holds.
  init(_ isCounted: @escaping @Sendable (Double, Double) -> Bool) { self.isCounted = isCounted }

  private mutating func count(_ input: RangeInput) {
    counts.removeAll(keepingCapacity: true)
    counts.reserveCapacity(input.values.count)
    var count: Int32 = 0
    var previous = input.values[0]
    for value in input.values {
      // Most series stand still most of the time: equal bits are no change and no fall.
      if value.bitPattern != previous.bitPattern, isCounted(previous, value) { count += 1 }
      counts.append(count)
      previous = value
    }
  }

  mutating func fill(
    _ numbers: inout [Double],
    _ input: RangeInput,
    _ plan: WindowPlan,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Bool {
    count(input)
    try meter.work(plan.count)
    var isPresent = false
    for (index, bounds) in plan.bounds.enumerated() where !bounds.isEmpty {
      numbers[index] = Double(counts[Int(bounds.upperBound) - 1] - counts[Int(bounds.lowerBound)])
      isPresent = true
    }
    return isPresent
  }
}

/// `quantile_over_time`: the samples of a window stay sorted while some come and others go.
struct SlidingQuantile: SteppedFunction {
  private let quantiles: [Double]
  /// NaN has no place among numbers that are compared: such a series is sorted anew for each window.
  private var hasNaN = false
  private var sorted: [Double] = []
  private var spare: [Double] = []
  private var leaving: [Double] = []
  private var entering: [Double] = []
  private var held = 0..<0

  /// One quantile for each evaluation time.
  init(_ quantiles: [Double]) { self.quantiles = quantiles }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {
    sorted.removeAll(keepingCapacity: true)
    held = 0..<0
    hasNaN = input.values.contains(where: \.isNaN)
  }

  mutating func value(of window: borrowing SampleWindow, at index: Int) -> Double? {
    guard !hasNaN else { return Quantile.value(quantiles[index], of: Array(window.values)) }
    let wanted = window.indices
    if held.upperBound <= wanted.lowerBound {
      sorted.removeAll(keepingCapacity: true)
      sorted.append(contentsOf: window.values)
      sorted.sort()
    } else {
      Self.sort(window.allValues[held.lowerBound..<wanted.lowerBound], into: &leaving)
      Self.sort(window.allValues[held.upperBound..<wanted.upperBound], into: &entering)
      merge()
    }
    held = wanted
    return Quantile.value(quantiles[index], ofSorted: sorted)
  }

  private static func sort(_ values: ArraySlice<Double>, into list: inout [Double]) {
    list.removeAll(keepingCapacity: true)
    list.append(contentsOf: values)
    list.sort()
  }

  /// Walks three sorted lists side by side.
  private mutating func merge() {
    spare.removeAll(keepingCapacity: true)
    var (left, entered) = (0, 0)
    for value in sorted {
      if left < leaving.count, leaving[left] <= value {
        left += 1
        continue
      }
      while entered < entering.count, entering[entered] < value {
        spare.append(entering[entered])
        entered += 1
      }
      spare.append(value)
    }
    spare.append(contentsOf: entering[entered...])
    swap(&sorted, &spare)
  }
}
