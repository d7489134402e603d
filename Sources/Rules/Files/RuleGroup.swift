// SPDX-License-Identifier: MIT
package import MetricModel
package import PromQL

/// Rules that are evaluated together, in order, at the same times.
package struct RuleGroup: Sendable {
  /// The file it stands in, as the user named it.
  package let file: String
  /// Unique within its file.
  package let name: String
  /// The distance of its evaluations; nil takes the general one.
  package let interval: Duration?
  /// How far before the evaluation time the rules look and write.
  package let queryOffset: Duration
  /// The most alerts of an alerting rule, and series of a recording rule; nil for no limit.
  package let limit: Int?
  /// In the order of evaluation.
  package let rules: [Rule]

  /// Describes a group.
  package init(
    file: String,
    name: String,
    interval: Duration? = nil,
    queryOffset: Duration = .zero,
    limit: Int? = nil,
    rules: [Rule]
  ) {
    self.file = file
    self.name = name
    self.interval = interval
    self.queryOffset = queryOffset
    self.limit = limit
    self.rules = rules
  }

  /// What the rules read that the group does not write itself: when any of it changed, it is time
  /// to evaluate.
  package var inputs: RuleInputs {
    var names: Set<String> = []
    var readsAll = false
    var written: Set<String> = ["ALERTS", "ALERTS_FOR_STATE"]
    for rule in rules {
      for use in rule.expression.selectorUses {
        if let name = use.selector.metricName { names.insert(name) } else { readsAll = true }
      }
      if case .recording(let recording) = rule { written.insert(recording.name) }
    }
    return RuleInputs(metricNames: names.subtracting(written), readsAll: readsAll)
  }
}

/// The metrics a group reads.
package struct RuleInputs: Equatable, Sendable {
  /// The names that its selectors fix.
  package let metricNames: Set<String>
  /// A selector fixes no name, so any series may be one it reads.
  package let readsAll: Bool

  /// Describes inputs.
  package init(metricNames: Set<String>, readsAll: Bool) {
    self.metricNames = metricNames
    self.readsAll = readsAll
  }
}

/// One rule of a group.
package enum Rule: Sendable {
  case alerting(AlertingRule)
  case recording(RecordingRule)

  /// What it evaluates.
  package var expression: Expression {
    switch self {
    case .alerting(let rule): rule.expression
    case .recording(let rule): rule.expression
    }
  }

  /// The expression as written.
  package var expressionText: String {
    switch self {
    case .alerting(let rule): rule.expressionText
    case .recording(let rule): rule.expressionText
    }
  }

  /// The alert's name or the recorded metric's.
  package var name: String {
    switch self {
    case .alerting(let rule): rule.name
    case .recording(let rule): rule.name
    }
  }

  /// What tells it from other rules, also after a restart.
  package var identity: RuleIdentity {
    switch self {
    case .alerting(let rule): rule.identity
    case .recording(let rule): rule.identity
    }
  }
}

/// A rule that writes the result of its expression as series of a new name.
package struct RecordingRule: Sendable {
  /// The name of the series it writes.
  package let name: String
  /// What it evaluates.
  package let expression: Expression
  /// The expression as written.
  package let expressionText: String
  /// Set on each series, over its own; the empty value removes a label.
  package let labels: [Label]
  /// What tells it from other rules.
  package let identity: RuleIdentity

  /// Describes a rule.
  package init(
    name: String,
    expression: Expression,
    expressionText: String,
    labels: [Label] = [],
    identity: RuleIdentity
  ) {
    self.name = name
    self.expression = expression
    self.expressionText = expressionText
    self.labels = labels
    self.identity = identity
  }
}

/// A rule that watches a condition, one alert instance for each series of its expression.
package struct AlertingRule: Sendable {
  /// A label or annotation whose value is a template.
  package struct Field: Sendable {
    /// The label's or annotation's name.
    package let name: String
    /// Its value.
    package let template: TextTemplate

    /// Pairs a name with a template.
    package init(_ name: String, _ template: TextTemplate) {
      self.name = name
      self.template = template
    }
  }

  /// The alert's name.
  package let name: String
  /// True for every series that it gives.
  package let expression: Expression
  /// The expression as written.
  package let expressionText: String
  /// How long the condition holds before the alert fires: `for`.
  package let holdDuration: Duration
  /// How long it goes on firing after the condition ended: `keep_firing_for`.
  package let keepFiringFor: Duration
  /// Set on each alert, over the sample's labels, in this order.
  package let labels: [Field]
  /// What is told with each alert, sorted by name.
  package let annotations: [Field]
  /// The most pending and firing instances; nil for no limit.
  package let limit: Int?
  /// What tells it from other rules.
  package let identity: RuleIdentity
  /// It reads only metrics that exist whether their target answers or not, such as `up`: what is
  /// absent from its result is known to be over.
  let isAboutReachability: Bool

  /// Describes a rule.
  package init(
    name: String,
    expression: Expression,
    expressionText: String,
    holdDuration: Duration = .zero,
    keepFiringFor: Duration = .zero,
    labels: [Field] = [],
    annotations: [Field] = [],
    limit: Int? = nil,
    identity: RuleIdentity
  ) {
    self.name = name
    self.expression = expression
    self.expressionText = expressionText
    self.holdDuration = holdDuration
    self.keepFiringFor = keepFiringFor
    self.labels = labels
    self.annotations = annotations
    self.limit = limit
    self.identity = identity
    let names = expression.selectorUses.map(\.selector.metricName)
    isAboutReachability = names.allSatisfy { name in
      name.map { Self.reachabilityMetrics.contains($0) } ?? false
    }
  }

  /// The metrics that are written for every target at every poll, also at a failed one, and those
  /// that the rules write themselves.
  package static let reachabilityMetrics: Set<String> = [
    "up", "scrape_duration_seconds", "scrape_samples_scraped", "ALERTS", "ALERTS_FOR_STATE",
  ]
}
