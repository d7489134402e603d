// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Rules
import Testing

@Suite struct RuleReviewTests {
  private static let knowledge = MetricKnowledge(
    catalog: MetricCatalog([
      MetricDefinition("up", .gauge, help: "h"),
      MetricDefinition("node_load", .gauge, labels: ["core"], help: "h"),
      MetricDefinition("guest_memory_bytes", .gauge, labels: ["guest", "kind"], help: "h"),
      MetricDefinition("anything", .gauge, labels: nil, help: "h"),
    ]),
    added: ["job", "instance", "node"]
  )

  private func review(_ rules: String) throws -> RuleReview {
    let file = RuleSet.File(name: "rules.yml", text: Array(rules.utf8))
    return RuleReview(of: try LocatedRules(reading: [file]), knowing: Self.knowledge)
  }

  private func remarks(_ expression: String) throws -> [String] {
    try review(
      """
      groups:
        - name: g
          rules:
            - alert: A
              expr: '\(expression)'
      """
    ).remarks.map(\.description)
  }

  @Test(arguments: [
    "up == 0", "sum by (node) (node_load) > 4", "anything{whatever=\"x\"} > 1",
    "up == 0 unless on (node) node_load > 4",
    "node_load / on (node) group_left (guest) guest_memory_bytes",
    "sum by (node) (node_load) > sum by (node) (guest_memory_bytes)",
    "absent(up{job=\"x\"})", "label_replace(up, \"host\", \"$1\", \"instance\", \"(.*)\") == 0",
    "sum(node_load) / count(up) > 1", "histogram_quantile(0.9, sum by (le, node) (anything)) > 1",
    "ALERTS{alertname=\"A\"} and on (node) up", "count_values(\"v\", up) > 1 and on (v) anything",
    "topk(1, node_load) by (core) > 1", "max_over_time(node_load[5m]) - ignoring (core) up > 1",
  ])
  func `what can match is not remarked`(expression: String) throws {
    #expect(try remarks(expression) == [])
  }

  @Test(arguments: [
    (
      "node_laod > 4",
      "rules.yml: 5:16: group \"g\", rule 1, \"A\": hvsmon collects no metric \"node_laod\","
        + " and no rule here records it; did you mean \"node_load\"?"
    ),
    (
      "node_load{cor=\"1\"} > 4",
      "the metric \"node_load\" has no label \"cor\"; did you mean \"core\"?"
    ),
    ("sum by (gest) (guest_memory_bytes)", "has no label \"gest\"; did you mean \"guest\"?"),
    ("up == 0 and on (core) node_load > 4", "the left side of and has no label \"core\""),
    ("up + on (x) node_load", "each side of + has no label \"x\""),
    (
      "sum by (node) (node_load) > sum by (guest) (guest_memory_bytes)",
      "the left side of > has \"node\", the right side has not: nothing can match"
    ),
    ("sum(up) > node_load{core=\"1\"}", "the right side of > has \"core\", the left side has not"),
    (
      "node_load * on (node) group_left (guest) sum by (node) (guest_memory_bytes)",
      "the side that a label is taken from has no label \"guest\""
    ),
  ])
  func `what can never match is remarked at its place`(
    expression: String,
    expected: String
  ) throws {
    let found = try remarks(expression)
    #expect(found.contains { $0.contains(expected) }, "\(found)")
  }

  @Test func `recorded names and their labels are known`() throws {
    let found = try review(
      """
      groups:
        - name: g
          rules:
            - {record: node:load, expr: sum by (node) (node_load), labels: {source: rules}}
            - {alert: A, expr: 'node:load{source="rules"} > 1 and on (node) up'}
            - {alert: B, expr: 'node:load{core="1"} > 1'}
            - {alert: C, expr: 'nod:load > 1'}
      """
    ).remarks.map(\.description)
    #expect(found.count == 2)
    #expect(found.first?.contains("\"node:load\" has no label \"core\"") == true, "\(found)")
    #expect(found.last?.contains("did you mean \"node:load\"?") == true, "\(found)")
  }

  @Test func `what alerts lack is told once for a file`() throws {
    let lacks = try review(
      """
      groups:
        - name: g
          rules:
            - {alert: Down, expr: up == 0}
            - {alert: Load, expr: node_load > 4, labels: {severity: page}}
            - alert: Good
              expr: node_load > 4
              for: 1m
              labels: {severity: page}
              annotations: {summary: s, runbook_url: u}
      """
    ).lacks.map(\.description)
    #expect(
      lacks == [
        "rules.yml: no `for`: Load",
        "rules.yml: no label `severity`: Down",
        "rules.yml: no annotation `summary`: Down, Load",
        "rules.yml: no annotation `runbook_url`: Down, Load",
      ]
    )
  }

  @Test func `the same rule twice is remarked, also in another group of the file`() throws {
    let found = try review(
      """
      groups:
        - {name: a, rules: [{alert: A, expr: up == 0, labels: {severity: page}}]}
        - {name: b, rules: [{alert: A, expr: up == 1, labels: {severity: page}}]}
      """
    ).remarks.map(\.description)
    #expect(
      found == [
        "rules.yml: 3:23: group \"b\", rule 1, \"A\": duplicate rule: group \"a\", rule 1, \"A\""
          + " has the same name and labels"
      ]
    )
  }
}
