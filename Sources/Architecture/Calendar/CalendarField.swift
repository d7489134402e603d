// SPDX-License-Identifier: MIT

/// The values that one part of a calendar event allows; never all of its range.
struct CalendarField: Hashable, Sendable {
  /// Rising, at least one.
  let values: [Int]

  /// Nil when `values` are all of `range`, which is no condition.
  init?(_ values: Set<Int>, of range: ClosedRange<Int>) {
    if values.count >= range.count { return nil }
    self.values = values.sorted()
  }

  func contains(_ value: Int) -> Bool {
    values.contains(value)
  }

  /// The shortest spelling: a step, or ranges and single values.
  func text(of range: ClosedRange<Int>, _ number: (Int) -> String) -> String {
    guard let step = stepToEnd(of: range) else { return text(number) }
    return "\(values[0] == range.lowerBound ? "*" : number(values[0]))/\(step)"
  }

  /// The shortest spelling without steps.
  func text(_ number: (Int) -> String) -> String {
    runs.map { run in
      switch run.count {
      case 1: number(run.lowerBound)
      case 2: "\(number(run.lowerBound)),\(number(run.upperBound))"
      default: "\(number(run.lowerBound))..\(number(run.upperBound))"
      }
    }.joined(separator: ",")
  }

  /// The distance of neighbours, when it is always the same, at least 2, and the next value would
  /// be out of range.
  private func stepToEnd(of range: ClosedRange<Int>) -> Int? {
    guard values.count >= 3 else { return nil }
    let step = values[1] - values[0]
    let isEven = zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step }
    return isEven && step >= 2 && values[values.count - 1] + step > range.upperBound ? step : nil
  }

  private var runs: [ClosedRange<Int>] {
    var runs: [ClosedRange<Int>] = []
    for value in values {
      if let last = runs.last, last.upperBound + 1 == value {
        runs[runs.count - 1] = last.lowerBound...value
      } else {
        runs.append(value...value)
      }
    }
    return runs
  }
}
