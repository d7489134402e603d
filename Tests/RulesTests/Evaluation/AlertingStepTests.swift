// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

/// Steps one rule minute by minute.
private struct Stepper {
  let rule: AlertingRule
  var state = AlertingRuleState()
  var last: AlertingStep?

  init(_ rule: AlertingRule) { self.rule = rule }

  mutating func step(
    _ minutes: Int,
    _ conditions: [AlertCondition] = [],
    unreachable: Set<String> = []
  ) -> AlertingStep {
    let step = rule.step(state, with: conditions, at: minute(minutes)) { labels in
      labels["instance"].map { unreachable.contains($0) } ?? false
    }
    state = step.state
    return step
  }

  /// One letter for the instance `a`: `-` inactive, `p` pending, `f` firing, `?` firing and
  /// unknown, `q` pending and unknown, `r` resolved.
  var letter: String {
    guard let instance = state.instances[condition("a").labels] else { return "-" }
    switch instance.phase {
    case .pending: return instance.isUnknown ? "q" : "p"
    case .firing: return instance.isUnknown ? "?" : "f"
    case .resolved: return "r"
    }
  }
}

@Suite struct AlertingStepTests {
  // One character a minute: `1` the condition holds, `0` it does not, `x` the target cannot be
  // asked and has no series.
  @Test(arguments: [
    ("no hold fires at once", 0, 0, "1100", "ffrr"),
    ("a hold of 2 minutes fires when 2 minutes have passed", 2, 0, "01111", "-ppff"),
    ("shorter than the hold never fires", 2, 0, "110110", "pp-pp-"),
    ("a pending instance starts anew after a gap", 2, 0, "1101110", "pp-ppfr"),
    ("kept firing until the time is over", 0, 3, "100000", "ffffrr"),
    ("coming back clears the time of keeping", 0, 2, "10100", "fffff"),
    ("a resolved instance that comes back waits anew", 1, 0, "11011", "pfrpf"),
    ("firing is kept while its target cannot be asked", 0, 0, "1xxx1", "f???f"),
    ("firing resolves when the target answers again", 0, 0, "1xx0", "f??r"),
    ("pending is kept and does not fire unseen", 2, 0, "1xxx11", "pqqqff"),
    ("pending is dropped when the target answers again", 2, 0, "1x0", "pq-"),
    ("what was known to be over is not held", 0, 3, "10xx", "ffff"),
    ("the time of keeping begins when the target answers", 0, 2, "1xx000", "f??ffr"),
    ("resolved stays resolved while the target cannot be asked", 0, 0, "10x", "frr"),
    ("nothing begins while the target cannot be asked", 0, 0, "0x0", "---"),
  ])
  func `an instance follows the table`(
    name: String,
    hold: Int,
    keep: Int,
    input: String,
    expected: String
  ) throws {
    let rule = try alertingRule(hold: .seconds(hold * 60), keep: .seconds(keep * 60))
    var stepper = Stepper(rule)
    var letters = ""
    for (index, character) in input.enumerated() {
      _ = stepper.step(
        index,
        character == "1" ? [condition("a")] : [],
        unreachable: character == "x" ? ["a"] : []
      )
      letters += stepper.letter
    }
    #expect(letters == expected, "\(name)")
  }

  @Test func `keep firing for 5 minutes resolves at the evaluation 5 minutes after the first miss`()
    throws
  {
    var stepper = Stepper(try alertingRule(keep: .seconds(300)))
    _ = stepper.step(0, [condition("a")])
    for minutes in 1...5 { #expect(stepper.step(minutes).resolved.isEmpty) }
    let step = stepper.step(6)
    #expect(step.resolved.map(\.endsAt) == [minute(6)])
    #expect(step.firing.isEmpty)
  }

  @Test func `an alert starts when it fires and refreshes value and annotations`() throws {
    var stepper = Stepper(try alertingRule(hold: .seconds(60)))
    #expect(stepper.step(1, [condition("a", value: 1, note: "x")]).firing.isEmpty)
    let first = stepper.step(2, [condition("a", value: 2, note: "y")])
    #expect(first.firing.count == 1)
    #expect(first.firing[0].startsAt == minute(2))
    #expect(first.firing[0].annotations == [Label("note", "y")])
    let second = stepper.step(3, [condition("a", value: 3, note: "z")])
    #expect(second.firing[0].startsAt == minute(2))
    #expect(second.firing[0].value == 3)
    #expect(second.firing[0].annotations == [Label("note", "z")])
    #expect(second.firing[0].expression == "nginx_up == 0")
    let end = stepper.step(4)
    #expect(end.resolved[0].startsAt == minute(2))
    #expect(end.resolved[0].endsAt == minute(4))
    #expect(end.resolved[0].value == 3)
    #expect(stepper.step(5).resolved.isEmpty)
  }

  @Test func `a resolved instance is kept for 15 minutes`() throws {
    var stepper = Stepper(try alertingRule())
    _ = stepper.step(0, [condition("a")])
    _ = stepper.step(1)
    _ = stepper.step(16)
    #expect(stepper.letter == "r")
    let step = stepper.step(17)
    #expect(stepper.letter == "-")
    #expect(step.changes.removed.count == 1)
  }

  @Test func `an unknown alert says so and goes on with its last annotations`() throws {
    var stepper = Stepper(try alertingRule())
    _ = stepper.step(0, [condition("a", value: 7, note: "n"), condition("b")])
    let step = stepper.step(1, [], unreachable: ["a"])
    #expect(step.firing.map(\.isUnknown) == [true])
    #expect(step.firing[0].annotations == [Label("note", "n")])
    #expect(step.firing[0].value == 7)
    #expect(step.resolved.map { $0.labels["instance"] } == ["b"])
    let seen = stepper.step(2, [condition("a", value: 8)], unreachable: ["a"])
    #expect(seen.firing.map(\.isUnknown) == [false])
  }

  @Test(arguments: [
    ("up == 0", "r"), ("up == 1", "r"), ("avg_over_time(up[5m]) < 0.5", "r"),
    ("scrape_duration_seconds > 1", "r"), ("ALERTS{alertname=\"X\"}", "r"),
    ("nginx_up == 0", "?"), ("up == 1 and nginx_up == 0", "?"), ("{job=\"x\"} > 1", "?"),
    ("{__name__=~\"up|down\"} == 0", "?"),
  ])
  func `a rule about reachability alone is never held`(
    expression: String,
    expected: String
  ) throws {
    var stepper = Stepper(try alertingRule("Down", expression))
    _ = stepper.step(0, [condition("a")])
    _ = stepper.step(1, [], unreachable: ["a"])
    #expect(stepper.letter == expected)
  }

  @Test func `two samples with the same labels fail the step and change nothing`() throws {
    var stepper = Stepper(try alertingRule())
    _ = stepper.step(0, [condition("a")])
    let before = stepper.state
    let step = stepper.step(1, [condition("b"), condition("b")])
    #expect(step.failure == .duplicateLabels(.alerts))
    #expect(
      step.failure?.description
        == "vector contains metrics with the same labelset after applying alert labels"
    )
    #expect(step.state == before)
    #expect(step.firing.map { $0.labels["instance"] } == ["a"])
    #expect(step.values.isEmpty && step.changes.isEmpty)
  }

