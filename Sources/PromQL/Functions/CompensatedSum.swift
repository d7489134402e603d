// SPDX-License-Identifier: MIT

/// A sum that keeps what rounding takes away: 1e100 + 1 - 1e100 is 1.
///
/// Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen".
struct CompensatedSum: Sendable {
  private(set) var sum: Double
  var compensation: Double

  init(_ sum: Double = 0, compensation: Double = 0) {
    self.sum = sum
    self.compensation = compensation
  }

  mutating func add(_ value: Double) {
    let total = sum + value
    if total.isInfinite {
      compensation = 0
    } else if sum.magnitude >= value.magnitude {
      compensation += (sum - total) + value
    } else {
      compensation += (value - total) + sum
    }
    sum = total
  }

  var value: Double { sum + compensation }

  /// The value, where an overflow stays one.
  var total: Double { sum.isInfinite ? sum : value }

  /// The mean of so many values that were added.
  func mean(of count: Int) -> Double {
    sum / Double(count) + compensation / Double(count)
  }
}

/// A mean of values that come one by one.
///
/// It is the sum divided by the count, until the sum overflows: then it goes on as a running mean.
struct CompensatedMean {
  private(set) var count = 0
  private var sum = CompensatedSum()
  private var isRunning = false

  mutating func add(_ value: Double) {
    count += 1
    guard count > 1 else {
      sum = CompensatedSum(value)
      return
    }
    if !isRunning {
      var next = sum
      next.add(value)
      if !next.sum.isInfinite {
        sum = next
        return
      }
      let former = Double(count - 1)
      sum = CompensatedSum(sum.sum / former, compensation: sum.compensation / former)
      isRunning = true
    }
    let share = Double(count - 1) / Double(count)
    sum = CompensatedSum(share * sum.sum, compensation: share * sum.compensation)
    sum.add(value / Double(count))
  }

  /// The mean; NaN of nothing.
  var value: Double {
    guard !isRunning else { return sum.value }
    return sum.mean(of: count)
  }
}

/// The rank of a quantile among values.
enum Quantile {
  /// The quantile of `values` by linear interpolation; NaN of nothing, infinite outside of 0...1.
  static func value(_ quantile: Double, of values: [Double]) -> Double {
    Self.value(quantile, ofSorted: values.sorted(by: precedes))
  }

  /// The order of the values that quantiles are taken of: NaN first.
  static func precedes(_ left: Double, _ right: Double) -> Bool {
    left < right || left.isNaN && !right.isNaN
  }

  /// The quantile of values in order.
  static func value(_ quantile: Double, ofSorted sorted: [Double]) -> Double {
    guard !sorted.isEmpty, !quantile.isNaN else { return .nan }
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    let rank = quantile * Double(sorted.count - 1)
    let lower = Swift.max(0, Int(rank.rounded(.down)))
    let upper = Swift.min(sorted.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return sorted[lower] * (1 - weight) + sorted[upper] * weight
  }
}
