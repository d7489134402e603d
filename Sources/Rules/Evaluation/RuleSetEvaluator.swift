// SPDX-License-Identifier: MIT
package import MetricModel

/// What ends because its rule is gone.
package struct EndedRules: Equatable, Sendable {
  /// What fired for rules that are gone, resolved now.
  package var resolved: [Alert] = []
  /// Staleness markers for the series those rules wrote.
  package var samples: RuleSamples
  /// What has to be stored.
  package var changes = AlertStateChanges()
}

/// How instances from before a restart are taken up.
package struct RestoredAlerts: Sendable {
  /// What was stored.
  package let instances: [StoredAlertInstance]
  /// The last moment the program is known to have run.
  ///
  /// Time since then does not count towards a pending instance's hold duration; nil counts it.
  package let stoppedAt: Timestamp?
  /// Until then an instance that is absent from a result is kept and marked unknown: not all
  /// targets may have been asked yet.
  package let heldUntil: Timestamp

  /// Describes a restart.
  package init(
    instances: [StoredAlertInstance],
    stoppedAt: Timestamp? = nil,
    heldUntil: Timestamp
  ) {
    self.instances = instances
    self.stoppedAt = stoppedAt
    self.heldUntil = heldUntil
  }
}

/// All rule groups with what lasts from one evaluation to the next, also over reloads and restarts.
package struct RuleSetEvaluator: Sendable {
  /// In the order of the files.
  package private(set) var groups: [RuleGroupEvaluator]

  /// Starts without any instances.
  package init(_ rules: RuleSet) {
    groups = rules.groups.map(RuleGroupEvaluator.init)
  }

  /// Starts with the instances from before a restart.
  ///
  /// - Parameters:
  ///   - rules: The rules of now.
  ///   - restored: What was stored.
  ///   - time: The present.
  /// - Returns: The evaluator, and what ends because its rule is gone.
  package static func restoring(
    _ rules: RuleSet,
    from restored: RestoredAlerts,
    at time: Timestamp
  ) -> (evaluator: RuleSetEvaluator, ended: EndedRules) {
    var stored: [RuleIdentity: [StoredAlertInstance]] = [:]
    for instance in restored.instances { stored[instance.rule, default: []].append(instance) }
    let identities = stored.keys.sorted {
      ($0.group, $0.name, $0.key) < ($1.group, $1.name, $1.key)
    }
    let old = identities.map { identity in
      let instances = stored[identity] ?? []
      return Remembered(
        identity: identity,
        expression: instances.first?.expression ?? "",
        memory: .alerting(
          AlertingRuleState(restored: instances.map { restored.instance(of: $0, at: time) })
        ),
        status: RuleStatus()
      )
    }
    var evaluator = RuleSetEvaluator(rules)
    let ended = evaluator.adopt(old, at: time)
    return (evaluator, ended)
  }

  /// Replaces all rules; a rule that says the same as before keeps its state, and so does one of
  /// the same group, name and labels with another expression.
  ///
  /// - Returns: What ends because its rule is gone.
  package mutating func replaceRules(with rules: RuleSet, at time: Timestamp) -> EndedRules {
    let old = groups.flatMap { evaluator in
      evaluator.group.rules.enumerated().map { index, rule in
        Remembered(
          identity: rule.identity,
          expression: rule.expressionText,
          memory: evaluator.memories[index],
          status: evaluator.statuses[index]
        )
      }
    }
    groups = rules.groups.map(RuleGroupEvaluator.init)
    return adopt(old, at: time)
  }

  /// Every alert that fires; of two with the same labels only the first.
  package var firing: [Alert] {
    var seen: Set<LabelSet> = []
    return groups.flatMap(\.firing).filter { seen.insert($0.labels).inserted }
  }

  /// Evaluates the group at a position.
  package mutating func evaluateGroup(
    _ index: Int,
    at time: Timestamp,
    using context: RuleEvaluationContext<some RuleQuerying>
  ) -> RuleGroupOutcome {
    groups[index].evaluate(at: time, using: context)
  }

  /// What is known of a rule of an earlier set.
  fileprivate struct Remembered {
    let identity: RuleIdentity
    let expression: String
    let memory: RuleGroupEvaluator.Memory
    let status: RuleStatus
  }

  private mutating func adopt(_ old: [Remembered], at time: Timestamp) -> EndedRules {
    var ended = EndedRules(samples: RuleSamples(timestamp: time))
    let places = groups.indices.flatMap { group in
      groups[group].group.rules.indices.map { (group: group, rule: $0) }
    }
    let identities = places.map { groups[$0.group].group.rules[$0.rule].identity }
    let matches = RuleIdentity.successors(of: old.map(\.identity), among: identities)
    var isTaken = [Bool](repeating: false, count: old.count)
    for (place, match) in zip(places, matches) {
      guard let match else { continue }
      isTaken[match] = true
      groups[place.group].adopt(old[match].memory, old[match].status, at: place.rule)
      let rule = groups[place.group].group.rules[place.rule]
      ended.changes.append(Self.renaming(old[match], to: rule))
    }
    for (index, rule) in old.enumerated() where !isTaken[index] { ended.add(rule, at: time) }
    return ended
  }

  /// The changes that store a rule's instances under its new identity.
  private static func renaming(_ old: Remembered, to rule: Rule) -> AlertStateChanges {
    var changes = AlertStateChanges()
    guard case .alerting(let state) = old.memory, old.identity != rule.identity else {
      return changes
    }
    for (labels, instance) in state.instances {
      changes.removed.append(StoredAlertInstance.Key(rule: old.identity, labels: labels))
      changes.saved.append(
        StoredAlertInstance(instance, of: rule.identity, expression: rule.expressionText)
      )
    }
    return changes
  }
}

extension EndedRules {
  /// Ends what a rule that is gone has left.
  fileprivate mutating func add(_ rule: RuleSetEvaluator.Remembered, at time: Timestamp) {
    let written: Set<LabelSet>
    switch rule.memory {
    case .recording(let series): written = series
    case .alerting(let state):
      written = state.written
      let alerts = state.instances.values.compactMap { instance in
        // One resolved before a restart may still have to be told.
        (instance.ending(at: time)
          ?? (state.repeatsResolved && !instance.isActive ? instance : nil))?
          .alert(of: rule.expression)
      }
      resolved += alerts.sorted { $0.labels < $1.labels }
      var changes = AlertStateChanges()
      changes.removed = state.instances.keys.map {
        StoredAlertInstance.Key(rule: rule.identity, labels: $0)
      }
      self.changes.append(changes)
    }
    samples.values += written.sorted().map { RuleSamples.Value($0, .stalenessMarker) }
  }
}

extension RestoredAlerts {
  /// The instance as it goes on.
  fileprivate func instance(of stored: StoredAlertInstance, at time: Timestamp) -> AlertInstance {
    var instance = stored.instance
    guard instance.isActive else { return instance }
    instance.heldUntil = heldUntil
    if let stoppedAt, instance.phase == .pending, time > stoppedAt {
      instance.activeAt = instance.activeAt + (time - stoppedAt)
    }
    return instance
  }
}
