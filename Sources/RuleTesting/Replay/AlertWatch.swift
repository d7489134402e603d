// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Rules

/// One alerting rule while it is replayed: its instances, and what fired so far.
struct AlertWatch {
  private let rule: AlertingRule
  /// The rule without annotations: they are expanded for what begins to fire only.
  private let bare: AlertingRule
  private let group: String
  private let span: ClosedRange<Timestamp>
  private var state = AlertingRuleState()
  private var running: [LabelSet: Int] = [:]
  private var pendingOnlyCount = 0
  private var failure: String?
  private var firstTime: Timestamp?
  private(set) var alerts: [ReplayedAlert] = []

  init(_ rule: AlertingRule, group: String, span: ClosedRange<Timestamp>) {
    self.rule = rule
    self.group = group
    self.span = span
    bare = AlertingRule(
      name: rule.name,
      expression: rule.expression,
      expressionText: rule.expressionText,
      holdDuration: rule.holdDuration,
      keepFiringFor: rule.keepFiringFor,
      labels: rule.labels,
      limit: rule.limit,
      identity: rule.identity
    )
  }

  /// Advances by one evaluation; gives what the rule writes.
  mutating func step(
    _ samples: [VectorSample],
    at time: Timestamp,
    _ values: RuleTemplateValues,
    using querying: StoredSeriesQuerying,
    isUnreachable: (LabelSet) -> Bool
  ) -> [RuleSamples.Value] {
    firstTime = firstTime ?? time
    guard !samples.isEmpty || !state.instances.isEmpty else { return [] }
    let conditions = bare.conditions(of: samples, at: time, values, using: querying)
    let step = bare.step(state, with: conditions, at: time, isUnreachable: isUnreachable)
    if let reason = step.failure { failure = reason.description }
    pendingOnlyCount += state.instances.values.count { instance in
      instance.phase == .pending && step.state.instances[instance.labels] == nil
    }
    state = step.state
    for alert in step.resolved {
      guard let index = running.removeValue(forKey: alert.labels) else { continue }
      alerts[index].endedAt = time
    }
    for alert in step.firing where running[alert.labels] == nil {
      let place = conditions.firstIndex { $0.labels == alert.labels }
      let full = place.map { [samples[$0]] } ?? []
      let told = rule.conditions(of: full, at: time, values, using: querying).first
      running[alert.labels] = alerts.count
      alerts.append(
        ReplayedAlert(
          group: group,
          labels: alert.labels,
          annotations: LabelSet(told?.annotations ?? []),
          value: alert.value,
          firedAt: alert.startsAt,
          beganBefore: state.instances[alert.labels]?.activeAt == firstTime
        )
      )
    }
    return step.values
  }

  /// What there is to say of the rule at the end.
  func report(failure stop: String?) -> ReplayedRule {
    var report = ReplayedRule(group: group, name: rule.name, isAlerting: true)
    report.firedCount = alerts.count
    report.pendingOnlyCount = pendingOnlyCount
    report.longest =
      alerts.map { ($0.endedAt ?? span.upperBound) - $0.firedAt }.max() ?? .zero
    report.failure = stop ?? failure
    return report
  }
}
