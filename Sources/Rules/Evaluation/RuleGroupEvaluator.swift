// SPDX-License-Identifier: MIT
package import MetricModel
package import PromQL

/// How the last evaluation of a rule went.
package enum RuleHealth: Equatable, Sendable {
  /// It was not evaluated yet.
  case unknown
  case good
  case failed(RuleError)
}

/// A rule's last evaluation.
package struct RuleStatus: Equatable, Sendable {
  /// How it went.
  package var health = RuleHealth.unknown
  /// The evaluation time; nil before the first.
  package var evaluatedAt: Timestamp?
  /// How long it took.
  package var took: Duration = .zero
}

/// What one evaluation of a group is given.
package struct RuleEvaluationContext<Querying: RuleQuerying> {
  /// Answers the rules' expressions; sees what ``append`` took.
  package let querying: Querying
  /// What templates are given besides the sample.
  package let templateValues: RuleTemplateValues
  /// The target that a sample with these labels is about cannot be asked now, or was not asked yet.
  package let isUnreachable: (LabelSet) -> Bool
  /// Takes the samples of one rule before the next rule runs.
  package let append: (RuleSamples) throws(RuleError) -> Void
  /// A monotonic clock, read before and after each rule.
  package let clock: () -> Duration

  /// Describes an evaluation.
  package init(
    querying: Querying,
    templateValues: RuleTemplateValues = RuleTemplateValues(),
    isUnreachable: @escaping (LabelSet) -> Bool = { _ in false },
    clock: @escaping () -> Duration = { .zero },
    append: @escaping (RuleSamples) throws(RuleError) -> Void
  ) {
    self.querying = querying
    self.templateValues = templateValues
    self.isUnreachable = isUnreachable
    self.clock = clock
    self.append = append
  }
}

/// What one evaluation of a group leads to.
package struct RuleGroupOutcome: Equatable, Sendable {
  /// Every alert of the group that fires.
  package var firing: [Alert] = []
  /// Every alert that stopped firing at this evaluation.
  package var resolved: [Alert] = []
  /// What has to be stored for a restart.
  package var changes = AlertStateChanges()
  /// How many rules failed.
  package var failedCount = 0
  /// How many samples were written, staleness markers counted.
  package var sampleCount = 0
}

