// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import PromQL
import Rules
import TestSupport

/// Seconds after the Unix epoch.
func at(_ seconds: Int) -> Timestamp { Timestamp(unixMilliseconds: Int64(seconds) * 1_000) }

/// Minutes after the Unix epoch.
func minute(_ minutes: Int) -> Timestamp { at(minutes * 60) }

/// Reads one rule file.
func ruleSet(_ text: String, file: String = "rules.yml") throws -> RuleSet {
  try RuleSet(reading: [RuleSet.File(name: file, text: Array(text.utf8))])
}

/// The faults of one rule file, as they are printed.
func faults(_ text: String) -> [String] {
  do throws(RuleFileFaults) {
    _ = try RuleSet(reading: [RuleSet.File(name: "rules.yml", text: Array(text.utf8))])
    return []
  } catch {
    return error.issues.map(\.description)
  }
}

/// An alerting rule without a file.
func alertingRule(
  _ name: String = "Down",
  _ expression: String = "nginx_up == 0",
  hold: Duration = .zero,
  keep: Duration = .zero,
  labels: [String: String] = [:],
  annotations: [String: String] = [:],
  limit: Int? = nil
) throws -> AlertingRule {
  func fields(_ texts: [String: String]) throws -> [AlertingRule.Field] {
    try texts.sorted { $0.key < $1.key }.map { name, text in
      let variables = AlertingRule.templateVariables
      return AlertingRule.Field(name, try TextTemplate(parsing: text, variables: variables))
    }
  }
  return AlertingRule(
    name: name,
    expression: try PromQLParser.parse(expression),
    expressionText: expression,
    holdDuration: hold,
    keepFiringFor: keep,
    labels: try fields(labels),
    annotations: try fields(annotations),
    limit: limit,
    identity: RuleIdentity(
      .alert,
      group: "g",
      name: name,
      expression: expression,
      labels: labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    )
  )
}

/// A condition that holds for one instance.
func condition(_ instance: String, value: Double = 0, note: String = "") -> AlertCondition {
  AlertCondition(
    labels: LabelSet(["alertname": "Down", "instance": instance]),
    sampleLabels: LabelSet(["instance": instance]),
    annotations: note.isEmpty ? [] : [Label("note", note)],
    value: value
  )
}

/// Answers queries from series in memory.
func querying(_ series: MemorySeries) -> StoredSeriesQuerying {
  StoredSeriesQuerying(engine: QueryEngine(), reading: series)
}

/// Expands a template the way alert rules do.
func expand(
  _ text: String,
  labels: [String: String] = ["instance": "a:1", "job": "web", "a-b": "dash"],
  value: Double = 0.5,
  now: Timestamp = at(1_000),
  query: TemplateContext.Query? = nil
) throws -> String {
  let template = try TextTemplate(parsing: text, variables: AlertingRule.templateVariables)
  let labels = TemplateValue.map(labels.mapValues { .text($0) })
  return try template.expand(
    in: TemplateContext(
      data: .record(["Labels": labels, "Value": .number(value)]),
      variables: [
        "labels": labels, "value": .number(value), "externalLabels": .map(["dc": .text("x")]),
        "externalURL": .text("http://mon/p"),
      ],
      now: now,
      externalURL: "http://mon/p",
      query: query
    )
  )
}

/// The fault of a template, when it is parsed or expanded.
func templateFault(_ text: String, value: Double = 0.5) -> String? {
  do {
    _ = try expand(text, value: value)
    return nil
  } catch {
    return "\(error)"
  }
}