  @Test func `more alerts than the limit drop all, as ended and unknown`() throws {
    var stepper = Stepper(try alertingRule(limit: 2))
    let full = stepper.step(0, [condition("a"), condition("b")])
    #expect(full.failure == nil)
    let step = stepper.step(1, [condition("a"), condition("b"), condition("c")])
    #expect(step.failure?.description == "exceeded limit of 2 with 3 alerts")
    #expect(step.state.instances.isEmpty)
    #expect(step.resolved.map(\.isUnknown) == [true, true])
    #expect(step.changes.removed.count == 2)
    #expect(step.values.count == 4)
    #expect(step.values.allSatisfy { $0.value.isStalenessMarker })
  }

  @Test func `resolved instances do not count towards the limit`() throws {
    var stepper = Stepper(try alertingRule(limit: 1))
    _ = stepper.step(0, [condition("a")])
    #expect(stepper.step(1, [condition("b")]).failure == nil)
  }

  @Test func `ALERTS follows the state and ends with staleness markers`() throws {
    var stepper = Stepper(try alertingRule(hold: .seconds(60)))
    let alerts = condition("a").labels.setting("__name__", to: "ALERTS")
    let pending = alerts.setting("alertstate", to: "pending")
    let firing = alerts.setting("alertstate", to: "firing")
    let forState = condition("a").labels.setting("__name__", to: "ALERTS_FOR_STATE")
    #expect(
      stepper.step(1, [condition("a")]).values == [
        .init(pending, 1), .init(forState, 60),
      ]
    )
    #expect(
      stepper.step(2, [condition("a")]).values == [
        .init(firing, 1), .init(pending, .stalenessMarker), .init(forState, 60),
      ]
    )
    #expect(
      stepper.step(3).values == [
        .init(firing, .stalenessMarker), .init(forState, .stalenessMarker),
      ]
    )
    #expect(stepper.step(4).values.isEmpty)
  }

  @Test func `only changes of state are stored`() throws {
    var stepper = Stepper(try alertingRule(hold: .seconds(60)))
    let first = stepper.step(1, [condition("a", value: 1)]).changes
    #expect(first.saved.map(\.firedAt) == [nil])
    #expect(first.saved[0].activeAt == minute(1))
    let second = stepper.step(2, [condition("a", value: 2)]).changes
    #expect(second.saved.map(\.firedAt) == [minute(2)])
    #expect(stepper.step(3, [condition("a", value: 3)]).changes.isEmpty)
    #expect(stepper.step(4).changes.saved.map(\.resolvedAt) == [minute(4)])
  }

  @Test func `a raised hold makes a firing alert wait again and tells its end`() throws {
    let rule = try alertingRule(hold: .seconds(60))
    var stepper = Stepper(rule)
    _ = stepper.step(0, [condition("a")])
    _ = stepper.step(1, [condition("a")])
    let raised = try alertingRule(hold: .seconds(600))
    let step = raised.step(stepper.state, with: [condition("a")], at: minute(2)) { _ in false }
    #expect(step.firing.isEmpty)
    #expect(step.resolved.map(\.endsAt) == [minute(2)])
    #expect(step.state.instances[condition("a").labels]?.phase == .pending)
  }

  @Test func `later changes win over earlier ones of the same instance`() throws {
    var stepper = Stepper(try alertingRule())
    var changes = stepper.step(0, [condition("a")]).changes
    _ = stepper.step(1)
    changes.append(stepper.step(17).changes)
    #expect(changes.saved.isEmpty)
    #expect(changes.removed.map(\.labels) == [condition("a").labels])
    changes.append(stepper.step(18, [condition("a")]).changes)
    #expect(changes.saved.count == 1 && changes.removed.isEmpty)
  }
}
