// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport

/// The samples that Prometheus and hvsmon both get.
///
/// What the two versions of PromQL do differently is kept out of the data: each sample lies 3 ms
/// behind a whole second, so that none is on the edge of a window; values are multiples of 1/64, so
/// that sums are exact with and without compensation; counters stay so far above zero that no rate
/// is cut there.
struct QueryData {
  struct Line {
    let labels: [(String, String)]
    let samples: [(value: Double, milliseconds: Int64)]
  }

  /// The distance of two samples of a series.
  static let stepMilliseconds: Int64 = 15_000
  static let steps = 220

  /// The first second, a whole minute; samples lie behind it.
  let startMilliseconds: Int64
  let lines: [Line]

  init(startMilliseconds: Int64, seed: UInt64) {
    self.startMilliseconds = startMilliseconds
    var random = SeededRandom(seed: seed)
    var lines: [Line] = []
    func add(_ labels: [(String, String)], _ value: (Int) -> Double?) {
      var samples: [(Double, Int64)] = []
      for step in 0..<Self.steps {
        guard let value = value(step) else { continue }
        samples.append((value, startMilliseconds + Int64(step) * Self.stepMilliseconds + 3))
      }
      lines.append(Line(labels: labels, samples: samples))
    }
    var serial = 0.0
    for job in ["api", "db", "web"] {
      add([("__name__", "limits"), ("job", job)]) { _ in Double(job.utf8.count) * 50 + 0.5 }
      let columns = Self.buckets(&random)
      for (place, bound) in ["0.1", "0.5", "1", "2.5", "+Inf"].enumerated() {
        add([("__name__", "latency_bucket"), ("job", job), ("le", bound)]) { columns[place][$0] }
      }
      for instance in ["1", "2"] {
        let place = [("job", job), ("instance", instance)]
        serial += 1
        let own = serial / 64
        var heat = Double(Int.random(in: 20...60, using: &random))
        add([("__name__", "temperature")] + place) { _ in
          heat += Double(Int.random(in: -3...3, using: &random))
          return heat + own
        }
        add([("__name__", "flags")] + place) { step in
          if job == "db", step % 40 == 7 { return .nan }
          if job == "web", step % 70 == 9 { return .infinity }
          return Double(Int.random(in: -1...3, using: &random))
        }
        add([("__name__", "sparse")] + place) { step in
          if step % 90 == 50 { return .stalenessMarker }
          if (51...60).contains(step % 90) || (20...48).contains(step % 110) { return nil }
          return Int.random(in: 0..<4, using: &random) == 0
            ? nil : Double(Int.random(in: 1...500, using: &random)) / 4 + own
        }
        for code in ["200", "404", "500"] {
          var count = 5_000_000.0 + Double(Int.random(in: 0...99_999, using: &random))
          add([("__name__", "requests_total")] + place + [("code", code)]) { step in
            if code == "500", instance == "2", step % 60 == 33 { return nil }
            if code == "404", step % 97 == 55 { count = 1_000_000 + own }
            count += Double(Int.random(in: 0...90, using: &random))
            return count
          }
        }
      }
    }
    self.lines = lines
  }

  /// The counts of five buckets at each step, the lower ones counted in.
  private static func buckets(_ random: inout SeededRandom) -> [[Double]] {
    var counts = Array(repeating: 0.0, count: 5)
    let growth = (0..<5).map { _ in Double(Int.random(in: 1...40, using: &random)) }
    var columns = Array(repeating: [Double](), count: 5)
    for _ in 0..<steps {
      var total = 0.0
      for place in 0..<5 {
        counts[place] += growth[place]
        total += counts[place]
        columns[place].append(1_000_000 + total)
      }
    }
    return columns
  }

  /// Remote write requests that carry everything in the order of time.
  var writeRequests: [[UInt8]] {
    let stepsEach = 40
    return stride(from: 0, to: Self.steps, by: stepsEach).map { first in
      let begin = startMilliseconds + Int64(first) * Self.stepMilliseconds
      let end = begin + Int64(stepsEach) * Self.stepMilliseconds
      var request = WriteRequests()
      for line in lines {
        let samples = line.samples.filter { $0.milliseconds >= begin && $0.milliseconds < end }
        let sorted = line.labels.sorted { $0.0 < $1.0 }
        if !samples.isEmpty { request.add(sorted, samples.map { ($0.value, $0.milliseconds) }) }
      }
      return request.bytes
    }
  }
}
