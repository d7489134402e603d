// SPDX-License-Identifier: MIT
package import MetricModel

/// What the SIGKILL test writes: every sample follows from its tick, so that reader and writer agree
/// without talking.
package enum CrashPlan {
  /// One sample of the plan.
  package struct PlannedSample: Sendable {
    /// The position of its series.
    package let series: Int
    /// Its time.
    package let timestamp: Timestamp
    /// Its value.
    package let value: Double
  }

  /// How many series there are.
  package static let seriesCount = 7
  /// The distance of two ticks.
  private static let tickMilliseconds: Int64 = 15_000

  /// The time of a tick.
  package static func timestamp(ofTick tick: Int64) -> Timestamp {
    Timestamp(unixMilliseconds: 1_700_000_000_000 + tick * tickMilliseconds)
  }

  /// What identifies a series.
  package static func labels(of series: Int) -> LabelSet {
    LabelSet(metric: "crash", ["series": "\(series)"])
  }

  /// The samples that a tick writes: one a series, and some that come a few ticks late.
  package static func samples(ofTick tick: Int64) -> [PlannedSample] {
    var samples = (0..<seriesCount).map { series in
      PlannedSample(
        series: series,
        timestamp: timestamp(ofTick: tick),
        value: value(series, tick, isLate: false)
      )
    }
    if tick.isMultiple(of: 3) {
      // Between two ticks of the last minutes: before and after the newest closed chunk.
      let series = Int(tick / 3) % seriesCount
      let time = timestamp(ofTick: tick - tick % 20 - 1).unixMilliseconds + tick % 7_000 + 1
      let late = Timestamp(unixMilliseconds: time)
      samples.append(
        PlannedSample(series: series, timestamp: late, value: value(series, tick, isLate: true))
      )
    }
    return samples
  }

  private static func value(_ series: Int, _ tick: Int64, isLate: Bool) -> Double {
    let number = UInt64(series) << 40 ^ UInt64(tick) << 1 ^ (isLate ? 1 : 0)
    var random = SeededRandom(seed: number)
    // All bit patterns, NaN among them, and staleness markers.
    return tick % 50 == 0 ? .stalenessMarker : Double(bitPattern: random.next())
  }
}