/// A group of rules with everything that lasts from one evaluation to the next.
package struct RuleGroupEvaluator: Sendable {
  /// What a rule carries on to its next evaluation.
  enum Memory: Equatable, Sendable {
    case alerting(AlertingRuleState)
    /// The series it wrote last.
    case recording(Set<LabelSet>)
  }

  /// The group.
  package let group: RuleGroup
  /// One for each rule, in the order of the group.
  package private(set) var statuses: [RuleStatus]
  /// The last evaluation time; nil before the first.
  package private(set) var evaluatedAt: Timestamp?
  /// How long the last evaluation took.
  package private(set) var took: Duration = .zero
  var memories: [Memory]

  /// Starts a group without any instances.
  package init(_ group: RuleGroup) {
    self.group = group
    statuses = group.rules.map { _ in RuleStatus() }
    memories = group.rules.map { rule in
      switch rule {
      case .alerting: .alerting(AlertingRuleState())
      case .recording: .recording([])
      }
    }
  }

  /// The instances of the rule at a position in the group; empty for a recording rule.
  package func instances(ofRuleAt index: Int) -> [AlertInstance] {
    guard case .alerting(let state) = memories[index] else { return [] }
    return state.instances.values.sorted { $0.labels < $1.labels }
  }

  /// Every alert of the group that fires, in the order of the rules.
  package var firing: [Alert] {
    group.rules.indices.flatMap { index in
      instances(ofRuleAt: index).filter(\.isFiring).compactMap {
        $0.alert(of: group.rules[index].expressionText)
      }
    }
  }

  /// Takes over what another evaluator knew of a rule.
  mutating func adopt(_ memory: Memory, _ status: RuleStatus, at index: Int) {
    switch (memory, memories[index]) {
    case (.alerting, .alerting), (.recording, .recording):
      memories[index] = memory
      statuses[index] = status
    default: break
    }
  }

  /// Evaluates the rules in order, each seeing what those before it wrote.
  ///
  /// - Parameters:
  ///   - time: The slot; queries and samples are earlier by the group's offset.
  ///   - context: What the evaluation is given.
  /// - Returns: What to tell the planner and the store of states. A rule that fails keeps its
  ///   alerts and does not stop the others.
  package mutating func evaluate(
    at time: Timestamp,
    using context: RuleEvaluationContext<some RuleQuerying>
  ) -> RuleGroupOutcome {
    var outcome = RuleGroupOutcome()
    let start = context.clock()
    var before = start
    for (index, rule) in group.rules.enumerated() {
      let failure: RuleError?
      switch (rule, memories[index]) {
      case (.alerting(let rule), .alerting(let state)):
        failure = evaluate(rule, state, index, at: time, using: context, &outcome)
      case (.recording(let rule), .recording(let written)):
        failure = evaluate(rule, written, index, at: time, using: context, &outcome)
      default: preconditionFailure("a rule's memory is of the rule's kind")
      }
      let after = context.clock()
      statuses[index] = RuleStatus(
        health: failure.map { .failed($0) } ?? .good,
        evaluatedAt: time,
        took: after - before
      )
      if failure != nil { outcome.failedCount += 1 }
      before = after
    }
    evaluatedAt = time
    took = before - start
    return outcome
  }

  private mutating func evaluate(
    _ rule: AlertingRule,
    _ state: AlertingRuleState,
    _ index: Int,
    at time: Timestamp,
    using context: RuleEvaluationContext<some RuleQuerying>,
    _ outcome: inout RuleGroupOutcome
  ) -> RuleError? {
    let sampleTime = time - group.queryOffset
    var step: AlertingStep
    do throws(RuleError) {
      let samples = try context.querying.instant(rule.expression, at: sampleTime)
      let conditions = rule.conditions(
        of: samples,
        at: sampleTime,
        context.templateValues,
        using: context.querying
      )
      step = rule.step(state, with: conditions, at: time, isUnreachable: context.isUnreachable)
    } catch {
      step = rule.unchanged(state, because: error)
    }
    memories[index] = .alerting(step.state)
    outcome.firing += step.firing
    outcome.resolved += step.resolved
    // Each rule has its own keys, so nothing of one rule can win over another's.
    outcome.changes.saved += step.changes.saved
    outcome.changes.removed += step.changes.removed
    let failure = Self.write(step.values, at: sampleTime, context, &outcome)
    return step.failure ?? failure
  }

  private mutating func evaluate(
    _ rule: RecordingRule,
    _ written: Set<LabelSet>,
    _ index: Int,
    at time: Timestamp,
    using context: RuleEvaluationContext<some RuleQuerying>,
    _ outcome: inout RuleGroupOutcome
  ) -> RuleError? {
    let sampleTime = time - group.queryOffset
    do throws(RuleError) {
      let samples = try context.querying.instant(rule.expression, at: sampleTime)
      var values = try rule.values(of: samples, limit: group.limit)
      let now = Set(values.map(\.labels))
      for ended in written.subtracting(now).sorted() {
        values.append(RuleSamples.Value(ended, .stalenessMarker))
      }
      memories[index] = .recording(now)
      return Self.write(values, at: sampleTime, context, &outcome)
    } catch {
      return error
    }
  }

  private static func write(
    _ values: [RuleSamples.Value],
    at time: Timestamp,
    _ context: RuleEvaluationContext<some RuleQuerying>,
    _ outcome: inout RuleGroupOutcome
  ) -> RuleError? {
    guard !values.isEmpty else { return nil }
    do throws(RuleError) {
      try context.append(RuleSamples(timestamp: time, values: values))
      outcome.sampleCount += values.count
      return nil
    } catch {
      return error
    }
  }
}

extension RecordingRule {
  /// The series that a result makes, in the order of the result.
  ///
  /// - Throws: ``RuleError/duplicateLabels(_:)`` or ``RuleError/limitExceeded(limit:count:_:)``.
  package func values(
    of samples: [VectorSample],
    limit: Int?
  ) throws(RuleError) -> [RuleSamples.Value] {
    var seen: Set<LabelSet> = []
    var values: [RuleSamples.Value] = []
    for sample in samples {
      let own = labels.isEmpty ? sample.labels : LabelSet(sample.labels.labels + labels)
      let named = own.setting(LabelSet.metricNameLabel, to: name)
      guard seen.insert(named).inserted else { throw .duplicateLabels(.series) }
      values.append(RuleSamples.Value(named, sample.value))
    }
    if let limit, values.count > limit {
      throw .limitExceeded(limit: limit, count: values.count, .series)
    }
    return values
  }
}
