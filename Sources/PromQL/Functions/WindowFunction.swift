// SPDX-License-Identifier: MIT

/// Computes one number from each window of one series after the other.
protocol WindowFunction: Sendable {
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

/// A function that looks at each window by itself.
struct SingleWindowFunction: WindowFunction {
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

/// `rate` and `increase`: where a counter fell is looked for once for all windows.
struct CounterFunction: WindowFunction {
  let perSecond: Bool
  /// The positions of samples that are lower than the one before.
  private var resets: [Int] = []
  /// The first of them that no later window lies behind.
  private var nextReset = 0

  init(perSecond: Bool) { self.perSecond = perSecond }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {
    resets.removeAll(keepingCapacity: true)
    nextReset = 0
    let values = input.values
    guard values.hasFall else { return }
    for position in values.indices.dropFirst() where values[position] < values[position - 1] {
      resets.append(position)
    }
  }

  mutating func value(of window: borrowing SampleWindow, at index: Int) -> Double? {
    guard window.count > 1 else { return nil }
    var rise = window.value(window.count - 1) - window.value(0)
    let indices = window.indices
    while nextReset < resets.count, resets[nextReset] <= indices.lowerBound { nextReset += 1 }
    var place = nextReset
    while place < resets.count, resets[place] < indices.upperBound {
      rise += window.value(resets[place] - 1 - indices.lowerBound)
      place += 1
    }
    return window.extrapolated(rise, isCounter: true, perSecond: perSecond)
  }
}

extension [Double] {
  /// Whether a value is lower than the one before; looks at all without a branch.
  fileprivate var hasFall: Bool {
    withUnsafeBufferPointer { values in
      var falls: UInt64 = 0
      for position in 1..<Swift.max(values.count, 1) {
        falls |= values[position] < values[position - 1] ? 1 : 0
      }
      return falls != 0
    }
  }
}

/// `changes` and `resets`: neighbours that satisfy a condition are counted once for all windows.
struct NeighbourCount: WindowFunction {
  private let isCounted: @Sendable (Double, Double) -> Bool
  /// How many of the samples up to each position are counted.
  private var counts: [Int32] = []

  /// Counts the samples for which `isCounted`, given the one before and the sample itself, holds.
  init(_ isCounted: @escaping @Sendable (Double, Double) -> Bool) { self.isCounted = isCounted }

  mutating func prepare(_ input: RangeInput, _ windows: Windows) {
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

  mutating func value(of window: borrowing SampleWindow, at index: Int) -> Double? {
    Double(counts[window.indices.upperBound - 1] - counts[window.indices.lowerBound])
  }
}

/// `quantile_over_time`: the samples of a window stay sorted while some come and others go.
struct SlidingQuantile: WindowFunction {
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
      Self.sort(window.input.values[held.lowerBound..<wanted.lowerBound], into: &leaving)
      Self.sort(window.input.values[held.upperBound..<wanted.upperBound], into: &entering)
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
