// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Rules
import Testing

/// Evaluates one file's rules over series in memory.
final class RuleBench {
  let series = MemorySeries()
  var evaluator: RuleSetEvaluator
  var unreachable: Set<String> = []
  var refusesWrites = false
  var written: [RuleSamples] = []

  init(_ text: String) throws { evaluator = RuleSetEvaluator(try ruleSet(text)) }

  init(_ evaluator: RuleSetEvaluator) { self.evaluator = evaluator }

  func evaluate(_ time: Timestamp, group: Int = 0) -> RuleGroupOutcome {
    var ticks = 0
    let context = RuleEvaluationContext(
      querying: querying(series),
      templateValues: RuleTemplateValues(
        externalLabels: LabelSet(["dc": "x"]),
        externalURL: "http://m"
      ),
      isUnreachable: { [unreachable] in unreachable.contains($0["instance"] ?? "") },
      clock: {
        ticks += 1
        return .milliseconds(ticks)
      },
      append: { [self] (samples) throws(RuleError) in
        guard !refusesWrites else { throw .writing(reason: "full") }
        series.add(samples)
        written.append(samples)
      }
    )
    return evaluator.evaluateGroup(group, at: time, using: context)
  }
}

@Suite struct RuleGroupEvaluatorTests {
  @Test func `a rule sees what the rules before it recorded at the same time`() throws {
    let bench = try RuleBench(
      """
      groups:
        - name: g
          rules:
            - {record: doubled, expr: x * 2, labels: {from: x, drop: ""}}
            - {alert: High, expr: doubled > 5, annotations: {text: '{{ $value }} {{ $labels.a }}'}}
      """
    )
    bench.series.add(LabelSet(metric: "x", ["a": "1", "drop": "y"]), 4, at: at(60))
    let outcome = bench.evaluate(at(60))
    #expect(outcome.firing.count == 1 && outcome.failedCount == 0)
    #expect(
      outcome.firing[0].labels == LabelSet(["alertname": "High", "a": "1", "from": "x"])
    )
    #expect(outcome.firing[0].annotations == [Label("text", "8 1")])
    #expect(outcome.sampleCount == 3)
    #expect(bench.series.last(LabelSet(metric: "doubled", ["a": "1", "from": "x"])) == 8)
    #expect(bench.evaluator.groups[0].statuses.map(\.health) == [.good, .good])
    #expect(bench.evaluator.groups[0].statuses.map(\.took) == [.milliseconds(1), .milliseconds(1)])
    #expect(bench.evaluator.groups[0].evaluatedAt == at(60))
    #expect(bench.evaluator.firing == outcome.firing)
  }

  @Test func `a recorded series that ends gets a staleness marker`() throws {
    let bench = try RuleBench("groups: [{name: g, rules: [{record: r, expr: x > 1}]}]")
    bench.series.add(LabelSet(metric: "x"), 2, at: at(60))
    _ = bench.evaluate(at(60))
    bench.series.add(LabelSet(metric: "x"), 0, at: at(120))
    _ = bench.evaluate(at(120))
    #expect(bench.written.count == 2)
    #expect(bench.written[1].values == [.init(LabelSet(metric: "r"), .stalenessMarker)])
  }

  @Test func `labels expand by template, overwrite the sample's and end with alertname`() throws {
    let bench = try RuleBench(
      """
      groups:
        - name: g
          labels: {team: "{{ $externalLabels.dc }}"}
          rules:
            - alert: Down
              expr: up == 0
              labels: {job: "was-{{ $labels.job }}", alertname: other, zone: ""}
              annotations: {a: "{{ $labels.__name__ }} {{ $externalURL }}", b: "{{ index $value 1 }}"}
      """
    )
    bench.series.add(LabelSet(metric: "up", ["job": "web", "zone": "z"]), 0, at: at(0))
    let alert = try #require(bench.evaluate(at(0)).firing.first)
    #expect(alert.labels == LabelSet(["alertname": "Down", "job": "was-web", "team": "x"]))
    #expect(alert.annotations[0] == Label("a", "up http://m"))
    #expect(alert.annotations[1].value.hasPrefix("<error expanding template: 1:4: "))
  }

  @Test func `a failing rule keeps its alerts and stops no other rule`() throws {
    let bench = try RuleBench(
      """
      groups:
        - name: g
          rules:
            - {alert: Joined, expr: a + on (k) b}
            - {alert: Other, expr: a}
      """
    )
    bench.series.add(LabelSet(metric: "a", ["k": "1"]), 1, at: at(0))
    bench.series.add(LabelSet(metric: "b", ["k": "1", "x": "1"]), 1, at: at(0))
    #expect(bench.evaluate(at(0)).firing.count == 2)
    bench.series.add(LabelSet(metric: "b", ["k": "1", "x": "2"]), 1, at: at(30))
    let outcome = bench.evaluate(at(60))
    #expect(outcome.failedCount == 1 && outcome.resolved.isEmpty && outcome.firing.count == 2)
    guard case .failed(.query(let reason)) = bench.evaluator.groups[0].statuses[0].health else {
      Issue.record("the rule failed")
      return
    }
    #expect(reason.contains("duplicate series"))
    #expect(bench.evaluator.groups[0].statuses[1].health == .good)
  }

  @Test(arguments: [
    (
      "{record: r, expr: 'label_replace(x, \"a\", \"\", \"a\", \".*\")'}",
      "same labelset after applying rule labels"
    ),
    ("{record: r, expr: 'x[5m]'}", "rule result is not a vector or scalar"),
    ("{alert: A, expr: x, labels: {a: same}}", "same labelset after applying alert labels"),
    ("{record: r, expr: x}", "exceeded limit of 1 with 2 series"),
    ("{alert: A, expr: x}", "exceeded limit of 1 with 2 alerts"),
  ])
  func `a result that no rule may have fails it`(rule: String, expected: String) throws {
    let bench = try RuleBench("groups: [{name: g, limit: 1, rules: [\(rule)]}]")
    bench.series.add(LabelSet(metric: "x", ["a": "1"]), 1, at: at(0))
    bench.series.add(LabelSet(metric: "x", ["a": "2"]), 1, at: at(0))
    #expect(bench.evaluate(at(0)).failedCount == 1)
    guard case .failed(let error) = bench.evaluator.groups[0].statuses[0].health else {
      Issue.record("the rule failed")
      return
    }
    // Removing a label may already be refused by the query itself.
    #expect(error.description.contains(expected) || error.description.contains("labelset"))
    #expect(bench.written.isEmpty)
  }

  @Test func `a scalar is one sample without labels`() throws {
    let bench = try RuleBench("groups: [{name: g, rules: [{alert: Always, expr: 1}]}]")
    #expect(bench.evaluate(at(0)).firing.map(\.labels) == [LabelSet(["alertname": "Always"])])
  }

  @Test func `the query offset moves queries and samples, not the alert's times`() throws {
    let bench = try RuleBench(
      "groups: [{name: g, query_offset: 30s, rules: [{alert: A, expr: x == 1}]}]"
    )
    bench.series.add(LabelSet(metric: "x"), 1, at: at(60))
    #expect(bench.evaluate(at(80)).firing.isEmpty)
    #expect(bench.evaluate(at(90)).firing.map(\.startsAt) == [at(90)])
    #expect(bench.written.map(\.timestamp) == [at(60)])
  }

  @Test func `samples that cannot be written fail the rule and not its alerts`() throws {
    let bench = try RuleBench("groups: [{name: g, rules: [{alert: A, expr: x}]}]")
    bench.series.add(LabelSet(metric: "x"), 1, at: at(0))
    bench.refusesWrites = true
    let outcome = bench.evaluate(at(0))
    #expect(outcome.firing.count == 1 && outcome.failedCount == 1)
    #expect(
      bench.evaluator.groups[0].statuses[0].health == .failed(.writing(reason: "full"))
    )
  }

  @Test func `an alert about a target that cannot be asked is kept until it answers`() throws {
    let bench = try RuleBench(
      """
      groups:
        - name: g
          rules:
            - {alert: Busy, expr: load > 5, labels: {instance: shown}}
            - {alert: Down, expr: up == 0}
      """
    )
    let load = LabelSet(metric: "load", ["instance": "a"])
    let isUp = LabelSet(metric: "up", ["instance": "a"])
    bench.series.add(load, 9, at: at(0))
    bench.series.add(isUp, 1, at: at(0))
    #expect(bench.evaluate(at(0)).firing.map { $0.labels["alertname"] } == ["Busy"])
    bench.series.add(load, .stalenessMarker, at: at(60))
    bench.series.add(isUp, 0, at: at(60))
    bench.unreachable = ["a"]
    let lost = bench.evaluate(at(60))
    #expect(lost.firing.map(\.isUnknown) == [true, false])
    #expect(lost.resolved.isEmpty)
    bench.series.add(isUp, 1, at: at(120))
    bench.series.add(load, 1, at: at(120))
    bench.unreachable = []
    let back = bench.evaluate(at(120))
    #expect(back.resolved.map { $0.labels["alertname"] } == ["Busy", "Down"])
    #expect(back.resolved.map(\.isUnknown) == [false, false])
  }

  @Test func `templates ask queries at the evaluation time`() throws {
    let bench = try RuleBench(
      """
      groups:
        - name: g
          rules:
            - alert: A
              expr: x > 0
              annotations:
                t: '{{ range query "x" | sortByLabel "a" }}{{ .Labels.a }}:{{ .Value }} {{ end }}'
                e: '{{ query "x +" }}'
      """
    )
    bench.series.add(LabelSet(metric: "x", ["a": "2"]), 1, at: at(0))
    bench.series.add(LabelSet(metric: "x", ["a": "1"]), 0, at: at(0))
    let alert = try #require(bench.evaluate(at(0)).firing.first)
    #expect(alert.annotations[1].value == "1:0 2:1 ")
    #expect(alert.annotations[0].value.contains("<error expanding template: "))
  }
}
