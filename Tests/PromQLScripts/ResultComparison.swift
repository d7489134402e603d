// SPDX-License-Identifier: MIT
import MetricModel

/// Compares results with what scripts expect.
enum ResultComparison {
  /// What is different; nothing when the results are the same.
  static func faults(
    _ got: [SeriesLine],
    _ want: [SeriesLine],
    isOrdered: Bool
  ) -> [String] {
    let trimmed = want.map { SeriesLine(labels: $0.labels, values: $0.values.withoutTail) }
      .filter { !$0.values.isEmpty }
    let order = { (lines: [SeriesLine]) in
      isOrdered ? lines : lines.sorted { $0.labels < $1.labels }
    }
    let (left, right) = (order(got), order(trimmed))
    guard left.map(\.labels) == right.map(\.labels) else {
      return ["got \(left.map(\.labels)), want \(right.map(\.labels))"]
    }
    for (one, other) in zip(left, right) {
      let values = one.values.withoutTail
      guard values.count == other.values.count else {
        return ["\(one.labels): got \(values), want \(other.values)"]
      }
      for (value, wanted) in zip(values, other.values) {
        let isSame =
          switch (value, wanted) {
          case (nil, nil): true
          case (let value?, let wanted?): value.isAlmost(wanted)
          default: false
          }
        if !isSame { return ["\(one.labels): got \(values), want \(other.values)"] }
      }
    }
    return []
  }
}

extension Double {
  /// Equal but for rounding, as the scripts compare.
  func isAlmost(_ other: Double) -> Bool {
    if isStalenessMarker || other.isStalenessMarker { return false }
    if isNaN || other.isNaN { return isNaN && other.isNaN }
    if self == other { return true }
    let difference = (self - other).magnitude
    let sum = magnitude + other.magnitude
    if self == 0 || other == 0 || sum < .leastNormalMagnitude {
      return difference < 1e-6 * .leastNormalMagnitude
    }
    return difference / Swift.min(sum, .greatestFiniteMagnitude) < 1e-6
  }
}
