// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Polling
import TestSupport
import Testing

@Suite struct IngestTests {
  private typealias Harness = IngestHarness
  private let harness = IngestHarness()
  private let load = IngestHarness.load

  private func sample(_ value: Double, _ cpu: String = "0") -> CollectedSample {
    CollectedSample(load, value, ["cpu": cpu])
  }

  @Test func `a sample gets the labels of its target and the cluster`() {
    harness.poll(10, [sample(1.5)], target: Harness.target(node: "n1"))
    let labels = Harness.labels(["cpu": "0", "node": "n1"])
    #expect(harness.store.samples("load", labels) == [Sample(Harness.at(10), 1.5)])
  }

  @Test func `every poll has up and what the scrape came to`() {
    var counts = PollCounts()
    counts.polls = 7
    counts.connectionsClosed = 2
    counts.failures = ["timeout": 3, "refused": 1]
    harness.poll(10, [sample(1), sample(2, "1")], counts: counts)
    let labels = Harness.labels()
    #expect(harness.values("up", labels) == [1])
    #expect(harness.values("scrape_duration_seconds", labels) == [0.25])
    #expect(harness.values("scrape_samples_scraped", labels) == [2])
    #expect(harness.values("hvsmon_target_polls_total", labels) == [7])
    #expect(harness.values("hvsmon_target_connections_closed_total", labels) == [2])
    let timeouts = Harness.labels(["reason": "timeout"])
    #expect(harness.values("hvsmon_target_poll_failures_total", timeouts) == [3])
  }

