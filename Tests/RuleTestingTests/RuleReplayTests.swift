// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import RuleTesting
import Rules
import Testing

@Suite struct RuleReplayTests {
  /// A value a minute from the epoch on.
  private func history(_ lines: [(String, String)]) throws -> TrialSeries {
    let series = TrialSeries()
    for (name, values) in lines {
      let line = try SeriesNotation(series: name, values: values)
      for (index, value) in line.values.enumerated() {
        guard let value else { continue }
        series.add(line.labels, value, at: .epoch + .seconds(60) * index)
      }
    }
    return series
  }

  private func replay(
    _ rules: String,
    _ lines: [(String, String)],
    from: Int = 0,
    through: Int = 60
  ) throws -> ReplayedRules {
    let set = try RuleSet(reading: [RuleSet.File(name: "r.yml", text: Array(rules.utf8))])
    let span = Timestamp.epoch + .seconds(60 * from)...Timestamp.epoch + .seconds(60 * through)
    return RuleReplay(set, over: span, reading: try history(lines)).run()
  }

  private let down = """
    groups:
      - name: g
        rules:
          - alert: Down
            expr: broken > 0
            for: 2m
            labels: {severity: page}
            annotations: {summary: "{{ $labels.i }} {{ $value }}"}
    """

  @Test func `an alert is told with its time, length, first value and summary`() throws {
    let outcome = try replay(down, [("broken{i=\"a\"}", "0x9 5 6 7 8 0x47")])
    #expect(
      outcome.alerts == [
        ReplayedAlert(
          group: "g",
          labels: LabelSet(["alertname": "Down", "i": "a", "severity": "page"]),
          annotations: LabelSet(["summary": "a 7"]),
          value: 7,
          firedAt: .epoch + .seconds(12 * 60),
          endedAt: .epoch + .seconds(14 * 60),
          beganBefore: false
        )
      ]
    )
    #expect(outcome.alerts.first?.summary == "a 7")
    let rule = try #require(outcome.rules.first)
    #expect(rule.firedCount == 1 && rule.pendingOnlyCount == 0 && rule.evaluationCount == 63)
    #expect(rule.longest == .seconds(120) && rule.sampleCount == 4 && rule.failure == nil)
  }

  @Test func `what waited in vain is counted, and what still fires has no end`() throws {
    let outcome = try replay(down, [("broken{i=\"a\"}", "0x9 1 0x9 1x50")], through: 40)
    #expect(outcome.rules.first?.pendingOnlyCount == 1)
    #expect(outcome.alerts.count == 1 && outcome.alerts.first?.endedAt == nil)
  }

  @Test func `what fired before the span is marked`() throws {
    let outcome = try replay(down, [("broken{i=\"a\"}", "1x60")], from: 30)
    #expect(outcome.alerts.map(\.beganBefore) == [true])
    #expect(outcome.alerts.map(\.firedAt) == [.epoch + .seconds(30 * 60)])
  }

  @Test func `a rule sees what rules before it record, not what was recorded then`() throws {
    let rules = """
      groups:
        - name: g
          rules:
            - {record: total, expr: sum(part)}
            - {alert: Much, expr: 'max_over_time(total[10m]) > 5'}
            - {alert: Follows, expr: 'ALERTS{alertname="Much"}'}
      """
    let lines = [("part{i=\"a\"}", "3x60"), ("part{i=\"b\"}", "3x60"), ("total", "0x60")]
    let outcome = try replay(rules, lines, from: 20)
    #expect(outcome.rules.map(\.firedCount) == [0, 1, 1])
    #expect(outcome.alerts.map(\.value) == [1, 6])
  }

  @Test func `an alert whose target does not answer is kept`() throws {
    let lines = [
      ("broken{instance=\"a\"}", "0x9 1x9 stale"),
      ("up{instance=\"a\",job=\"x\"}", "1x19 0x9 1x31"),
    ]
    let outcome = try replay(down, lines)
    #expect(outcome.alerts.map(\.endedAt) == [.epoch + .seconds(30 * 60)])
  }

  @Test func `a rule that fails is told with its reason, and the others go on`() throws {
    let rules = """
      groups:
        - name: g
          rules:
            - {alert: Broken, expr: left + on (x) right}
            - {alert: Good, expr: left}
      """
    let lines = [
      ("left{x=\"1\"}", "1x60"), ("right{x=\"1\",y=\"1\"}", "1x60"),
      ("right{x=\"1\",y=\"2\"}", "1x60"),
    ]
    let outcome = try replay(rules, lines)
    #expect(outcome.rules.first?.failure?.contains("found duplicate series") == true)
    #expect(outcome.rules.last?.failure == nil && outcome.rules.last?.firedCount == 1)
  }
}
