// SPDX-License-Identifier: MIT

/// `sum_over_time` and `avg_over_time` of windows that overlap: the sum of a window is the difference
/// of two sums over all samples so far.
struct RunningSum: SteppedFunction {
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
    guard let sum = sum(of: window.indices) else {
      return isMean ? window.mean : window.sum.total
    }
    return isMean ? sum.mean(of: window.count) : sum.value
  }

  /// The sum of some samples; nil when it is not known well enough.
  private func sum(of indices: Range<Int>) -> CompensatedSum? {
    sums.isEmpty ? nil : sums[indices.upperBound].difference(from: sums[indices.lowerBound])
  }
}

/// `min_over_time` and `max_over_time`: only samples that may still win are kept.
struct SlidingExtreme: SteppedFunction {
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
      let value = window.allValues[position]
      // NaN loses against any number.
      guard !value.isNaN else { continue }
      while candidates.count > firstCandidate {
        let last = window.allValues[candidates[candidates.count - 1]]
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
      ? window.allValues[candidates[firstCandidate]] : .nan
  }
}

extension Windows {
  /// Enough of a series' samples are in several windows that running sums are less work.
  func overlap(_ input: RangeInput) -> Bool {
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
  func difference(from earlier: CompensatedSum) -> CompensatedSum? {
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
  mutating func add(product factor: Double, _ other: CompensatedSum) {
    let product = factor * other.sum
    let rest = (-product).addingProduct(-factor, -other.sum)
    add(product)
    compensation += rest + factor * other.compensation
  }
}
