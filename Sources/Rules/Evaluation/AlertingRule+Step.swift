// SPDX-License-Identifier: MIT
package import MetricModel

/// One sample for which an alerting rule's condition holds, with everything expanded.
package struct AlertCondition: Equatable, Sendable {
  /// The alert's labels.
  package let labels: LabelSet
  /// The sample's labels without the metric name.
  package let sampleLabels: LabelSet
  /// Sorted by name.
  package let annotations: [Label]
  /// The sample's value.
  package let value: Double

  /// Describes a condition.
  package init(
    labels: LabelSet,
    sampleLabels: LabelSet,
    annotations: [Label] = [],
    value: Double
  ) {
    self.labels = labels
    self.sampleLabels = sampleLabels
    self.annotations = annotations
    self.value = value
  }
}

/// What one evaluation of one alerting rule leads to.
package struct AlertingStep: Equatable, Sendable {
  /// The rule's state from now on.
  package var state: AlertingRuleState
  /// Every instance that fires, in label-set order.
  package var firing: [Alert] = []
  /// The instances that stopped firing at this evaluation, in label-set order; after a restart also
  /// those that stopped less than ``AlertingRule/resolvedRetention`` ago.
  package var resolved: [Alert] = []
  /// `ALERTS` and `ALERTS_FOR_STATE`, and a staleness marker for each of them that ended.
  package var values: [RuleSamples.Value] = []
  /// What has to be stored for a restart.
  package var changes = AlertStateChanges()
  /// The evaluation failed; everything above says what that means.
  package var failure: RuleError?
}

extension AlertingRule {
  /// How long a resolved instance is kept.
  package static let resolvedRetention = Duration.seconds(15 * 60)

  /// Advances the instances by one evaluation.
  ///
  /// An instance that is absent from the result, although nothing is known of its target, stays as
  /// it is and is marked unknown.
  ///
  /// - Parameters:
  ///   - state: The state after the last evaluation.
  ///   - conditions: For which label sets the condition holds now.
  ///   - time: The evaluation time; it rises from step to step.
  ///   - isUnreachable: The target that a sample with these labels is about cannot be asked now, or
  ///     was not asked yet.
  /// - Returns: The next state and what to tell of it. Two conditions with the same labels fail the
  ///   step and leave the state; more active instances than the limit fail it and drop all.
  package func step(
    _ state: AlertingRuleState,
    with conditions: [AlertCondition],
    at time: Timestamp,
    isUnreachable: (LabelSet) -> Bool
  ) -> AlertingStep {
    if conditions.isEmpty, state.instances.isEmpty, state.written.isEmpty {
      return AlertingStep(state: state)
    }
    var next = state
    next.repeatsResolved = false
    var present: Set<LabelSet> = []
    for condition in conditions {
      guard present.insert(condition.labels).inserted else {
        return unchanged(state, because: .duplicateLabels(.alerts))
      }
      next.instances[condition.labels] = instance(
        holding: condition,
        from: state.instances[condition.labels],
        at: time
      )
    }
    for (labels, instance) in state.instances where !present.contains(labels) {
      next.instances[labels] = absent(instance, at: time, isUnreachable: isUnreachable)
    }
    let activeCount = next.instances.values.count(where: \.isActive)
    if let limit, activeCount > limit {
      let failure = RuleError.limitExceeded(limit: limit, count: activeCount, .alerts)
      return dropped(state, at: time, because: failure)
    }
    return outcome(from: state, to: next, at: time)
  }

  /// The step of an evaluation that failed: the instances stay as they are.
  package func unchanged(
    _ state: AlertingRuleState,
    because failure: RuleError
  ) -> AlertingStep {
    var step = AlertingStep(state: state, failure: failure)
    step.firing = alerts(of: state.instances.values.filter(\.isFiring))
    return step
  }

  /// An instance whose condition holds.
  private func instance(
    holding condition: AlertCondition,
    from old: AlertInstance?,
    at time: Timestamp
  ) -> AlertInstance {
    var instance = AlertInstance(
      labels: condition.labels,
      sampleLabels: condition.sampleLabels,
      annotations: condition.annotations,
      value: condition.value,
      activeAt: time
    )
    if let old, old.isActive {
      instance.activeAt = old.activeAt
      instance.phase = old.phase
    }
    // A hold duration that a reload raised makes a firing instance wait again.
    if time - instance.activeAt < holdDuration {
      instance.phase = .pending
    } else if !instance.isFiring {
      instance.phase = .firing(since: time)
    }
    return instance
  }

