// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Polling
import TestSupport
import Testing

/// A collector whose targets name their series themselves.
private struct ScrapingCollector: Collector {
  static let name = "scraping"
  static let metrics: [MetricDefinition] = []
  static let isScraper = true

  static func targets(in _: DeclaredSections, using _: CollectorServices) -> [Target] { [] }

  func collect(_ poll: Poll) async throws(CollectionError) -> Collection { Collection(samples: []) }
}

/// Numbers series as a scraper does.
private struct Numbers {
  typealias Line = (name: String, labels: [String: String], value: Double, time: Int64?)

  private let numbering = ScrapedSamples.Numbering()
  private var series: [LabelSet] = []

  mutating func scrape(_ lines: [Line], leftOut: [String: Int] = [:]) -> ScrapedSamples {
    let numbers = lines.map { line in
      let own = ["job": "node", "instance": "a:1"].merging(line.labels) { $1 }
      let labels = LabelSet(metric: line.name, own)
      if !series.contains(labels) { series.append(labels) }
      return UInt32(series.firstIndex(of: labels) ?? 0)
    }
    let times = lines.map { $0.time ?? ScrapedSamples.noTime }
    return ScrapedSamples(
      numbering: numbering,
      series: series,
      numbers: numbers,
      values: lines.map(\.value),
      times: lines.contains { $0.time != nil } ? times : [],
      scraped: lines.count + leftOut.values.reduce(0, +),
      leftOut: leftOut
    )
  }
}

@Suite struct ScrapedTests {
  private typealias Harness = IngestHarness
  private let harness = IngestHarness()
  private let target = Target(
    labels: LabelSet(["job": "node", "instance": "a:1"]),
    collector: ScrapingCollector(),
    poll: .plain()
  )

  private func take(_ seconds: Int64, _ scrape: ScrapedSamples) {
    harness.record(seconds, .success(Collection(scraped: scrape)), target: target)
  }

  private func values(_ metric: String, _ own: [String: String] = [:]) -> [Double?] {
    let common = ["cluster": "hvs", "job": "node", "instance": "a:1"]
    return harness.values(metric, common.merging(own) { $1 })
  }

  private func times(_ metric: String) -> [Int64] {
    harness.store.samples(metric, ["cluster": "hvs", "job": "node", "instance": "a:1"])
      .map(\.timestamp.unixMilliseconds)
  }

