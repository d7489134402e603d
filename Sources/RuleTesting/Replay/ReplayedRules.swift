// SPDX-License-Identifier: MIT
package import MetricModel

/// What rules would have told over a span of history.
package struct ReplayedRules: Sendable {
  /// The span.
  package let span: ClosedRange<Timestamp>
  /// Every alert that fired in it, in the order of their beginning.
  package var alerts: [ReplayedAlert] = []
  /// One for each rule, in the order of the files.
  package var rules: [ReplayedRule] = []
}

/// One alert that fired.
package struct ReplayedAlert: Equatable, Sendable {
  /// The group of its rule.
  package let group: String
  /// `alertname` included.
  package let labels: LabelSet
  /// As they were told first.
  package let annotations: LabelSet
  /// The value when it began to fire.
  package let value: Double
  /// When it began to fire.
  package let firedAt: Timestamp
  /// When it ended; nil when it still fires at the end of the span.
  package var endedAt: Timestamp?
  /// It fired before the span already; when it began is not known.
  package let beganBefore: Bool

  /// Describes an alert.
  package init(
    group: String,
    labels: LabelSet,
    annotations: LabelSet,
    value: Double,
    firedAt: Timestamp,
    endedAt: Timestamp? = nil,
    beganBefore: Bool
  ) {
    self.group = group
    self.labels = labels
    self.annotations = annotations
    self.value = value
    self.firedAt = firedAt
    self.endedAt = endedAt
    self.beganBefore = beganBefore
  }

  /// The annotation `summary`, else `description`; empty when it has neither.
  package var summary: String { annotations["summary"] ?? annotations["description"] ?? "" }
}

/// One rule over the span.
package struct ReplayedRule: Equatable, Sendable {
  /// Its group.
  package let group: String
  /// The alert's name or the recorded metric's.
  package let name: String
  /// It alerts; else it records.
  package let isAlerting: Bool
  /// How many alerts fired.
  package var firedCount = 0
  /// How many waited for their hold duration and ended before it.
  package var pendingOnlyCount = 0
  /// The longest that one alert fired within the span.
  package var longest = Duration.zero
  /// How many samples it gave at all evaluations.
  package var sampleCount = 0
  /// How many times it was evaluated.
  package var evaluationCount = 0
  /// How long the evaluations took, all together.
  package var took = Duration.zero
  /// Why it could not be evaluated; nil when it could.
  package var failure: String?
}