  /// An instance that is not in the result; nil when it is no longer kept.
  private func absent(
    _ old: AlertInstance,
    at time: Timestamp,
    isUnreachable: (LabelSet) -> Bool
  ) -> AlertInstance? {
    var instance = old
    instance.isUnknown = false
    if case .resolved(_, let end) = old.phase {
      instance.isUnknown = old.isUnknown
      return time - end > Self.resolvedRetention ? nil : instance
    }
    // With `keepFiringSince` set it is known already that the condition ended.
    if old.keepFiringSince == nil, isHeld(old, at: time, isUnreachable) {
      instance.isUnknown = true
      return instance
    }
    instance.heldUntil = nil
    guard case .firing(let since) = old.phase else { return nil }
    if keepFiringFor > .zero {
      let keptSince = old.keepFiringSince ?? time
      instance.keepFiringSince = keptSince
      if time - keptSince < keepFiringFor { return instance }
    }
    instance.phase = .resolved(firedAt: since, at: time)
    return instance
  }

  private func isHeld(
    _ instance: AlertInstance,
    at time: Timestamp,
    _ isUnreachable: (LabelSet) -> Bool
  ) -> Bool {
    if let end = instance.heldUntil, time < end { return true }
    return !isAboutReachability && isUnreachable(instance.sampleLabels)
  }

  private func outcome(
    from old: AlertingRuleState,
    to new: AlertingRuleState,
    at time: Timestamp
  ) -> AlertingStep {
    var step = AlertingStep(state: new)
    step.state.written = []
    for instance in new.instances.values where instance.isActive {
      let (alerts, forState) = AlertSeries.labels(of: instance)
      step.values.append(RuleSamples.Value(alerts, 1))
      step.values.append(RuleSamples.Value(forState, instance.activeAt.unixSeconds.rounded(.down)))
      step.state.written.insert(alerts)
      step.state.written.insert(forState)
    }
    step.endSeries(writtenBefore: old.written)
    step.firing = alerts(of: new.instances.values.filter(\.isFiring))
    let ended = new.instances.values.filter { instance in
      guard !instance.isActive else { return false }
      return old.repeatsResolved || old.instances[instance.labels]?.isFiring == true
    }
    // Fell back to pending: for the planner it no longer fires.
    let waiting = new.instances.values.compactMap { instance in
      instance.phase == .pending ? old.instances[instance.labels]?.ending(at: time) : nil
    }
    step.resolved = alerts(of: ended + waiting)
    step.changes = changes(from: old, to: new)
    return step
  }

  /// The step that throws all instances away, because there are too many.
  ///
  /// What fired is told as ended with the condition unknown: nothing says that it recovered.
  private func dropped(
    _ old: AlertingRuleState,
    at time: Timestamp,
    because failure: RuleError
  ) -> AlertingStep {
    var step = AlertingStep(state: AlertingRuleState(), failure: failure)
    step.endSeries(writtenBefore: old.written)
    step.resolved = alerts(
      of: old.instances.values.compactMap { instance in
        var ended = instance.ending(at: time)
        ended?.isUnknown = true
        return ended
      }
    )
    step.changes = changes(from: old, to: step.state)
    return step
  }

  private func alerts(of instances: [AlertInstance]) -> [Alert] {
    instances.compactMap { $0.alert(of: expressionText) }.sorted { $0.labels < $1.labels }
  }

  private func changes(
    from old: AlertingRuleState,
    to new: AlertingRuleState
  ) -> AlertStateChanges {
    var changes = AlertStateChanges()
    for (labels, instance) in new.instances {
      if let before = old.instances[labels], before.isStored(like: instance) { continue }
      changes.saved.append(
        StoredAlertInstance(instance, of: identity, expression: expressionText)
      )
    }
    for labels in old.instances.keys where new.instances[labels] == nil {
      changes.removed.append(StoredAlertInstance.Key(rule: identity, labels: labels))
    }
    return changes
  }
}

extension AlertingStep {
  /// Writes a staleness marker for every series that was written before and is not now.
  mutating func endSeries(writtenBefore: Set<LabelSet>) {
    for labels in writtenBefore where !state.written.contains(labels) {
      values.append(RuleSamples.Value(labels, .stalenessMarker))
    }
    values.sort { $0.labels < $1.labels }
  }
}

extension AlertInstance {
  /// The firing instance resolved at `time`; nil when it does not fire.
  func ending(at time: Timestamp) -> AlertInstance? {
    guard case .firing(let since) = phase else { return nil }
    var ended = self
    ended.phase = .resolved(firedAt: since, at: time)
    return ended
  }

  /// Nothing that a restart needs is different; value and annotations follow by themselves.
  fileprivate func isStored(like other: AlertInstance) -> Bool {
    phase == other.phase && activeAt == other.activeAt
      && keepFiringSince == other.keepFiringSince
  }
}
