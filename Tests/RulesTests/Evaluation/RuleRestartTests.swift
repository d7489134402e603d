// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

@Suite struct RuleRestartTests {
  static let rules = """
    groups:
      - name: g
        rules:
          - {alert: Held, expr: x == 1, for: 5m}
          - {alert: Now, expr: y == 1, annotations: {v: "{{ $value }}"}}
    """

  let x = LabelSet(metric: "x", ["instance": "a"])
  let y = LabelSet(metric: "y", ["instance": "a"])

  /// A bench whose alerts are as stored, and everything stored.
  private func running(until minutes: Int) throws -> (RuleBench, AlertStateChanges) {
    let bench = try RuleBench(Self.rules)
    var changes = AlertStateChanges()
    for time in 0...minutes {
      bench.series.add(x, 1, at: minute(time))
      bench.series.add(y, 1, at: minute(time))
      changes.append(bench.evaluate(minute(time)).changes)
    }
    return (bench, changes)
  }

  private func restart(
    _ changes: AlertStateChanges,
    rules: String = Self.rules,
    at time: Timestamp,
    stoppedAt: Timestamp? = nil,
    heldUntil: Timestamp
  ) throws -> (RuleBench, EndedRules) {
    let restored = RestoredAlerts(
      instances: changes.saved,
      stoppedAt: stoppedAt,
      heldUntil: heldUntil
    )
    let (evaluator, ended) = RuleSetEvaluator.restoring(
      try ruleSet(rules),
      from: restored,
      at: time
    )
    return (RuleBench(evaluator), ended)
  }

  @Test func `a firing alert goes on after a restart with its first time`() throws {
    let (_, changes) = try running(until: 6)
    let (bench, ended) = try restart(changes, at: minute(8), heldUntil: minute(10))
    #expect(ended.resolved.isEmpty && ended.changes.isEmpty && ended.samples.values.isEmpty)
    bench.series.add(x, 1, at: minute(8))
    bench.series.add(y, 1, at: minute(8))
    let outcome = bench.evaluate(minute(8))
    #expect(outcome.firing.map(\.startsAt) == [minute(5), minute(0)])
    #expect(outcome.firing.map(\.isUnknown) == [false, false])
    #expect(outcome.changes.isEmpty)
  }

  @Test func `a restored alert is held until targets had time to be asked`() throws {
    let (_, changes) = try running(until: 6)
    let (bench, _) = try restart(changes, at: minute(20), heldUntil: minute(22))
    let held = bench.evaluate(minute(21))
    #expect(held.firing.map(\.isUnknown) == [true, true] && held.resolved.isEmpty)
    let over = bench.evaluate(minute(22))
    #expect(over.firing.isEmpty && over.resolved.count == 2)
  }

  @Test func `an alert seen after a restart resolves as usual`() throws {
    let (_, changes) = try running(until: 6)
    let (bench, _) = try restart(changes, at: minute(8), heldUntil: minute(30))
    bench.series.add(y, 1, at: minute(8))
    _ = bench.evaluate(minute(8))
    bench.series.add(y, 0, at: minute(9))
    let outcome = bench.evaluate(minute(9))
    #expect(outcome.resolved.map { $0.labels["alertname"] } == ["Now"])
    #expect(outcome.firing.map { $0.labels["alertname"] } == ["Held"])
  }

  @Test func `down time does not count towards a hold`() throws {
    let (_, changes) = try running(until: 3)
    let (bench, _) = try restart(
      changes,
      at: minute(63),
      stoppedAt: minute(3),
      heldUntil: minute(65)
    )
    for (time, expected) in [(63, 1), (64, 1), (65, 2)] {
      bench.series.add(x, 1, at: minute(time))
      bench.series.add(y, 1, at: minute(time))
      #expect(bench.evaluate(minute(time)).firing.count == expected, "minute \(time)")
    }
  }

