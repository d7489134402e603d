// SPDX-License-Identifier: MIT
package import Configuration
package import MetricModel
package import PromQL

/// A file of unit tests for rules.
package struct RuleTestFile: Sendable {
  /// As the user named it.
  package let file: String
  /// Patterns of rule files, relative to this file.
  package let ruleFiles: [String]
  /// The distance of evaluations, and the step of subqueries that name none.
  package let evaluationInterval: Duration
  /// Groups in the order of their evaluation; others come first.
  package let groupOrder: [String]
  /// Values that are neighbours count as equal.
  package let comparesFuzzily: Bool
  /// In the order of the file.
  package let tests: [RuleTest]
  /// What is allowed but hardly meant.
  package let warnings: [SettingsIssue]
}

/// One test: series, and what rules and expressions make of them.
package struct RuleTest: Sendable {
  /// As the file says; empty when it says none.
  package let name: String
  /// The distance of the series' values.
  package let interval: Duration
  /// The time of the first value and of the first evaluation.
  package let start: Timestamp
  /// The series.
  package let series: [SeriesNotation]
  /// For templates.
  package let externalLabels: LabelSet
  /// For templates.
  package let externalURL: String
  /// Which alerts fire when.
  package let alertChecks: [AlertCheck]
  /// What expressions give.
  package let expressionChecks: [ExpressionCheck]

  /// Which alerts of a name fire at a time.
  package struct AlertCheck: Sendable {
    /// After the start.
    package let time: Duration
    /// The alert's name.
    package let alertname: String
    /// All that fire.
    package let expected: [TestedAlert]
  }

  /// What an expression gives at a time.
  package struct ExpressionCheck: Sendable {
    /// After the start.
    package let time: Duration
    /// As written.
    package let text: String
    /// Parsed.
    package let expression: Expression
    /// In any order.
    package let expected: [TestedSample]
  }

  /// The latest time that is looked at, after the start.
  package var length: Duration {
    (alertChecks.map(\.time) + expressionChecks.map(\.time)).max() ?? .zero
  }
}

/// A firing alert, as expected or as it came.
package struct TestedAlert: Equatable, Sendable {
  /// `alertname` included.
  package let labels: LabelSet
  /// Without empty values, sorted by name.
  package let annotations: LabelSet
}

/// A sample, as expected or as it came.
package struct TestedSample: Equatable, Sendable {
  /// The metric name included.
  package let labels: LabelSet
  /// Its value.
  package let value: Double

  /// Pairs labels with a value.
  package init(_ labels: LabelSet, _ value: Double) {
    self.labels = labels
    self.value = value
  }
}

/// Why a test file was refused.
package struct RuleTestFaults: Error, Sendable {
  /// Everything that is wrong, at least one, in the order of the file.
  package let issues: [SettingsIssue]
}
