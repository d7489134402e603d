// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct SampleColumnsTests {
  private let shared: [Int64] = [10, 20, 30, 40]

  private func fill(_ columns: inout SampleColumns, _ parts: [([Int64], Range<Int>)]) {
    columns.removeAll()
    for (times, rows) in parts {
      columns.append(times: times, rows: rows) { $0 += rows.map { Double(times[$0]) / 2 } }
    }
    columns.finish()
  }

  @Test func `series with the same times keep them and their version`() {
    var columns = SampleColumns()
    fill(&columns, [(shared, 1..<4)])
    let version = columns.timesVersion
    fill(&columns, [(shared, 1..<4)])
    #expect(columns.times == [20, 30, 40])
    #expect(columns.values == [10, 15, 20])
    #expect(columns.timesVersion == version)
  }

  @Test func `a shorter series drops the times of the one before`() {
    var columns = SampleColumns()
    let later: [Int64] = [50, 60]
    fill(&columns, [(shared, 0..<4), (later, 0..<2)])
    let version = columns.timesVersion
    fill(&columns, [(shared, 0..<4)])
    #expect(columns.times == shared)
    #expect(columns.timesVersion != version)
    fill(&columns, [(shared, 0..<4), (later, 0..<2)])
    #expect(columns.times == [10, 20, 30, 40, 50, 60])
    fill(&columns, [])
    #expect(columns.times == [] && columns.count == 0)
  }

  @Test func `other times at the same places are taken over`() {
    var columns = SampleColumns()
    fill(&columns, [(shared, 0..<4)])
    let version = columns.timesVersion
    let others: [Int64] = [10, 20, 30, 41]
    fill(&columns, [(others, 0..<4)])
    #expect(columns.times == others)
    #expect(columns.timesVersion != version)
    fill(&columns, [(others, 0..<2), (shared, 3..<4)])
    #expect(columns.times == [10, 20, 40])
  }

  @Test func `staleness markers go with their times, and the next series is whole again`() {
    var columns = SampleColumns()
    columns.append(times: shared, rows: 0..<4) { $0 += [1, .stalenessMarker, 3, .stalenessMarker] }
    columns.finish()
    columns.removeStalenessMarkers()
    #expect(columns.times == [10, 30])
    #expect(columns.values == [1, 3])
    fill(&columns, [(shared, 0..<4)])
    #expect(columns.times == shared)
    columns.removeStalenessMarkers()
    #expect(columns.times == shared)
  }

  @Test func `a run that cannot be read adds nothing`() {
    struct Fault: Error {}
    var columns = SampleColumns()
    var run = SampleRun()
    run.append(5, 0.5)
    columns.append(run)
    #expect(throws: Fault.self) {
      try columns.append(times: shared, rows: 0..<4) { _ throws(Fault) in throw Fault() }
    }
    columns.finish()
    #expect(columns.times == [5] && columns.values == [0.5])
  }

  @Test func `random series in random order come back as they were put in`() {
    var random = SeededRandom(seed: 4)
    var columns = SampleColumns()
    let sources: [[Int64]] = (0..<3).map { source in (0..<20).map { Int64($0 * 10 + source) } }
    for _ in 0..<3_000 {
      var parts: [([Int64], Range<Int>)] = []
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let start = Int.random(in: 0...4, using: &random) * 4
        parts.append((sources[Int.random(in: 0..<3, using: &random)], start..<start + 4))
      }
      fill(&columns, parts)
      let expected = parts.flatMap { Array($0.0[$0.1]) }
      #expect((columns.times == expected) == true)
      #expect((columns.values == expected.map { Double($0) / 2 }) == true)
    }
  }
}
