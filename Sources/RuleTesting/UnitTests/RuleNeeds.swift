// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Rules

/// Which rules a test needs: those that a check sees, those that these read, and those that read a
/// series of the test and could fail.
struct RuleNeeds {
  private static let alertSeries: Set<String> = ["ALERTS", "ALERTS_FOR_STATE"]

  private let alertNames: Set<String>
  private let given: Set<String>
  /// A series of the test has no name.
  private let hasNameless: Bool
  private var readNames: Set<String> = []
  private var readsAll = false

  init(of test: RuleTest) {
    alertNames = Set(test.alertChecks.map(\.alertname))
    let names = test.series.map(\.labels.metricName)
    given = Set(names.compactMap { $0 })
    hasNameless = names.contains { $0 == nil }
    for check in test.expressionChecks { read(check.expression) }
  }

  /// The groups with only the rules that are needed; groups without any are left out.
  func groups(of all: [RuleGroup]) -> [RuleGroup] {
    var needs = self
    var kept = all.map { $0.rules.map { needs.isNeeded($0) } }
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (group, rules) in all.map(\.rules).enumerated() {
        for (index, rule) in rules.enumerated() where kept[group][index] || needs.isNeeded(rule) {
          kept[group][index] = true
          if needs.readAll(of: rule) { isGrowing = true }
        }
      }
    }
    return zip(all, kept).compactMap { group, kept in
      let rules = zip(group.rules, kept).compactMap { rule, isKept in isKept ? rule : nil }
      guard !rules.isEmpty else { return nil }
      return RuleGroup(
        file: group.file,
        name: group.name,
        interval: group.interval,
        queryOffset: group.queryOffset,
        limit: group.limit,
        rules: rules
      )
    }
  }

  private func isNeeded(_ rule: Rule) -> Bool {
    if readsAll { return true }
    switch rule {
    case .alerting(let alerting):
      if alertNames.contains(alerting.name) || !readNames.isDisjoint(with: Self.alertSeries) {
        return true
      }
    case .recording(let recording):
      if readNames.contains(recording.name) { return true }
    }
    return rule.expression.selectorUses.contains { use in
      use.selector.metricName.map { given.contains($0) } ?? (hasNameless || !given.isEmpty)
    }
  }

  /// Notes what a rule reads; true when that is new.
  private mutating func readAll(of rule: Rule) -> Bool {
    let before = (readNames.count, readsAll)
    read(rule.expression)
    // What a template asks for is known only when it is expanded.
    if case .alerting(let alerting) = rule, alertNames.contains(alerting.name),
      (alerting.labels + alerting.annotations).contains(where: {
        !$0.template.isLiteral && $0.template.text.contains("query")
      })
    {
      readsAll = true
    }
    return before != (readNames.count, readsAll)
  }

  private mutating func read(_ expression: Expression) {
    for use in expression.selectorUses {
      if let name = use.selector.metricName { readNames.insert(name) } else { readsAll = true }
    }
  }
}