  @Test func `what a target names is stored with the cluster's label and is not on the page`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("node_load", [:], 1, nil), ("node_disk", ["dev": "sda"], 2, nil)]))
    take(20, numbers.scrape([("node_load", [:], 3, nil), ("node_disk", ["dev": "sda"], 2, nil)]))
    #expect(values("node_load") == [1, 3])
    #expect(values("node_disk", ["dev": "sda"]) == [2, 2])
    #expect(harness.lines("node_load").isEmpty)
    #expect(values("up") == [1, 1])
    #expect(harness.lines("up").count == 1)
    #expect(values("scrape_samples_scraped") == [2, 2])
    #expect(values("scrape_samples_post_metric_relabeling") == [2, 2])
    #expect(values("scrape_series_added") == [2, 0])
    #expect(harness.ingest.statistics.refused == [:])
  }

  @Test func `a collector of hvsmon's own has no figures of relabelling`() {
    harness.poll(10, [CollectedSample(Harness.load, 1, ["cpu": "0"])])
    #expect(harness.store.labelSets("scrape_series_added").isEmpty)
    #expect(harness.store.labelSets("scrape_samples_post_metric_relabeling").isEmpty)
  }

  @Test func `a series that is missing ends, and begins anew when it is back`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("a", [:], 1, nil), ("b", [:], 1, nil)]))
    take(20, numbers.scrape([("a", [:], 1, nil)]))
    take(30, numbers.scrape([("a", [:], 1, nil)]))
    take(40, numbers.scrape([("b", [:], 1, nil), ("a", [:], 1, nil)]))
    #expect(values("b") == [1, nil, 1])
    #expect(values("a") == [1, 1, 1, 1])
    #expect(values("scrape_series_added") == [2, 0, 0, 1])
    #expect(harness.events[1].metricNames.isSuperset(of: ["a", "b"]))
    #expect(harness.events[1].changedNames.contains("b"))
    #expect(!harness.events[2].metricNames.contains("b"))
  }

  @Test func `a target that is down or forgotten has no live series of its own naming`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("a", [:], 1, nil)]))
    harness.fail(20, target: target)
    harness.fail(30, target: target)
    #expect(values("a") == [1, nil])
    #expect(values("up") == [1, 0, 0])
    #expect(values("scrape_series_added") == [1, 0, 0])
    #expect(values("scrape_samples_post_metric_relabeling") == [1, 0, 0])
    take(40, numbers.scrape([("a", [:], 1, nil)]))
    harness.ingest.forget(targets: [target.key], at: Harness.at(50))
    #expect(values("a") == [1, nil, 1, nil])
    #expect(values("up").last == .some(nil))
  }

  @Test func `samples keep times of their own, and such series get no staleness marker`() {
    var numbers = Numbers()
    take(100, numbers.scrape([("a", [:], 1, 90_000), ("b", [:], 5, nil)]))
    // The same sample again is the one that is there, and no duplicate.
    take(110, numbers.scrape([("a", [:], 1, 90_000), ("b", [:], 5, nil)]))
    take(120, numbers.scrape([("a", [:], 2, 115_000), ("b", [:], 5, nil)]))
    take(130, numbers.scrape([("b", [:], 5, nil)]))
    #expect(values("a") == [1, 2])
    #expect(times("a") == [90_000, 115_000])
    #expect(values("b") == [5, 5, 5, 5])
    #expect(harness.ingest.statistics.refused == [:])
  }

  @Test func `several times of one series in one scrape are all stored, in order`() {
    var numbers = Numbers()
    take(
      100,
      numbers.scrape([("a", [:], 2, 95_000), ("a", [:], 1, 90_000), ("a", [:], 3, 95_000)])
    )
    #expect(times("a") == [90_000, 95_000])
    #expect(values("a") == [1, 2])
    #expect(harness.ingest.statistics.refused == ["duplicate": 1])
  }

  @Test func `a time far in the future is refused and counted`() {
    var numbers = Numbers()
    take(100, numbers.scrape([("a", [:], 1, 700_000), ("b", [:], 1, 700_001)]))
    #expect(times("a") == [700_000])
    #expect(values("b").isEmpty)
    #expect(harness.ingest.statistics.refused == ["too_new": 1])
  }

  @Test func `series that are numbered anew go on`() {
    var first = Numbers()
    take(10, first.scrape([("a", [:], 1, nil), ("b", [:], 1, nil), ("c", [:], 1, nil)]))
    var second = Numbers()
    take(20, second.scrape([("c", [:], 1, nil), ("a", [:], 2, nil), ("d", [:], 1, nil)]))
    #expect(values("a") == [1, 2])
    #expect(values("b") == [1, nil])
    #expect(values("c") == [1, 1])
    #expect(values("scrape_series_added") == [3, 1])
    #expect(harness.events[1].changedNames.isSuperset(of: ["a", "b", "d"]))
    #expect(!harness.events[1].changedNames.contains("c"))
    take(30, second.scrape([("c", [:], 1, nil), ("a", [:], 2, nil), ("d", [:], 1, nil)]))
    #expect(values("b") == [1, nil])
    #expect(!harness.events[2].changedNames.contains("a"))
    #expect(harness.ingest.statistics.refused == [:])
  }

  @Test func `a series twice in one scrape is taken once`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("a", [:], 1, nil), ("a", [:], 2, nil)]))
    #expect(values("a") == [1])
    #expect(values("scrape_series_added") == [1])
    #expect(harness.ingest.statistics.refused == ["duplicate": 1])
  }

  @Test func `a peer cannot write what hvsmon says of it`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("up", [:], 7, nil), ("up", ["who": "me"], 8, nil)]))
    #expect(values("up") == [1])
    #expect(values("up", ["who": "me"]) == [8])
    #expect(harness.ingest.statistics.refused == ["duplicate": 1])
  }

  @Test func `a cluster that the series has is kept, and two that are the same then are one`() {
    var numbers = Numbers()
    take(
      10,
      numbers.scrape([
        ("a", ["cluster": "other"], 1, nil), ("a", [:], 2, nil), ("a", ["cluster": "hvs"], 3, nil),
        ("b", ["cluster": "hvs"], 4, nil), ("b", [:], 5, nil),
      ])
    )
    #expect(values("a", ["cluster": "other"]) == [1])
    #expect(values("a") == [2])
    #expect(values("b") == [4])
    #expect(harness.ingest.statistics.refused == ["duplicate": 2])
  }

  @Test func `rules hear of names whose values changed, without haste`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("a", [:], 1, nil), ("b", [:], 1, nil)]))
    take(20, numbers.scrape([("a", [:], 1, nil), ("b", [:], 2, nil)]))
    take(30, numbers.scrape([("a", [:], 1, nil)]))
    #expect(harness.events[1].metricNames.isSuperset(of: ["a", "b"]))
    #expect(harness.events[1].changedNames.contains("b"))
    #expect(!harness.events[1].changedNames.contains("a"))
    #expect(!harness.events[2].isUrgent)
    harness.fail(40, target: target)
    #expect(harness.events[3].isUrgent && harness.events[3].changedNames.contains("a"))
  }

  @Test func `without room in the store samples are refused, and taken once there is room`() {
    var numbers = Numbers()
    // The poll's own series come behind.
    harness.store.seriesMax = 1
    take(10, numbers.scrape([("a", [:], 1, nil), ("b", [:], 1, nil)]))
    #expect(values("a") == [1])
    #expect((harness.ingest.statistics.refused["store_limit"] ?? 0) >= 1)
    harness.store.seriesMax = 100
    take(20, numbers.scrape([("a", [:], 1, nil), ("b", [:], 1, nil)]))
    #expect(values("b") == [1])
    #expect(values("a") == [1, 1])
  }

  @Test func `what a scraper left out is counted by its reason`() {
    var numbers = Numbers()
    take(10, numbers.scrape([("a", [:], 1, nil)], leftOut: ["long_label": 3]))
    #expect(values("scrape_samples_scraped") == [4])
    #expect(harness.ingest.statistics.refused == ["long_label": 3])
  }
}
