// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import TestSupport
import Testing

@Suite struct RuleValuesTests {
  private let harness = IngestHarness()
  private let alert = LabelSet(metric: "ALERTS", ["alertname": "Down", "alertstate": "firing"])

  private func record(_ seconds: Int64, _ values: [(labels: LabelSet, value: Double)]) {
    harness.ingest.record(ruleValues: values, at: IngestHarness.at(seconds))
  }

  private var alertValues: [Double?] {
    harness.values("ALERTS", ["alertname": "Down", "alertstate": "firing"])
  }

  @Test func `what rules make is stored as it stands and shown`() {
    record(10, [(alert, 1)])
    record(20, [(alert, 1)])
    #expect(alertValues == [1, 1])
    #expect(harness.lines("ALERTS") == [#"ALERTS{alertname="Down",alertstate="firing"} 1"#])
    #expect(
      String(decoding: harness.latest.exposition(.text), as: UTF8.self)
        .contains("# TYPE ALERTS untyped\n")
    )
  }

  @Test func `what rules aggregate is stored and not shown to scrapers`() {
    let load = LabelSet(metric: "job:load:sum", ["job": "x"])
    record(10, [(alert, 1), (load, 5)])
    #expect(harness.values("job:load:sum", ["job": "x"]) == [5])
    #expect(harness.lines("job:load:sum").isEmpty)
    #expect(harness.lines("ALERTS").count == 1)
    #expect(harness.latest.names.contains("job:load:sum"))
  }

  @Test func `a staleness marker ends its series and no other`() {
    let other = LabelSet(metric: "job_load_sum", ["job": "x"])
    record(10, [(alert, 1), (other, 5)])
    record(20, [(alert, .stalenessMarker)])
    #expect(alertValues == [1, nil])
    #expect(harness.lines("ALERTS").isEmpty)
    #expect(harness.lines("job_load_sum").count == 1)
    #expect(harness.values("job_load_sum", ["job": "x"]) == [5])
  }

  @Test func `the end of a series from before a restart is written too`() {
    record(10, [(alert, .stalenessMarker)])
    #expect(alertValues == [nil])
    #expect(harness.lines("ALERTS").isEmpty)
  }

  @Test func `what one rule ends and another makes goes on`() {
    record(10, [(alert, 1)])
    record(20, [(alert, .stalenessMarker), (alert, 1)])
    record(30, [(alert, 1), (alert, .stalenessMarker)])
    #expect(alertValues == [1, 1, 1])
    #expect(harness.lines("ALERTS").count == 1)
  }

  @Test func `two rules that make one series are one series`() {
    record(10, [(alert, 1), (alert, 2)])
    #expect(alertValues == [1])
    #expect(harness.ingest.statistics.refused == ["duplicate": 1])
  }

  @Test func `a recording rule may carry a defined name`() {
    record(10, [(LabelSet(metric: "load", ["anything": "x"]), 1), (LabelSet(["no": "name"]), 1)])
    #expect(harness.values("load", ["anything": "x"]) == [1])
    #expect(harness.store.series.count == 1)
  }

  @Test func `what begins or ends is urgent, what goes on is not`() {
    record(10, [(alert, 1)])
    record(20, [(alert, 1)])
    record(30, [(alert, .stalenessMarker)])
    #expect(harness.events.map(\.isUrgent) == [true, false, true])
    #expect(harness.events.map(\.metricNames) == [["ALERTS"], ["ALERTS"], ["ALERTS"]])
    record(40, [])
    #expect(harness.events.count == 3)
  }
}

@Suite struct LatestSamplesTests {
  @Test func `places of ended series are used again`() {
    let harness = IngestHarness()
    let load = IngestHarness.load
    for round in Int64(1)...50 {
      harness.poll(round, [CollectedSample(load, 1, ["cpu": "\(round)"])])
      #expect(harness.lines("load").count == 1)
      #expect(harness.lines("load").first?.contains(#"cpu="\#(round)""#) == true)
    }
    let before = harness.latest.seriesCount
    harness.poll(60, [])
    #expect(harness.latest.seriesCount == before - 1)
    #expect(
      !String(decoding: harness.latest.exposition(.text), as: UTF8.self).contains("TYPE load")
    )
  }

  @Test func `families are sorted by name and each stands once`() {
    let harness = IngestHarness()
    for instance in ["c", "a", "b"] {
      harness.poll(
        10,
        [CollectedSample(IngestHarness.requests, 3), CollectedSample(IngestHarness.load, 1)],
        target: IngestHarness.target(instance)
      )
    }
    let text = String(decoding: harness.latest.exposition(.openMetrics), as: UTF8.self)
    let families = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
      .map { String($0.split(separator: " ")[2]) }
    #expect(families.count == Set(families).count)
    #expect(families == families.sorted())
    #expect(families.contains("requests"))
    #expect(text.hasSuffix("# EOF\n"))
  }

  @Test func `an empty page has no family`() {
    #expect(LatestSamples().exposition(.text).isEmpty)
    #expect(LatestSamples().seriesCount == 0)
  }
}
