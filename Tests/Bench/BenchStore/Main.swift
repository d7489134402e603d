// SPDX-License-Identifier: MIT
//
// What the store costs by itself, for `make bench`: how fast samples are decoded, and how a store
// behaves over 400 days that pass at speed.
//
// Usage: BenchStore FOLDER
import MetricModel
import PromQL
import SeriesStore
import Synchronization

@main
enum Main {
  static func main() async throws {
    let folder = CommandLine.arguments.dropFirst().first ?? "."
    try await DecodeBench(path: folder + "/decode.sqlite").run()
    try await YearBench(path: folder + "/year.sqlite").run()
  }
}

/// A clock that a bench moves.
final class BenchClock: TimeSource {
  private let time = Mutex(Timestamp(unixMilliseconds: 1_700_006_400_000))

  var now: Timestamp { time.withLock { $0 } }

  func move(to instant: Timestamp) { time.withLock { $0 = instant } }
}

/// The n-th of a row of numbers that look random, the same in each run.
func scattered(_ place: UInt64, _ series: UInt64) -> UInt64 {
  var state = (place &+ 1) &* 0x9e37_79b9_7f4a_7c15 ^ (series &+ 1) &* 0xbf58_476d_1ce4_e5b9
  state = (state ^ state >> 31) &* 0x94d0_49bb_1331_11eb
  return state ^ state >> 29
}

/// What the values of a series are like.
enum BenchKind: String, CaseIterable {
  case constant
  case steps
  case counter
  case noise

  /// Of ten series six are constant, two change now and then, one is a counter, one is noise.
  init(ofSeries number: Int) {
    switch number % 10 {
    case 0..<6: self = .constant
    case 6, 7: self = .steps
    case 8: self = .counter
    default: self = .noise
    }
  }
}

/// The value of a series at a tick; half of the noise goes to the last bit.
func benchValue(_ series: Int, _ tick: Int) -> Double {
  let number = UInt64(series)
  switch BenchKind(ofSeries: series) {
  case .constant: return Double(scattered(0, number) % 100_000) * 1_024
  case .steps: return Double(scattered(UInt64(tick) / 8, number) % 64)
  case .counter: return Double(200 * tick) + Double(scattered(UInt64(tick), number) % 200)
  case .noise:
    let noise = scattered(UInt64(tick), number)
    if series % 20 == 9 { return Double(noise >> 11) * 0x1p-53 }
    return Double(350 + noise % 250) / 10
  }
}

/// Times of a run, from the shortest to the longest.
struct Durations {
  private var sorted: [Duration]

  init(_ durations: [Duration]) {
    sorted = durations.sorted()
  }

  /// The time that so many in a thousand do not exceed, in milliseconds.
  func milliseconds(perMille: Int) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count * perMille / 1_000, sorted.count - 1)].inSeconds * 1_000
  }
}

/// A number with so many digits behind the point.
func text(_ value: Double, _ digits: Int = 1) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  return "\((value * scale).rounded() / scale)"
}
