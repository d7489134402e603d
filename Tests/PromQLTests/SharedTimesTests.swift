// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import PromQLScripts
import TestSupport
import Testing

/// Series that share their times are windowed once for all: that must not be seen in any result.
@Suite struct SharedTimesTests {
  private struct Line {
    let labels: LabelSet
    let times: [Int64]
    let values: [Double]
  }

  /// Hands out series in blocks of shared times, as a store does.
  private struct SharedSeries: SeriesReading {
    let lines: [Line]

    struct Cursor: SeriesCursor {
      let line: Line
      var blocks: [Range<Int>]
      var labels: LabelSet { line.labels }

      mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
        run.removeAll()
        guard !blocks.isEmpty else { return false }
        let rows = blocks.removeFirst()
        run.unixMilliseconds = Array(line.times[rows])
        run.values = Array(line.values[rows])
        return true
      }

      mutating func next(appendingTo columns: inout SampleColumns) throws(StoreError) -> Bool {
        guard !blocks.isEmpty else { return false }
        let rows = blocks.removeFirst()
        columns.append(times: line.times, rows: rows) { $0 += line.values[rows] }
        return true
      }
    }

    func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
      let range = selection.range
      return lines.compactMap { line in
        let start = line.times.firstIndex { $0 >= range.lowerBound.unixMilliseconds }
        let end = line.times.lastIndex { $0 <= range.upperBound.unixMilliseconds }
        guard let start, let end, start <= end else { return nil }
        let middle = min(max(start, 40), end + 1)
        let blocks = [start..<middle, middle..<end + 1].filter { !$0.isEmpty }
        return Cursor(line: line, blocks: blocks)
      }
    }

    func labelSets(
      matching matchers: [LabelMatcher],
      in range: ClosedRange<Timestamp>
    ) throws(StoreError) -> [LabelSet] { lines.map(\.labels) }
  }

  /// Groups of series of every kind: steady, with gaps, irregular; counters that fall, noise, constants,
  /// staleness markers.
  private static func lines(seed: UInt64) -> [Line] {
    var random = SeededRandom(seed: seed)
    var lines: [Line] = []
    for group in 0..<4 {
      var times: [Int64] = []
      var now: Int64 = Int64.random(in: 0..<15_000, using: &random)
      for _ in 0..<120 {
        times.append(now)
        let isGap = group == 1 && Int.random(in: 0..<20, using: &random) == 0
        now += group == 2 ? Int64.random(in: 1...40_000, using: &random) : isGap ? 400_000 : 15_000
      }
      for member in 0..<5 {
        var value = Double(Int.random(in: 0..<50, using: &random))
        let values = times.map { _ -> Double in
          switch member {
          case 0: break
          case 1: value += Double(Int.random(in: 0..<9, using: &random))
          case 2: value = .random(in: 0..<8, using: &random) < 1 ? 0 : value + 3.25
          case 3: value = Double.random(in: -5...5, using: &random)
          default:
            return .random(in: 0..<9, using: &random) < 1 ? .stalenessMarker : value + 1
          }
          return value
        }
        let labels = LabelSet(metric: "m_total", ["g": "\(group)", "n": "\(member)"])
        lines.append(Line(labels: labels, times: times, values: values))
      }
    }
    return lines
  }

  private static func bits(_ result: QueryResult) -> [String] {
    switch result.value {
    case .matrix(let series):
      series.map { "\($0.labels) \($0.samples.map { ($0.timestamp, $0.value.bitPattern) })" }
    case .vector(let samples): samples.map { "\($0.labels) \($0.value.bitPattern)" }
    default: ["\(result.value)"]
    }
  }

  @Test(arguments: [
    "rate(m_total[2m])", "increase(m_total[61s])", "delta(m_total[5m])", "changes(m_total[3m])",
    "resets(m_total[20m])", "deriv(m_total[20m])", "predict_linear(m_total[20m], 60)",
    "avg_over_time(m_total[20m])", "sum_over_time(m_total[1m])", "min_over_time(m_total[3m])",
    "quantile_over_time(0.9, m_total[4m])", "stddev_over_time(m_total[2m])", "irate(m_total[1m])",
    "max_over_time(rate(m_total[2m])[5m:10s])", "sum by (g) (rate(m_total[2m]))", "m_total",
    "m_total offset 30s", "count by (n) (m_total)", "last_over_time(m_total[1m] @ 900)",
  ])
  func `results are the same to the last bit`(text: String) throws {
    let expression = try PromQLParser.parse(text)
    for seed in UInt64(1)...4 {
      let lines = Self.lines(seed: seed)
      var alone = MemorySeries()
      for line in lines {
        let samples = zip(line.times, line.values)
          .map { Sample(Timestamp(unixMilliseconds: $0), $1) }
        alone.append(line.labels, samples)
      }
      for threads in [1, 2] {
        let engine = QueryEngine(threads: threads)
        for step in [Duration.seconds(7), .seconds(60)] {
          let (start, end) = (Timestamp(unixSeconds: 100), Timestamp(unixSeconds: 1_900))
          let shared = try engine.range(
            expression,
            from: start,
            through: end,
            step: step,
            reading: SharedSeries(lines: lines)
          )
          let apart = try engine.range(
            expression,
            from: start,
            through: end,
            step: step,
            reading: alone
          )
          let isSame = Self.bits(shared) == Self.bits(apart)
          #expect(isSame && !Self.bits(apart).isEmpty, "\(text), seed \(seed)")
        }
      }
    }
  }
}
