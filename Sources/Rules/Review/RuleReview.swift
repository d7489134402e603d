// SPDX-License-Identifier: MIT
package import Configuration
import MetricModel
import PromQL
import YAML

/// What is allowed in rules but hardly meant, and what an operator will miss at night.
package struct RuleReview {
  /// Each with its place, in the order of the files.
  package private(set) var remarks: [SettingsIssue]
  /// What many alerts lack, one for each file and lack.
  package private(set) var lacks: [SettingsIssue] = []

  /// So many alerts are named where all lack the same.
  private static let namedMax = 5

  /// Reviews rules.
  ///
  /// - Parameters:
  ///   - rules: The rules, with their places.
  ///   - metrics: What is collected.
  package init(of rules: LocatedRules, knowing metrics: MetricKnowledge) {
    remarks = rules.set.warnings
    let recorded = Self.recorded(by: rules.set, knowing: metrics)
    for rule in rules.set.groups.flatMap(\.rules) {
      guard let place = rules.places[rule.identity] else { continue }
      var review = ExpressionReview(metrics: metrics, recorded: recorded)
      _ = review.labels(of: rule.expression)
      for remark in review.remarks {
        remarks.append(place.issue(at: place.mark(of: remark.position), remark.text))
      }
    }
    for file in rules.set.groups.map(\.file).uniqued {
      lacks += Self.lacks(of: rules.set.groups.filter { $0.file == file }, in: file)
    }
  }

  /// The labels of recorded series; a rule may read what one before it records.
  private static func recorded(
    by rules: RuleSet,
    knowing metrics: MetricKnowledge
  ) -> [String: KnownLabels] {
    var recorded: [String: KnownLabels] = [:]
    for case .recording(let rule) in rules.groups.flatMap(\.rules) {
      var review = ExpressionReview(metrics: metrics, recorded: recorded)
      var labels = review.labels(of: rule.expression)
      labels = labels.adding(rule.labels.filter { !$0.value.isEmpty }.map(\.name))
      labels = labels.removing(rule.labels.filter { $0.value.isEmpty }.map(\.name))
      recorded[rule.name] = recorded[rule.name].map { $0.union(labels) } ?? labels
    }
    return recorded
  }

  private static func lacks(of groups: [RuleGroup], in file: String) -> [SettingsIssue] {
    var alerts: [AlertingRule] = []
    for case .alerting(let rule) in groups.flatMap(\.rules) { alerts.append(rule) }
    let kinds: [(text: String, isMissing: (AlertingRule) -> Bool)] = [
      // What is known of a target's answer is settled before rules see it.
      ("no `for`", { $0.holdDuration == .zero && !$0.isAboutReachability }),
      ("no label `severity`", { !$0.labels.contains { $0.name == "severity" } }),
      ("no annotation `summary`", { !$0.annotations.contains { $0.name == "summary" } }),
      (
        "no annotation `runbook_url`",
        { !$0.annotations.contains { $0.name == "runbook_url" || $0.name == "runbook" } }
      ),
    ]
    return kinds.compactMap { kind in
      let names = alerts.filter(kind.isMissing).map(\.name).uniqued
      guard !names.isEmpty else { return nil }
      let shown = names.prefix(namedMax).joined(separator: ", ")
      let rest = names.count - namedMax
      let list = rest > 0 ? "\(shown) and \(rest) more" : shown
      return SettingsIssue(file: file, mark: nil, key: "", message: "\(kind.text): \(list)")
    }
  }
}

extension [String] {
  /// Each once, in the order of the first.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