  @Test func `an alert resolved before a restart is told once more`() throws {
    let (before, changes) = try running(until: 6)
    var all = changes
    before.series.add(y, 0, at: minute(7))
    all.append(before.evaluate(minute(7)).changes)
    let (bench, _) = try restart(all, at: minute(8), heldUntil: minute(9))
    bench.series.add(x, 1, at: minute(8))
    let outcome = bench.evaluate(minute(8))
    #expect(outcome.resolved.map(\.endsAt) == [minute(7)])
    #expect(bench.evaluate(minute(9)).resolved.isEmpty)
  }

  @Test func `an alert whose rule is gone after a restart is resolved and forgotten`() throws {
    let (_, changes) = try running(until: 6)
    let (_, ended) = try restart(changes, rules: "groups: []", at: minute(8), heldUntil: minute(9))
    #expect(ended.resolved.map(\.endsAt) == [minute(8), minute(8)])
    #expect(ended.resolved.map(\.expression) == ["x == 1", "y == 1"])
    #expect(Set(ended.changes.removed) == Set(changes.saved.map(\.key)))
    #expect(ended.samples.values.count == 4)
    #expect(ended.samples.values.allSatisfy { $0.value.isStalenessMarker })
  }

  @Test(arguments: [
    ("the same", Self.rules, 2),
    (
      "in another order",
      """
      groups:
        - name: g
          rules:
            - {alert: Now, expr: y == 1}
            - {record: r, expr: x}
            - {alert: Held, expr: x == 1, for: 2m}
      """, 2
    ),
    (
      "with another expression",
      """
      groups: [{name: g, rules: [{alert: Held, expr: x > 0, for: 5m}, {alert: Now, expr: y > 0}]}]
      """, 2
    ),
    (
      "in another group",
      """
      groups: [{name: h, rules: [{alert: Held, expr: x == 1}, {alert: Now, expr: y == 1}]}]
      """, 2
    ),
    (
      "with other labels",
      """
      groups: [{name: g, rules: [{alert: Held, expr: x == 1, labels: {a: b}}, {alert: Now, expr: y == 1}]}]
      """, 1
    ),
    ("as a recording rule", "groups: [{name: g, rules: [{record: Held, expr: x == 1}]}]", 0),
  ])
  func `on a reload a rule keeps its alerts`(name: String, rules: String, kept: Int) throws {
    let (bench, changes) = try running(until: 6)
    let ended = bench.evaluator.replaceRules(with: try ruleSet(rules), at: minute(7))
    #expect(bench.evaluator.firing.count == kept, "\(name)")
    #expect(ended.resolved.count == 2 - kept, "\(name)")
    #expect(ended.samples.values.count == 2 * (2 - kept), "\(name)")
    // What is stored afterwards is found again under the identities of now.
    var stored = changes
    stored.append(ended.changes)
    #expect(stored.saved.count == kept, "\(name)")
    let (again, lost) = try restart(stored, rules: rules, at: minute(7), heldUntil: minute(9))
    #expect(again.evaluator.firing == bench.evaluator.firing, "\(name)")
    #expect(lost.changes.isEmpty, "\(name)")
  }

  @Test func `equal rules keep their own instances`() throws {
    let twice = """
      groups: [{name: g, rules: [{alert: A, expr: y, labels: {n: "1"}}, {alert: A, expr: y, labels: {n: "1"}}]}]
      """
    let bench = try RuleBench(twice)
    bench.series.add(y, 1, at: minute(0))
    let outcome = bench.evaluate(minute(0))
    #expect(outcome.changes.saved.count == 2)
    #expect(Set(outcome.changes.saved.map(\.key)).count == 2)
    #expect(bench.evaluator.firing.count == 1)
    let (again, _) = try restart(outcome.changes, rules: twice, at: minute(1), heldUntil: minute(2))
    #expect(again.evaluator.groups[0].instances(ofRuleAt: 0).count == 1)
    #expect(again.evaluator.groups[0].instances(ofRuleAt: 1).count == 1)
  }
}
