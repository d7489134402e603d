// SPDX-License-Identifier: MIT

/// What is known of one group at one time.
protocol AggregateState {
  /// How many samples were added.
  var count: Int { get }
  /// The group's value once a sample was added.
  var value: Double { get }
  mutating func add(_ new: Double)
}

extension CompensatedMean: AggregateState {}

struct SumState: AggregateState {
  private(set) var count = 0
  private var sum = CompensatedSum()

  var value: Double { sum.value }

  mutating func add(_ new: Double) {
    count += 1
    if count == 1 { sum = CompensatedSum(new) } else { sum.add(new) }
  }
}

struct CountState: AggregateState {
  private(set) var count = 0

  var value: Double { Double(count) }

  mutating func add(_ new: Double) { count += 1 }
}

struct PresenceState: AggregateState {
  private(set) var count = 0

  var value: Double { 1 }

  mutating func add(_ new: Double) { count = 1 }
}

struct LeastState: AggregateState {
  private(set) var count = 0
  private(set) var value = 0.0

  mutating func add(_ new: Double) {
    // NaN loses against any number.
    if count == 0 || new < value || value.isNaN { value = new }
    count += 1
  }
}

struct GreatestState: AggregateState {
  private(set) var count = 0
  private(set) var value = 0.0

  mutating func add(_ new: Double) {
    if count == 0 || new > value || value.isNaN { value = new }
    count += 1
  }
}

/// The population variance by Welford's method, or its root.
struct VarianceState: AggregateState {
  let takesRoot: Bool
  private(set) var count = 0
  private var mean = 0.0
  private var squares = 0.0

  init(takesRoot: Bool) { self.takesRoot = takesRoot }

  var value: Double {
    let variance = squares / Double(count)
    return takesRoot ? variance.squareRoot() : variance
  }

  mutating func add(_ new: Double) {
    count += 1
    if count == 1 {
      mean = new
      squares = new.isFinite ? 0 : .nan
    } else {
      let difference = new - mean
      mean += difference / Double(count)
      squares += difference * (new - mean)
    }
  }
}
