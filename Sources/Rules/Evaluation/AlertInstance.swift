// SPDX-License-Identifier: MIT
package import MetricModel

/// One label set of one alerting rule and where it stands.
package struct AlertInstance: Equatable, Sendable {
  /// Where an instance stands; inactive ones are not kept, but for those just resolved.
  package enum Phase: Equatable, Sendable {
    /// The condition holds, not yet for long enough.
    case pending
    /// It fires since that evaluation.
    case firing(since: Timestamp)
    /// It fired since one evaluation and stopped at another.
    case resolved(firedAt: Timestamp, at: Timestamp)
  }

  /// The identity: sample labels without the metric name, the rule's labels, `alertname`.
  package let labels: LabelSet
  /// The sample's labels without the metric name: they tell which target it is about.
  package let sampleLabels: LabelSet
  /// The latest annotations, sorted by name.
  package var annotations: [Label]
  /// The latest value while the condition held.
  package var value: Double
  /// The evaluation from which on the condition held.
  package var activeAt: Timestamp
  /// Where it stands.
  package var phase: Phase
  /// The evaluation at which a firing instance was first kept by `keep_firing_for`.
  package var keepFiringSince: Timestamp?
  /// Whether the condition holds cannot be known now.
  package var isUnknown = false
  /// Restored from before a restart and not seen since: absence says nothing before this time.
  package var heldUntil: Timestamp?

  /// Describes an instance.
  package init(
    labels: LabelSet,
    sampleLabels: LabelSet,
    annotations: [Label],
    value: Double,
    activeAt: Timestamp,
    phase: Phase = .pending,
    keepFiringSince: Timestamp? = nil
  ) {
    self.labels = labels
    self.sampleLabels = sampleLabels
    self.annotations = annotations
    self.value = value
    self.activeAt = activeAt
    self.phase = phase
    self.keepFiringSince = keepFiringSince
  }

  /// It is pending or firing.
  package var isActive: Bool {
    if case .resolved = phase { false } else { true }
  }

  /// It fires.
  package var isFiring: Bool {
    if case .firing = phase { true } else { false }
  }

  /// The instance as it is told to the notification planner; nil while pending.
  package func alert(of expression: String) -> Alert? {
    let (startsAt, endsAt): (Timestamp, Timestamp?)
    switch phase {
    case .pending: return nil
    case .firing(let since): (startsAt, endsAt) = (since, nil)
    case .resolved(let firedAt, let end): (startsAt, endsAt) = (firedAt, end)
    }
    return Alert(
      labels: labels,
      annotations: annotations,
      value: value,
      startsAt: startsAt,
      endsAt: endsAt,
      isUnknown: isUnknown,
      expression: expression
    )
  }
}

/// All instances of one alerting rule, and the series it wrote for them.
package struct AlertingRuleState: Equatable, Sendable {
  /// By their labels.
  package var instances: [LabelSet: AlertInstance]
  /// The `ALERTS` and `ALERTS_FOR_STATE` series of the last evaluation.
  var written: Set<LabelSet>
  /// Resolved instances from before a restart are told once more: their message may not have gone
  /// out.
  var repeatsResolved: Bool

  /// The state of a rule that was never evaluated.
  package init() {
    instances = [:]
    written = []
    repeatsResolved = false
  }

  /// The state with instances from before a restart.
  init(restored: [AlertInstance]) {
    instances = Dictionary(restored.map { ($0.labels, $0) }) { first, _ in first }
    repeatsResolved = restored.contains { !$0.isActive }
    written = []
    for instance in restored where instance.isActive {
      let (alerts, forState) = AlertSeries.labels(of: instance)
      written.insert(alerts)
      written.insert(forState)
    }
  }
}

/// The series that tell of alerts.
enum AlertSeries {
  /// `ALERTS` and `ALERTS_FOR_STATE` of an active instance.
  static func labels(of instance: AlertInstance) -> (alerts: LabelSet, forState: LabelSet) {
    let forState = instance.labels.setting(LabelSet.metricNameLabel, to: "ALERTS_FOR_STATE")
    let alerts = instance.labels.setting(LabelSet.metricNameLabel, to: "ALERTS")
      .setting("alertstate", to: instance.isFiring ? "firing" : "pending")
    return (alerts, forState)
  }
}
