// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Rules
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/v1/rules` and `/api/v1/alerts` as Prometheus answers them.
@Suite struct RulesEndpointTests {
  private static let text = """
    groups:
      - name: b
        interval: 30s
        limit: 10
        rules:
          - alert: Down
            expr: up  ==  0
            for: 1m
            keep_firing_for: 2m
            labels: {severity: page, who: "{{ $labels.instance }}"}
            annotations: {summary: "{{ $labels.instance }} is down"}
          - record: job:up:sum
            expr: sum by (job)(up)
            labels: {team: core}
      - name: a
        rules:
          - alert: Ambiguous
            expr: label_replace(up, "instance", "x", "none", "")
    """

  /// The groups after evaluations at 0 s and, where they say so, at 60 s.
  private static func groups(evaluatedAt seconds: [Double]) throws -> [RuleGroupEvaluator] {
    let set = try RuleSet(reading: [RuleSet.File(name: "rules.yml", text: Array(text.utf8))])
    let reading = MemoryReading(all: [
      Series(
        labels: LabelSet(metric: "up", ["instance": "n1", "job": "j"]),
        samples: [Sample(.epoch, 0), Sample(Timestamp(unixSeconds: 60), 0)]
      ),
      Series(
        labels: LabelSet(metric: "up", ["instance": "n2", "job": "j"]),
        samples: [Sample(Timestamp(unixSeconds: 50), 0)]
      ),
    ])
    let ticks = Ticks()
    return set.groups.map { group in
      var evaluator = RuleGroupEvaluator(group)
      for second in seconds {
        _ = evaluator.evaluate(
          at: Timestamp(unixSeconds: second),
          using: RuleEvaluationContext(
            querying: StoredSeriesQuerying(engine: QueryEngine(), reading: reading),
            clock: { ticks.next() },
            append: { _ in }
          )
        )
      }
      return evaluator
    }
  }

  /// A clock on which every look takes a quarter of a second.
  private final class Ticks {
    private var count = 0

    func next() -> Duration {
      count += 1
      return .milliseconds(250 * count)
    }
  }

  private static func ask(
    _ parameters: [(String, String)] = [],
    path: String = "/api/v1/rules"
  ) async throws -> (status: Int, text: String, tree: JSONTree?) {
    try await APIPorts.standIn(groups: groups(evaluatedAt: [0, 60])).ask(path, parameters)
  }

  private static func names(_ tree: JSONTree?) -> [[String]] {
    (tree?["data"]?["groups"]?.items ?? []).map { group in
      (group["rules"]?.items ?? []).compactMap { $0["name"]?.string }
    }
  }

  @Test func `groups, rules and alerts are written with all that Prometheus tells`() async throws {
    let (status, text, tree) = try await Self.ask()
    #expect(status == 200)
    let groups = try #require(tree?["data"]?["groups"]?.items)
    #expect(groups.compactMap { $0["name"]?.string } == ["a", "b"])
    #expect(groups[1]["file"]?.string == "rules.yml")
    #expect(text.contains(#""interval":60,"limit":0"#))
    #expect(text.contains(#""interval":30,"limit":10,"evaluationTime":0.5"#))
    #expect(groups[1]["lastEvaluation"]?.string == "1970-01-01T00:01:00Z")
    let rules = try #require(groups[1]["rules"]?.items)
    #expect(rules[0]["query"]?.string == "up == 0")
    #expect(rules[0]["state"]?.string == "firing")
    #expect(rules[0]["health"]?.string == "ok")
    #expect(rules[0]["labels"]?["who"]?.string == "{{ $labels.instance }}")
    #expect(rules[0]["annotations"]?["summary"]?.string == "{{ $labels.instance }} is down")
    #expect(text.contains(#""duration":60,"keepFiringFor":120"#))
    #expect(rules[0]["type"]?.string == "alerting")
    let alerts = try #require(rules[0]["alerts"]?.items)
    #expect(alerts.compactMap { $0["state"]?.string } == ["firing", "pending"])
    #expect(alerts[0]["labels"]?["alertname"]?.string == "Down")
    #expect(alerts[0]["labels"]?["who"]?.string == "n1")
    #expect(alerts[0]["annotations"]?["summary"]?.string == "n1 is down")
    #expect(alerts[0]["activeAt"]?.string == "1970-01-01T00:00:00Z")
    #expect(alerts[0]["value"]?.string == "0e+00")
    #expect(alerts[0]["keepFiringSince"] == nil)
    #expect(rules[1]["type"]?.string == "recording")
    #expect(rules[1]["query"]?.string == "sum by (job) (up)")
    #expect(rules[1]["labels"]?["team"]?.string == "core")
    #expect(rules[1]["alerts"] == nil && rules[1]["state"] == nil)
  }

  @Test func `a rule that fails says why, and one never evaluated that it is unknown`()
    async throws
  {
    let failed = try await Self.ask([("rule_group[]", "a")])
    let rule = failed.tree?["data"]?["groups"]?.items.first?["rules"]?.items.first
    #expect(rule?["health"]?.string == "err")
    #expect(rule?["lastError"]?.string?.contains("same labelset") == true)
    let fresh = try await APIPorts.standIn(groups: Self.groups(evaluatedAt: []))
      .ask("/api/v1/rules")
    let first = fresh.tree?["data"]?["groups"]?.items.first?["rules"]?.items.first
    #expect(first?["state"]?.string == "unknown")
    #expect(first?["health"]?.string == "unknown")
    #expect(first?["lastEvaluation"]?.string == "0001-01-01T00:00:00Z")
    #expect(first?["lastError"] == nil)
  }

  @Test(arguments: [
    ([("type", "alert")], [["Ambiguous"], ["Down"]]),
    ([("type", "record")], [["job:up:sum"]]),
    ([("rule_name[]", "Down"), ("rule_name[]", "job:up:sum")], [["Down", "job:up:sum"]]),
    ([("rule_group[]", "a")], [["Ambiguous"]]),
    ([("file[]", "rules.yml"), ("rule_group[]", "b")], [["Down", "job:up:sum"]]),
    ([("file[]", "other.yml")], []),
    ([("match[]", #"{severity="page"}"#)], [["Down"]]),
    (
      [("match[]", #"{severity="page"}"#), ("match[]", #"{team=~"c.*"}"#)],
      [["Down", "job:up:sum"]]
    ),
    // A template's value is not known before there is an alert.
    ([("match[]", #"{who!="",severity="page"}"#)], []),
  ])
  func `filters leave out rules, and groups without any`(
    parameters: [(String, String)],
    names: [[String]]
  ) async throws {
    let (status, text, tree) = try await Self.ask(parameters)
    #expect(status == 200, "\(text)")
    #expect(Self.names(tree) == names)
  }

  @Test func `alerts may be left out`() async throws {
    let (_, text, _) = try await Self.ask([("exclude_alerts", "true")])
    #expect(text.contains(#""alerts":[]"#) && !text.contains("activeAt"))
  }

  @Test func `pages follow one another by their tokens`() async throws {
    let first = try await Self.ask([("group_limit", "1")])
    #expect(Self.names(first.tree) == [["Ambiguous"]])
    let token = try #require(first.tree?["data"]?["groupNextToken"]?.string)
    let second = try await Self.ask([("group_limit", "1"), ("group_next_token", token)])
    #expect(Self.names(second.tree) == [["Down", "job:up:sum"]])
    #expect(second.tree?["data"]?["groupNextToken"] == nil)
    let recording = try await Self.ask([("group_limit", "1"), ("type", "record")])
    #expect(Self.names(recording.tree) == [["job:up:sum"]])
    #expect(recording.tree?["data"]?["groupNextToken"] == nil)
  }

  @Test(arguments: [
    ([("type", "alerts")], #"invalid parameter \"type\": not supported value \"alerts\""#),
    ([("exclude_alerts", "maybe")], #"invalid parameter \"exclude_alerts\""#),
    ([("group_limit", "x")], "group_limit needs to be a valid number"),
    ([("group_limit", "0")], "group_limit needs to be greater than 0"),
    ([("group_next_token", "x")], "group_limit needs to be present"),
    ([("group_limit", "1"), ("group_next_token", "x")], "invalid group_next_token"),
    ([("match[]", "{")], #"invalid parameter \"match[]\""#),
  ])
  func `a faulty filter is refused`(
    parameters: [(String, String)],
    reason: String
  ) async throws {
    let (status, text, tree) = try await Self.ask(parameters)
    #expect(status == 400 && tree?["errorType"]?.string == "bad_data")
    #expect(text.contains(reason), "\(text)")
  }

  @Test func `all pending and firing alerts stand in one list`() async throws {
    let (status, _, tree) = try await Self.ask(path: "/api/v1/alerts")
    #expect(status == 200)
    let alerts = tree?["data"]?["alerts"]?.items ?? []
    #expect(alerts.compactMap { $0["labels"]?["who"]?.string } == ["n1", "n2"])
  }

  @Test(arguments: [
    (0.0, "0e+00"), (-0.0, "-0e+00"), (1, "1e+00"), (0.95, "9.5e-01"), (123_456, "1.23456e+05"),
    (1e100, "1e+100"), (.nan, "NaN"), (-.infinity, "-Inf"),
  ])
  func `the value of an alert has an exponent`(value: Double, text: String) {
    #expect(value.exponentText == text)
  }
}
