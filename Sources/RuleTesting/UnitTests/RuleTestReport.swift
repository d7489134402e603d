// SPDX-License-Identifier: MIT
import MetricModel
import PromQL

/// What tests came to, as lines for people, in promtool's form with the differences spelt out.
package enum RuleTestReport {
  /// The lines of one failed test; the differences stand below what was expected and what came.
  package static func lines(of outcome: RuleTestOutcome) -> [String] {
    var lines = outcome.name.isEmpty ? [] : ["    name: \(outcome.name),"]
    for failure in outcome.failures { lines += Self.lines(of: failure) }
    return lines
  }

  private static func lines(of failure: RuleTestFailure) -> [String] {
    switch failure {
    case .rule(let name, let time, let reason):
      return ["    rule: \(name), time: \(DurationText.text(of: time)), err: \(reason)"]
    case .expression(let text, let time, let reason):
      return [
        "    expr: \(text.quotedForPromQL), time: \(DurationText.text(of: time)), err: \(reason)"
      ]
    case .alerts(let name, let time, let expected, let got):
      return ["    alertname: \(name), time: \(DurationText.text(of: time)),"]
        + list("exp", expected.map(text)) + list("got", got.map(text))
        + differences(expected, got)
    case .samples(let expression, let time, let expected, let got):
      return [
        "    expr: \(expression.quotedForPromQL), time: \(DurationText.text(of: time)),"
      ]
        + list("exp", expected.map(text))
        + list("got", got.map(text))
        + differences(expected, got)
    }
  }

  private static func list(_ title: String, _ items: [String]) -> [String] {
    guard !items.isEmpty else { return ["        \(title): nil"] }
    return items.enumerated().map { index, item in
      (index == 0 ? "        \(title): " : "             ") + item
    }
  }

  private static func text(_ alert: TestedAlert) -> String {
    "labels \(alert.labels) annotations \(alert.annotations)"
  }

  private static func text(_ sample: TestedSample) -> String {
    "\(sample.labels) \(number(sample.value))"
  }

  /// The fewest digits that read back the same: values that differ at all look different.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  private static func differences(_ expected: [TestedAlert], _ got: [TestedAlert]) -> [String] {
    var missing = expected
    var surplus: [TestedAlert] = []
    for alert in got {
      if let index = missing.firstIndex(of: alert) {
        missing.remove(at: index)
      } else {
        surplus.append(alert)
      }
    }
    var lines: [String] = []
    for alert in missing {
      guard
        let nearest = surplus.indices.min(by: { left, right in
          distance(alert, surplus[left]) < distance(alert, surplus[right])
        })
      else {
        lines.append("        missing: \(alert.labels)")
        continue
      }
      let other = surplus.remove(at: nearest)
      lines.append("        differs: \(other.labels)")
      lines += differences("label", alert.labels, other.labels)
      lines += differences("annotation", alert.annotations, other.annotations)
    }
    return lines + surplus.map { "        not expected: \($0.labels)" }
  }

  private static func differences(
    _ kind: String,
    _ expected: LabelSet,
    _ got: LabelSet
  ) -> [String] {
    names(expected, got).flatMap { name in
      [
        "          \(kind) \(name)",
        "            exp: \(expected[name]?.quotedForPromQL ?? "nothing")",
        "            got: \(got[name]?.quotedForPromQL ?? "nothing")",
      ]
    }
  }

  /// The names whose values differ.
  private static func names(_ left: LabelSet, _ right: LabelSet) -> [String] {
    Set((left.labels + right.labels).map(\.name)).filter { left[$0] != right[$0] }.sorted()
  }

  private static func distance(_ left: TestedAlert, _ right: TestedAlert) -> Int {
    2 * names(left.labels, right.labels).count + names(left.annotations, right.annotations).count
  }

  private static func differences(_ expected: [TestedSample], _ got: [TestedSample]) -> [String] {
    let wanted = Dictionary(expected.map { ($0.labels, $0.value) }) { first, _ in first }
    let found = Dictionary(got.map { ($0.labels, $0.value) }) { first, _ in first }
    return Set(wanted.keys).union(found.keys).sorted().compactMap { labels in
      switch (wanted[labels], found[labels]) {
      case (let value?, nil): "        missing: \(labels) \(number(value))"
      case (nil, let value?): "        not expected: \(labels) \(number(value))"
      case (let wanted?, let found?) where wanted != found:
        "        differs: \(labels) exp \(number(wanted)) got \(number(found))"
      default: nil
      }
    }
  }
}
