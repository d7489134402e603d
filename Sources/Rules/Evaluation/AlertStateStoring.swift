// SPDX-License-Identifier: MIT
package import MetricModel

/// Keeps alert instances across restarts of the program.
package protocol AlertStateStoring: Sendable {
  /// Every instance that was saved and not removed since, in no order.
  ///
  /// - Throws: ``AlertStateError`` when they could not be read.
  func load() async throws(AlertStateError) -> [StoredAlertInstance]

  /// Makes changes durable, all or none; returns when they are safe.
  ///
  /// - Throws: ``AlertStateError`` when they could not be written.
  func save(_ changes: AlertStateChanges) async throws(AlertStateError)
}

/// Why alert instances could not be read or written.
package struct AlertStateError: Error, Equatable, Sendable {
  /// What went wrong, as half a sentence.
  package let reason: String

  /// Keeps the reason.
  package init(reason: String) {
    self.reason = reason
  }
}

/// An alert instance as it is stored.
package struct StoredAlertInstance: Equatable, Sendable {
  /// What identifies a stored instance.
  package struct Key: Hashable, Sendable {
    /// The rule.
    package let rule: RuleIdentity
    /// The instance's labels.
    package let labels: LabelSet

    /// Pairs a rule with labels.
    package init(rule: RuleIdentity, labels: LabelSet) {
      self.rule = rule
      self.labels = labels
    }
  }

  /// The rule it belongs to.
  package let rule: RuleIdentity
  /// The rule's expression as written.
  package let expression: String
  /// The identity within the rule.
  package let labels: LabelSet
  /// The sample's labels without the metric name.
  package let sampleLabels: LabelSet
  /// The annotations at the last change, sorted by name.
  package let annotations: [Label]
  /// When the condition began to hold.
  package let activeAt: Timestamp
  /// When it began to fire; nil while pending.
  package let firedAt: Timestamp?
  /// When `keep_firing_for` began to keep it.
  package let keepFiringSince: Timestamp?
  /// When it stopped firing; nil while active.
  package let resolvedAt: Timestamp?
  /// The value at the last change.
  package let lastValue: Double

  /// Describes a stored instance; one that is resolved has fired.
  package init(
    rule: RuleIdentity,
    expression: String,
    labels: LabelSet,
    sampleLabels: LabelSet,
    annotations: [Label],
    activeAt: Timestamp,
    firedAt: Timestamp?,
    keepFiringSince: Timestamp?,
    resolvedAt: Timestamp?,
    lastValue: Double
  ) {
    self.rule = rule
    self.expression = expression
    self.labels = labels
    self.sampleLabels = sampleLabels
    self.annotations = annotations
    self.activeAt = activeAt
    self.firedAt = firedAt
    self.keepFiringSince = keepFiringSince
    self.resolvedAt = resolvedAt
    self.lastValue = lastValue
  }

  /// What identifies it.
  package var key: Key { Key(rule: rule, labels: labels) }
}

extension StoredAlertInstance {
  /// The instance of a rule.
  init(_ instance: AlertInstance, of rule: RuleIdentity, expression: String) {
    var firedAt: Timestamp?
    var resolvedAt: Timestamp?
    switch instance.phase {
    case .pending: break
    case .firing(let since): firedAt = since
    case .resolved(let fired, let end): (firedAt, resolvedAt) = (fired, end)
    }
    self.init(
      rule: rule,
      expression: expression,
      labels: instance.labels,
      sampleLabels: instance.sampleLabels,
      annotations: instance.annotations,
      activeAt: instance.activeAt,
      firedAt: firedAt,
      keepFiringSince: instance.keepFiringSince,
      resolvedAt: resolvedAt,
      lastValue: instance.value
    )
  }

  /// The instance as it was.
  var instance: AlertInstance {
    let phase: AlertInstance.Phase =
      switch (firedAt, resolvedAt) {
      case (nil, _): .pending
      case (let fired?, nil): .firing(since: fired)
      case (let fired?, let end?): .resolved(firedAt: fired, at: end)
      }
    return AlertInstance(
      labels: labels,
      sampleLabels: sampleLabels,
      annotations: annotations,
      value: lastValue,
      activeAt: activeAt,
      phase: phase,
      keepFiringSince: keepFiringSince
    )
  }
}

/// What has to be written after evaluations.
package struct AlertStateChanges: Equatable, Sendable {
  /// New or changed; each replaces the stored one of the same key.
  package var saved: [StoredAlertInstance] = []
  /// No longer kept; no key is both saved and removed.
  package var removed: [StoredAlertInstance.Key] = []

  /// No changes.
  package init() {}

  /// There is nothing to write.
  package var isEmpty: Bool { saved.isEmpty && removed.isEmpty }

  /// Adds later changes, which win over these.
  package mutating func append(_ later: AlertStateChanges) {
    guard !later.isEmpty else { return }
    let changed = Set(later.saved.map(\.key)).union(later.removed)
    saved.removeAll { changed.contains($0.key) }
    removed.removeAll { changed.contains($0) }
    saved += later.saved
    removed += later.removed
  }
}
