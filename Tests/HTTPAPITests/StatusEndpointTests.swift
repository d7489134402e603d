// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import HTTPAPI

/// Targets, metadata and the daemon itself as Prometheus tells them.
@Suite struct StatusEndpointTests {
  private static let targets = [
    TargetReport(
      key: "nginx/web/n1",
      labels: LabelSet(["job": "nginx", "instance": "n1"]),
      interval: .seconds(10),
      timeout: .milliseconds(4_500),
      health: .down,
      lastError: "answered with HTTP status 500",
      polledAt: Timestamp(unixSeconds: 100.5),
      took: .milliseconds(50)
    ),
    TargetReport(
      key: "pm2//app",
      labels: LabelSet(["job": "pm2", "instance": "app"]),
      interval: .seconds(60),
      timeout: .seconds(4)
    ),
  ]

  private static let families: [LatestPorts.Family] = [
    (MetricDefinition("b_seconds", .gauge, unit: "seconds", help: "A \"span\"."), []),
    (MetricDefinition("a_total", .counter, help: "Count."), []),
    (MetricDefinition("c", .unknown, help: ""), []),
  ]

  private static func ask(
    _ path: String,
    _ parameters: [(String, String)] = []
  ) async throws -> (status: Int, text: String, tree: JSONTree?) {
    let ports = APIPorts.standIn(
      reading: MemoryReading(all: [
        MemoryReading.series("up", ["job": "a"], 1, at: 1),
        MemoryReading.series("up", ["job": "bb"], 1, at: 1),
        MemoryReading.series("load", ["job": "a"], 1, at: 1),
      ]),
      latest: .standIn(families),
      targets: targets
    )
    return try await ports.ask("/api/v1/" + path, parameters)
  }

