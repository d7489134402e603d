// SPDX-License-Identifier: MIT

/// The cumulative buckets of one histogram at one time.
struct ClassicHistogram {
  struct Bucket {
    let upperBound: Double
    var count: Double
  }

  /// How far counts were off that should never fall from one bucket to the next.
  struct Repair {
    let lowestBound: Double
    let highestBound: Double
    let largestDifference: Double
  }

  /// Sorted by bound, no bound twice.
  private var buckets: [Bucket]
  /// What had to be raised, or nil when the counts were in order.
  private(set) var repair: Repair?

  init(_ unsorted: [Bucket]) {
    buckets = []
    for bucket in unsorted.sorted(by: { $0.upperBound < $1.upperBound }) {
      if let last = buckets.last, last.upperBound == bucket.upperBound {
        buckets[buckets.count - 1].count += bucket.count
      } else {
        buckets.append(bucket)
      }
    }
  }

  /// The value below which this share of the observations lies.
  mutating func quantile(_ quantile: Double) -> Double {
    if quantile.isNaN { return .nan }
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    guard let highest = buckets.last, highest.upperBound == .infinity else { return .nan }
    makeMonotonic()
    guard buckets.count > 1 else { return .nan }
    let total = buckets[buckets.count - 1].count
    guard total != 0, !total.isNaN else { return .nan }
    let rank = quantile * total
    let last = buckets.count - 1
    let place = buckets[..<last].firstIndex { $0.count >= rank } ?? last
    if place == last { return buckets[last - 1].upperBound }
    let bound = buckets[place].upperBound
    if place == 0 {
      guard bound > 0 else { return bound }
      return bound * (rank / buckets[0].count)
    }
    let below = buckets[place - 1]
    let inside = buckets[place].count - below.count
    return below.upperBound + (bound - below.upperBound) * ((rank - below.count) / inside)
  }

  /// Raises counts that are lower than one before them: rates of buckets may be off by a little.
  private mutating func makeMonotonic() {
    guard var highest = buckets.first?.count else { return }
    var found: (low: Double, high: Double, difference: Double)?
    for index in buckets.indices.dropFirst() {
      let count = buckets[index].count
      if count == highest { continue }
      if Self.isNearlyEqual(count, highest) {
        buckets[index].count = highest
      } else if count < highest {
        let bound = buckets[index].upperBound
        let difference = Swift.max(found?.difference ?? 0, highest - count)
        found = (Swift.min(found?.low ?? bound, bound), bound, difference)
        buckets[index].count = highest
      } else {
        highest = count
      }
    }
    repair = found.map {
      Repair(lowestBound: $0.low, highestBound: $0.high, largestDifference: $0.difference)
    }
  }

  private static func isNearlyEqual(_ left: Double, _ right: Double) -> Bool {
    guard left.isFinite, right.isFinite else { return false }
    let difference = (left - right).magnitude
    let sum = left.magnitude + right.magnitude
    if left == 0 || right == 0 || sum < .leastNormalMagnitude {
      return difference < 1e-12 * .leastNormalMagnitude
    }
    return difference / Swift.min(sum, .greatestFiniteMagnitude) < 1e-12
  }

  /// The share of the observations between two values.
  func fraction(from lower: Double, to upper: Double) -> Double {
    guard let highest = buckets.last, highest.upperBound == .infinity else { return .nan }
    guard highest.count != 0, !highest.count.isNaN, !lower.isNaN, !upper.isNaN else { return .nan }
    guard lower < upper else { return 0 }
    return (rank(of: upper) - rank(of: lower)) / highest.count
  }

  /// How many observations lie below a value, by a straight line within its bucket.
  private func rank(of value: Double) -> Double {
    var lowerBound = (buckets.first?.upperBound ?? 0) > 0 ? 0 : -Double.infinity
    var lowerCount = 0.0
    for bucket in buckets {
      if value <= lowerBound { return lowerCount }
      if value < bucket.upperBound {
        // Nothing is known of how a bucket without an end is filled.
        if lowerBound == -.infinity { return bucket.count }
        if bucket.upperBound == .infinity { return lowerCount }
        let share = (value - lowerBound) / (bucket.upperBound - lowerBound)
        return lowerCount + (bucket.count - lowerCount) * share
      }
      lowerBound = bucket.upperBound
      lowerCount = bucket.count
    }
    return lowerCount
  }
}
