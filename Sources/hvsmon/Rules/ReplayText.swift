// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import RuleTesting

/// A replay as text and as JSON; pure.
enum ReplayText {
  static func lines(_ outcome: ReplayedRules) -> [String] {
    var lines: [String] = []
    for alert in outcome.alerts {
      lines.append(
        "\(time(alert.firedAt))  \(title(alert.labels))  \(length(of: alert, in: outcome))"
          + ", value \(number(alert.value))"
      )
      if !alert.summary.isEmpty { lines.append("    \(alert.summary)") }
    }
    if outcome.alerts.isEmpty { lines.append("no alert would have been sent") }
    lines.append("")
    lines += table(outcome.rules)
    for rule in outcome.rules {
      guard let failure = rule.failure else { continue }
      lines.append("\(rule.name) of group \(rule.group) could not be evaluated: \(failure)")
    }
    return lines
  }

  private static func length(of alert: ReplayedAlert, in outcome: ReplayedRules) -> String {
    let before = alert.beganBefore ? "since before that, " : ""
    guard let end = alert.endedAt else { return before + "still firing" }
    return "\(before)for \(QuantityText.text(of: end - alert.firedAt))"
  }

  private static func table(_ rules: [ReplayedRule]) -> [String] {
    let head = ["RULE", "FIRED", "ONLY PENDING", "LONGEST", "EVALUATIONS", "COST"]
    let rows = rules.map { rule in
      [
        rule.name, rule.isAlerting ? String(rule.firedCount) : "-",
        rule.isAlerting ? String(rule.pendingOnlyCount) : "-",
        rule.isAlerting ? QuantityText.text(of: rule.longest) : "-",
        String(rule.evaluationCount), "\(rule.took.wholeMilliseconds)ms",
      ]
    }
    let widths = head.indices.map { column in
      ([head] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([head] + rows).map { row in
      zip(row, widths).enumerated().map { index, cell in
        let filler = String(repeating: " ", count: cell.1 - cell.0.count)
        return index == 0 ? cell.0 + filler : filler + cell.0
      }.joined(separator: "  ")
    }
  }

  private static func title(_ labels: LabelSet) -> String {
    let rest = labels.removing(["alertname"])
    return (labels["alertname"] ?? "") + (rest.isEmpty ? "" : " \(rest)")
  }

  private static func time(_ time: Timestamp) -> String { time.rfc3339Text }

  private static func number(_ value: Double) -> String {
    value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  static func json(_ outcome: ReplayedRules) -> String {
    var text = JSONText()
    text.raw("{\"start\":")
    text.string(outcome.span.lowerBound.rfc3339Text)
    text.raw(",\"end\":")
    text.string(outcome.span.upperBound.rfc3339Text)
    text.raw(",\"alerts\":[")
    for (index, alert) in outcome.alerts.enumerated() {
      if index > 0 { text.raw(",") }
      add(alert, to: &text)
    }
    text.raw("],\"rules\":[")
    for (index, rule) in outcome.rules.enumerated() {
      if index > 0 { text.raw(",") }
      add(rule, to: &text)
    }
    text.raw("]}")
    return String(decoding: text.bytes, as: UTF8.self)
  }

  private static func add(_ alert: ReplayedAlert, to text: inout JSONText) {
    text.raw("{\"group\":")
    text.string(alert.group)
    text.raw(",\"labels\":")
    text.object(alert.labels)
    text.raw(",\"annotations\":")
    text.object(alert.annotations)
    text.raw(",\"summary\":")
    text.string(alert.summary)
    // As the query API writes values: NaN and infinities are no JSON numbers.
    text.raw(",\"value\":")
    text.string(number(alert.value))
    text.raw(",\"firedAt\":")
    text.string(alert.firedAt.rfc3339Text)
    text.raw(",\"endedAt\":")
    if let end = alert.endedAt { text.string(end.rfc3339Text) } else { text.raw("null") }
    text.raw(",\"beganBefore\":\(alert.beganBefore)}")
  }

  private static func add(_ rule: ReplayedRule, to text: inout JSONText) {
    text.raw("{\"group\":")
    text.string(rule.group)
    text.raw(",\"name\":")
    text.string(rule.name)
    text.raw(",\"type\":\"\(rule.isAlerting ? "alerting" : "recording")\"")
    text.raw(",\"fired\":\(rule.firedCount),\"onlyPending\":\(rule.pendingOnlyCount)")
    text.raw(",\"longestSeconds\":\(rule.longest.inSeconds)")
    text.raw(",\"evaluations\":\(rule.evaluationCount),\"samples\":\(rule.sampleCount)")
    text.raw(",\"tookSeconds\":\(rule.took.inSeconds),\"failure\":")
    if let failure = rule.failure { text.string(failure) } else { text.raw("null") }
    text.raw("}")
  }
}