  @Test func `targets tell their last poll`() async throws {
    let (status, text, _) = try await Self.ask("targets")
    #expect(status == 200)
    #expect(
      text == #"""
        {"status":"success","data":{"activeTargets":[{"discoveredLabels":{"instance":"n1",\#
        "job":"nginx"},"labels":{"instance":"n1","job":"nginx"},"scrapePool":"nginx",\#
        "scrapeUrl":"hvsmon:nginx/web/n1","globalUrl":"hvsmon:nginx/web/n1",\#
        "lastError":"answered with HTTP status 500","lastScrape":"1970-01-01T00:01:40.5Z",\#
        "lastScrapeDuration":0.05,"health":"down","scrapeInterval":"10s",\#
        "scrapeTimeout":"4s500ms"},{"discoveredLabels":{"instance":"app","job":"pm2"},\#
        "labels":{"instance":"app","job":"pm2"},"scrapePool":"pm2","scrapeUrl":"hvsmon:pm2//app",\#
        "globalUrl":"hvsmon:pm2//app","lastError":"","lastScrape":"0001-01-01T00:00:00Z",\#
        "lastScrapeDuration":0,"health":"unknown","scrapeInterval":"1m","scrapeTimeout":"4s"}],\#
        "droppedTargets":[],"droppedTargetCounts":{}}}
        """#
    )
  }

  @Test(arguments: [
    ([("state", "active")], 2), ([("state", "ANY")], 2), ([("state", "dropped")], 0),
    ([("scrapePool", "pm2")], 1), ([("scrapePool", "other")], 0),
  ])
  func `targets are told by state and job`(
    parameters: [(String, String)],
    count: Int
  ) async throws {
    let (_, _, tree) = try await Self.ask("targets", parameters)
    #expect(tree?["data"]?["activeTargets"]?.items.count == count)
  }

  @Test func `metadata is told by name`() async throws {
    let (status, text, _) = try await Self.ask("metadata")
    #expect(status == 200)
    #expect(
      text == #"""
        {"status":"success","data":{"a_total":[{"type":"counter","help":"Count.","unit":""}],\#
        "b_seconds":[{"type":"gauge","help":"A \"span\".","unit":"seconds"}],\#
        "c":[{"type":"unknown","help":"","unit":""}]}}
        """#
    )
  }

  @Test func `of one metric each different description is told`() async throws {
    let told = [
      MetricDescription(name: "c", type: "histogram", help: "Scraped.", unit: ""),
      MetricDescription(name: "d", type: "summary", help: "", unit: ""),
    ]
    let ports = APIPorts.standIn(
      reading: MemoryReading(all: []),
      latest: .standIn(Self.families, told: told)
    )
    let (_, text, _) = try await ports.ask("/api/v1/metadata", [("metric", "c")])
    #expect(
      text == #"""
        {"status":"success","data":{"c":[{"type":"unknown","help":"","unit":""},\#
        {"type":"histogram","help":"Scraped.","unit":""}]}}
        """#
    )
  }

  @Test(arguments: [
    ([("metric", "c")], #"{"c":[{"type":"unknown","help":"","unit":""}]}"#),
    ([("metric", "none")], "{}"), ([("limit", "0")], "{}"),
    ([("limit", "1"), ("limit_per_metric", "0")], #"{"a_total":[]}"#),
    (
      [("limit", "1"), ("limit_per_metric", "-1")],
      #"{"a_total":[{"type":"counter","help":"Count.","unit":""}]}"#
    ),
  ])
  func `metadata may be asked for in part`(
    parameters: [(String, String)],
    data: String
  ) async throws {
    let (_, text, _) = try await Self.ask("metadata", parameters)
    #expect(text == #"{"status":"success","data":\#(data)}"#)
  }

  @Test func `limits that are no numbers are refused`() async throws {
    for name in ["limit", "limit_per_metric"] {
      let (status, text, _) = try await Self.ask("metadata", [(name, "x")])
      #expect(status == 400 && text.contains("\(name) must be a number"))
    }
    let (status, text, _) = try await Self.ask("status/tsdb", [("limit", "10001")])
    #expect(status == 400 && text.contains("limit must not exceed 10000"))
  }

  @Test func `a dashboard sees a Prometheus of version 3 without features of its own`()
    async throws
  {
    let (status, _, tree) = try await Self.ask("status/buildinfo")
    #expect(status == 200)
    #expect(tree?["data"]?["version"]?.string == "3.0.0")
    #expect(tree?["data"]?["revision"]?.string == "hvsmon-1.2.3")
    #expect(tree?["data"]?["features"] == nil)
  }

  @Test func `the daemon tells how it runs`() async throws {
    let runtime = try await Self.ask("status/runtimeinfo").tree?["data"]
    #expect(runtime?["startTime"]?.string == "1970-01-01T00:01:00Z")
    #expect(runtime?["lastConfigTime"]?.string == "1970-01-01T00:01:30Z")
    #expect(runtime?["reloadConfigSuccess"] == .flag(true))
    #expect(runtime?["storageRetention"]?.string == "30d")
    let flags = try await Self.ask("status/flags").tree?["data"]
    #expect(flags?["query.timeout"]?.string == "2m")
    let config = try await Self.ask("status/config").tree?["data"]
    #expect(config?["yaml"]?.string == "global:\n  scrape_interval: 10s\n")
    let replay = try await Self.ask("status/walreplay").tree?["data"]
    #expect(replay?["state"]?.string == "done")
    let managers = try await Self.ask("alertmanagers").tree?["data"]
    #expect(managers?["activeAlertmanagers"]?.items.isEmpty == true)
  }

  @Test func `the store's names and values are counted`() async throws {
    let (status, text, tree) = try await Self.ask("status/tsdb", [("limit", "1")])
    #expect(status == 200)
    let data = try #require(tree?["data"])
    #expect(text.contains(#""headStats":{"numSeries":3,"numLabelPairs":4,"chunkCount":0}"#))
    #expect(text.contains(#""seriesCountByMetricName":[{"name":"up","value":2}]"#))
    #expect(text.contains(#""labelValueCountByLabelName":[{"name":"__name__","value":2}]"#))
    #expect(text.contains(#""memoryInBytesByLabelName":[{"name":"__name__","value":6}]"#))
    #expect(text.contains(#""seriesCountByLabelValuePair":[{"name":"__name__=up","value":2}]"#))
    #expect(data["seriesCountByMetricName"]?.items.count == 1)
  }

  @Test func `unknown paths are not found, with every method`() async throws {
    for method in ["GET", "POST", "DELETE"] {
      let (status, text, _) = try await APIPorts.standIn().ask("/api/v1/nothing", method: method)
      #expect(status == 404 && text.contains(#""errorType":"not_found""#))
    }
  }
}
