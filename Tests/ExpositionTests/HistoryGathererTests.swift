// SPDX-License-Identifier: MIT
import Exposition
import MetricModel
import TestSupport
import Testing

@Suite struct HistoryGathererTests {
  private func gathered(
    _ text: String,
    _ rules: ExpositionRules = .text,
    samplesMax: Int = .max,
    slice: Int = .max
  ) throws -> (series: [Series], hands: Int, gatherer: HistoryGatherer) {
    var gatherer = HistoryGatherer(rules, samplesMax: samplesMax)
    var samples: [LabelSet: [Sample]] = [:]
    var hands = 0
    func take() {
      let runs = gatherer.takeRuns()
      hands += 1
      #expect(Set(runs.map(\.labels)).count == runs.count, "each series once")
      for run in runs {
        #expect(!run.values.isEmpty)
        #expect(zip(run.unixMilliseconds, run.unixMilliseconds.dropFirst()).allSatisfy { $0 < $1 })
        samples[run.labels, default: []] += zip(run.unixMilliseconds, run.values).map {
          Sample(Timestamp(unixMilliseconds: $0), $1)
        }
      }
    }
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: min(slice, bytes.count)) {
      try gatherer.read(
        bytes.span.extracting(start..<min(start + min(slice, bytes.count), bytes.count))
      )
      if gatherer.isFull { take() }
    }
    try gatherer.finish()
    take()
    let series = samples.map { Series(labels: $0, samples: $1) }.sorted { $0.labels < $1.labels }
    return (series, hands, gatherer)
  }

  @Test func `texts by series and by tick give the same runs, however often they are taken`() throws
  {
    let series = (0..<7).map { "hv{slot=\"\($0)\"}" }
    let ticks = (0..<50).map { Int64($0) * 15_000 }
    var bySeries = ""
    var byTick = ""
    for (slot, name) in series.enumerated() {
      for tick in ticks { bySeries += "\(name) \(slot) \(tick / 1_000).000\n" }
    }
    for tick in ticks {
      for (slot, name) in series.enumerated() { byTick += "\(name) \(slot) \(tick)\n" }
    }
    let whole = try gathered(byTick)
    #expect(whole.series.count == 7 && whole.series.allSatisfy { $0.samples.count == 50 })
    #expect(whole.hands == 1)
    for limit in [1, 10, 100] {
      let parts = try gathered(byTick, samplesMax: limit, slice: 64)
      #expect(parts.series == whole.series && parts.hands > 1)
      let grouped = try gathered(bySeries + "# EOF\n", .openMetrics, samplesMax: limit, slice: 64)
      #expect(grouped.series == whole.series && grouped.hands > 1)
    }
  }

  @Test func `samples in disorder are sorted and of those at one time the first stays`() throws {
    let found = try gathered("a 1 30\na 2 10\na 3 20\na 4 10\na 5 20\nb 6 1\nb 7 1\n")
    #expect(
      found.series.map(\.samples) == [
        [
          Sample(Timestamp(unixMilliseconds: 10), 2), Sample(Timestamp(unixMilliseconds: 20), 3),
          Sample(Timestamp(unixMilliseconds: 30), 1),
        ], [Sample(Timestamp(unixMilliseconds: 1), 6)],
      ]
    )
    #expect(found.gatherer.duplicates == 3)
  }

  @Test func `a series written in two ways is one`() throws {
    let found = try gathered(
      "a{b=\"1\",c=\"2\"} 1 10\na{c=\"2\",b=\"1\"} 2 20\na{b=\"1\", c=\"2\"} 3 30\n"
    )
    #expect(found.series.map(\.samples.count) == [3])
  }

  @Test func `lines without a timestamp are faults`() throws {
    let found = try gathered("a 1 10\na 2\n", .text.skipping)
    #expect(found.series.map(\.samples.count) == [1])
    #expect(found.gatherer.faults.map(\.description) == ["line 2: the sample has no timestamp"])
    #expect(throws: ExpositionFault.self) { try gathered("a 1 10\na 2\n") }
  }
}