  @Test func `a series that vanished from a good reply ends alone`() {
    harness.poll(10, [sample(1), sample(2, "1")])
    harness.poll(20, [sample(3)])
    harness.poll(30, [sample(4)])
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [1, 3, 4])
    #expect(harness.values("load", Harness.labels(["cpu": "1"])) == [2, nil])
    #expect(harness.lines("load").count == 1)
  }

  @Test func `a series that comes back goes on`() {
    harness.poll(10, [sample(1)])
    harness.poll(20, [])
    harness.poll(30, [sample(3)])
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [1, nil, 3])
    #expect(
      harness.lines("load") == [
        #"load{cluster="hvs",cpu="0",instance="a",job="scripted",tier="web"} 3"#
      ]
    )
  }

  @Test func `a failed poll is up 0 and ends all other series once`() {
    harness.poll(10, [sample(1)])
    harness.fail(20)
    harness.fail(30)
    #expect(harness.values("up", Harness.labels()) == [1, 0, 0])
    #expect(
      harness.values("scrape_samples_scraped", Harness.labels())
        == [1, 0, 0]
    )
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [1, nil])
    #expect(harness.lines("load").isEmpty)
    #expect(harness.lines("up") == [#"up{cluster="hvs",instance="a",job="scripted",tier="web"} 0"#])
  }

  @Test func `a broken target may bring samples and its own up`() {
    let broken = Collection(samples: [sample(0)], failure: .unexpectedStatus(500), isUp: true)
    harness.record(10, .success(broken))
    #expect(harness.values("up", Harness.labels()) == [1])
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [0])
    let down = Collection(samples: [sample(0)], failure: .unexpectedStatus(404), isUp: false)
    harness.record(20, .success(down))
    #expect(harness.values("up", Harness.labels()) == [1, 0])
  }

  @Test func `a forgotten target's series all end, up among them`() {
    harness.poll(10, [sample(1)])
    harness.poll(10, [sample(1)], target: Harness.target("b"))
    harness.ingest.forget(targets: ["scripted/web/a", "never/seen"], at: Harness.at(15))
    #expect(harness.values("up", Harness.labels()) == [1, nil])
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [1, nil])
    #expect(harness.values("up", Harness.labels(instance: "b")) == [1])
    #expect(harness.lines("up").count == 1)
    #expect(harness.events.last?.isUrgent == true)
  }

  @Test func `a target whose labels changed ends its old series`() {
    harness.poll(10, [sample(1)], target: Harness.target(node: "n1"))
    harness.ingest.expect([Harness.target(node: "n2")])
    harness.poll(20, [sample(2)], target: Harness.target(node: "n2"))
    #expect(harness.values("up", Harness.labels(["node": "n1"])) == [1, nil])
    #expect(harness.values("up", Harness.labels(["node": "n2"])) == [1])
    #expect(harness.values("load", Harness.labels(["cpu": "0", "node": "n1"])) == [1, nil])
    #expect(harness.lines("up").count == 1)
  }

  @Test func `what no definition covers is refused, counted and logged once`() {
    let unknown = MetricDefinition("unknown", .gauge, help: "Not in the catalog.")
    let twin = MetricDefinition("load", .counter, labels: ["cpu"], help: "Another load.")
    for second in Int64(1)...3 {
      harness.poll(
        second,
        [
          CollectedSample(unknown, 1), CollectedSample(twin, 1),
          CollectedSample(load, 1, ["core": "0"]), sample(1),
          CollectedSample(load, 1, ["cpu": String(repeating: "x", count: 1_025)]),
          CollectedSample(load, 2, ["cpu": String(repeating: "x", count: 1_024)]),
        ]
      )
    }
    let refused = harness.ingest.statistics.refused
    #expect(refused == ["undefined_metric": 6, "undefined_label": 3, "long_label": 3])
    #expect(harness.store.labelSets("load").count == 2)
    #expect(harness.store.labelSets("unknown").isEmpty)
    #expect(harness.sink.lines.filter { $0.contains("sample refused") }.count == 4)
    #expect(!harness.sink.lines.contains { $0.contains("xxxx") })
  }

  @Test func `a series twice in one poll is taken once`() {
    harness.poll(10, [sample(1), sample(2)])
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [1])
    #expect(harness.lines("load").count == 1)
    #expect(harness.ingest.statistics.refused == ["duplicate": 1])
  }

  @Test func `an empty label is the same as an absent one`() {
    harness.poll(10, [CollectedSample(load, 1, ["cpu": ""]), CollectedSample(load, 2)])
    #expect(harness.values("load", Harness.labels()) == [1])
    #expect(harness.ingest.statistics.refused == ["duplicate": 1])
  }

  @Test func `a label that the target sets too is kept under another name`() {
    let own = ["instance": "x", "exported_instance": "y", "zone": "z"]
    harness.poll(10, [CollectedSample(Harness.any, 1, own)])
    let labels = Harness.labels([
      "exported_exported_instance": "x", "exported_instance": "y", "zone": "z",
    ])
    #expect(harness.values("any", labels) == [1])
  }

  @Test func `a collector cannot end a series by its value`() {
    harness.poll(10, [sample(.stalenessMarker), sample(.nan, "1")])
    #expect(harness.ingest.statistics.refused == ["staleness_marker": 1])
    #expect(harness.store.labelSets("load").count == 1)
    #expect(
      harness.lines("load") == [
        #"load{cluster="hvs",cpu="1",instance="a",job="scripted",tier="web"} NaN"#
      ]
    )
  }

  @Test func `a poll brings a limited number of samples`() {
    let many = (0..<(Ingest.samplesPerPollMax + 5)).map { sample(1, "\($0)") }
    harness.poll(10, many)
    #expect(harness.ingest.statistics.refused == ["too_many_samples": 5])
    #expect(harness.store.labelSets("load").count == Ingest.samplesPerPollMax)
    #expect(harness.values("scrape_samples_scraped", Harness.labels()) == [Double(many.count)])
  }

  @Test func `series the store has no room for are shown, counted, and tried again`() {
    harness.poll(10, [sample(1)])
    harness.store.seriesMax = harness.store.series.count
    harness.poll(20, [sample(2), sample(3, "1")])
    harness.poll(30, [sample(4), sample(5, "1")])
    #expect(harness.ingest.statistics.refused == ["store_limit": 2])
    #expect(harness.lines("load").count == 2)
    harness.store.seriesMax = .max
    harness.poll(40, [sample(6), sample(7, "1")])
    #expect(harness.values("load", Harness.labels(["cpu": "0"])) == [1, 2, 4, 6])
    #expect(harness.values("load", Harness.labels(["cpu": "1"])) == [7])
  }

  @Test func `a store that fails leaves the page going`() {
    harness.poll(10, [sample(1)])
    let appended = harness.ingest.statistics.appended
    harness.store.failure = .database(reason: "disk full")
    harness.poll(20, [sample(2), sample(3, "1")])
    #expect(harness.lines("load").map { $0.suffix(2) } == [" 2", " 3"])
    #expect(harness.ingest.statistics.appended == appended)
    #expect((harness.ingest.statistics.refused["store_failure"] ?? 0) > 1)
    #expect(harness.ingest.statistics.refused["store_limit"] == nil)
    #expect(harness.events.count == 2)
    harness.store.failure = nil
    harness.poll(30, [sample(4), sample(5, "1")])
    #expect(harness.values("load", Harness.labels(["cpu": "1"])) == [5])
  }

  @Test func `samples not newer than those stored are counted`() {
    harness.poll(10, [])
    let count = harness.ingest.statistics.appended
    harness.poll(10, [])
    harness.poll(9, [])
    #expect(harness.ingest.statistics.refused == ["duplicate": count, "too_old": count])
  }

  @Test func `observers are told the names, and when to hurry`() {
    harness.poll(10, [sample(1)])
    #expect(harness.events.last?.isUrgent == true)
    #expect(harness.events.last?.metricNames.isSuperset(of: ["up", "load"]) == true)
    #expect(harness.events.last?.time == Harness.at(10))
    harness.poll(20, [sample(1), sample(1, "1")])
    #expect(harness.events.last?.isUrgent == false)
    harness.poll(30, [sample(1)])
    #expect(harness.events.last?.isUrgent == true)
    harness.fail(40)
    #expect(harness.events.last?.isUrgent == true)
    #expect(harness.events.last?.metricNames.contains("load") == true)
    harness.fail(50)
    #expect(harness.events.last?.isUrgent == false)
    harness.poll(60, [sample(1)])
    #expect(harness.events.last?.isUrgent == true)
  }

  @Test func `a probe that finds its target broken hurries although up stays`() {
    harness.poll(10, [sample(1)])
    let broken = Collection(samples: [sample(0)], failure: .unexpectedStatus(500), isUp: true)
    harness.record(20, .success(broken))
    #expect(harness.events.last?.isUrgent == true)
    harness.record(30, .success(broken))
    #expect(harness.events.last?.isUrgent == false)
  }

  @Test func `targets are unreachable until they were asked, and while they are down`() {
    let targets = [Harness.target("a"), Harness.target("b")]
    harness.ingest.expect(targets)
    #expect(harness.ingest.unreachableTargets.count == 2)
    #expect(!harness.ingest.hasPolledAllTargets)
    harness.poll(10, [], target: targets[0])
    harness.fail(10, target: targets[1])
    #expect(harness.ingest.hasPolledAllTargets)
    #expect(harness.ingest.unreachableTargets == [LabelSet(Harness.labels(instance: "b"))])
    harness.ingest.forget(targets: [targets[1].key], at: Harness.at(20))
    #expect(harness.ingest.unreachableTargets.isEmpty)
  }
}
