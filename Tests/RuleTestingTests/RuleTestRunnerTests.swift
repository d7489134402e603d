// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import RuleTesting
import Rules
import TestSupport
import Testing

@Suite struct RuleTestRunnerTests {
  private let rules = """
    groups:
      - name: recording
        rules:
          - {record: ratio, expr: errors / requests}
      - name: alerts
        interval: 1h
        rules:
          - alert: Errors
            expr: ratio > 0.1
            for: 2m
            labels: {severity: page}
            annotations: {summary: "{{ $labels.job }} {{ $value }} in {{ $externalLabels.dc }}"}
      - name: unrelated
        rules:
          - {record: broken, expr: left + on (x) right}
    """

  private func outcome(_ checks: String, top: String = "") async throws -> RuleTestOutcome {
    let text = """
      \(top)
      tests:
        - name: t
          external_labels: {dc: north}
          input_series:
            - {series: 'errors{job="a"}', values: '0 5x10'}
            - {series: 'requests{job="a"}', values: '10x10'}
          \(checks)
      """
    return try #require(await TestFileBench(text, rules: rules).outcomes().first)
  }

  @Test func `a check sees the last evaluation at or before its time`() async throws {
    let outcome = try await outcome(
      """
      alert_rule_test:
            - {eval_time: 2m59s, alertname: Errors}
            - eval_time: 3m
              alertname: Errors
              exp_alerts: &one
                - exp_labels: {job: a, severity: page}
                  exp_annotations: {summary: a 0.5 in north}
            - {eval_time: 3m59s, alertname: Errors, exp_alerts: *one}
      """
    )
    #expect(outcome.failures.isEmpty, "\(RuleTestReport.lines(of: outcome))")
  }

  @Test func `what differs is told with what was expected and what came`() async throws {
    let outcome = try await outcome(
      """
      alert_rule_test:
            - eval_time: 5m
              alertname: Errors
              exp_alerts:
                - exp_labels: {job: a, severity: warning}
                  exp_annotations: {summary: a 0.5 in north}
          promql_expr_test:
            - expr: ratio
              eval_time: 5m
              exp_samples: [{labels: 'ratio{job="a"}', value: 0.25}]
      """
    )
    #expect(
      RuleTestReport.lines(of: outcome) == [
        "    name: t,",
        "    alertname: Errors, time: 5m,",
        #"        exp: labels {alertname="Errors", job="a", severity="warning"}"#
          + #" annotations {summary="a 0.5 in north"}"#,
        #"        got: labels {alertname="Errors", job="a", severity="page"}"#
          + #" annotations {summary="a 0.5 in north"}"#,
        #"        differs: {alertname="Errors", job="a", severity="page"}"#,
        "          label severity",
        #"            exp: "warning""#,
        #"            got: "page""#,
        "    expr: \"ratio\", time: 5m,",
        #"        exp: ratio{job="a"} 0.25"#,
        #"        got: ratio{job="a"} 0.5"#,
        #"        differs: ratio{job="a"} exp 0.25 got 0.5"#,
      ]
    )
  }

  @Test func `missing and unexpected alerts are both told`() async throws {
    let missing = try await outcome(
      "alert_rule_test: [{eval_time: 1m, alertname: Errors, exp_alerts: [{exp_labels: {job: a}}]}]"
    )
    #expect(RuleTestReport.lines(of: missing).contains("        got: nil"))
    #expect(
      RuleTestReport.lines(of: missing).last
        == #"        missing: {alertname="Errors", job="a"}"#
    )
    let surplus = try await outcome("alert_rule_test: [{eval_time: 5m, alertname: Errors}]")
    #expect(RuleTestReport.lines(of: surplus).last?.contains("not expected: ") == true)
  }

  @Test func `an alert name that no rule has is pointed out`() async throws {
    let outcome = try await outcome("alert_rule_test: [{eval_time: 5m, alertname: Erors}]")
    #expect(outcome.failures.isEmpty)
    #expect(outcome.warnings == ["no alert rule is called \"Erors\"; did you mean \"Errors\"?"])
  }

  @Test func `groups that are not listed come before those that are, in the order of the list`()
    async throws
  {
    let reversed = try await outcome(
      "promql_expr_test: [{expr: ratio, eval_time: 0, exp_samples: [{labels: 'ratio{job=\"a\"}', value: 0}]}]",
      top: "group_eval_order: [alerts, recording]"
    )
    #expect(reversed.failures.isEmpty)
    #expect(throws: RuleTestFaults.self) {
      try TestFileBench("group_eval_order: [a, a]\n")
    }
  }

  @Test func `a test may begin at another time than the epoch`() async throws {
    for start in ["2026-03-29T00:00:00Z", "1774742400"] {
      let text = """
        tests:
          - start_timestamp: \(start)
            input_series: [{series: x, values: 1 2}]
            promql_expr_test:
              - {expr: time(), eval_time: 1m, exp_samples: [{value: 1774742460}]}
              - {expr: x, eval_time: 1m, exp_samples: [{labels: x, value: 2}]}
        """
      let outcome = try #require(await TestFileBench(text).outcomes().first)
      #expect(outcome.failures.isEmpty, "\(RuleTestReport.lines(of: outcome))")
    }
  }

  @Test(arguments: [
    ("tests: [{input_series: [{series: 'x{', values: 1}]}]", "series"),
    ("tests: [{input_series: [{series: x, values: 1 y}]}]", "\"y\": a value is a number"),
    ("tests: [{input_series: [{series: x, values: '{{schema:1}}'}]}]", "native histograms"),
    ("tests: [{input_series: [{series: x, values: 1x99999999}]}]", "at most 1000000 values"),
    ("tests: [{alert_rule_test: [{eval_time: 1m}]}]", "alertname: is required"),
    ("tests: [{promql_expr_test: [{expr: 'sum('}]}]", "could not parse expression"),
    ("tests: [{promql_expr_test: [{expr: x, exp_samples: [{value: one}]}]}]", "must be a number"),
    ("tests: [{alert_rule_test: [{alertname: A, eval_time: 9y}], interval: 1ms}]", "evaluations"),
    ("evaluation_interval: 0s", "evaluation_interval"), ("rule_file: [x]", "rule_files"),
    ("tests: [{start_timestamp: soon}]", "RFC 3339"),
  ])
  func `a fault of a test file is told with its place`(text: String, expected: String) {
    do throws(RuleTestFaults) {
      _ = try RuleTestFile(reading: Array(text.utf8), file: "tests.yml")
      Issue.record("\(text) was taken")
    } catch {
      let found = error.issues.map(\.description)
      #expect(found.contains { $0.contains(expected) && $0.hasPrefix("tests.yml:1:") }, "\(found)")
    }
  }

  @Test func `hundreds of tests of many rules take seconds`() async throws {
    let alerts = (0..<100).map { number in
      "          - {alert: A\(number), expr: metric\(number) > 5, for: 5m, labels: {severity: page}}"
    }
    let rules = "groups:\n  - name: g\n    rules:\n\(alerts.joined(separator: "\n"))\n"
    let tests = (0..<300).map { number in
      """
        - input_series: [{series: 'metric\(number % 100){i="a"}', values: '9x60'}]
          alert_rule_test:
            - eval_time: 1h
              alertname: A\(number % 100)
              exp_alerts: [{exp_labels: {i: a, severity: page}}]
      """
    }
    let bench = try TestFileBench("tests:\n\(tests.joined(separator: "\n"))\n", rules: rules)
    let clock = ContinuousClock()
    let start = clock.now
    let outcomes = await bench.outcomes()
    #expect(outcomes.count == 300 && outcomes.allSatisfy(\.failures.isEmpty))
    // Without leaving out the 99 rules that a test is not about it is a hundred times as long.
    #expect(clock.now - start < .seconds(60))
  }

  @Test func `changed test files are read or refused, and never trap`() async throws {
    let seed = """
      evaluation_interval: 1m
      fuzzy_compare: true
      group_eval_order: [a]
      tests:
        - interval: 1m
          input_series: [{series: 'up{job="a"}', values: '1 _x3 0+5x10 1e-3-2x4 stale NaN'}]
          alert_rule_test: [{eval_time: 4m, alertname: A, exp_alerts: &x [{exp_labels: {a: b}}]}]
          promql_expr_test: [{expr: up, eval_time: 1m, exp_samples: [{labels: up, value: 1e3}]}]
      """
    let none = try RuleSet(reading: [])
    await Mutation.run([Array(seed.utf8)], seed: 7, standard: 1_000) { text in
      do throws(RuleTestFaults) {
        let file = try RuleTestFile(reading: text, file: "tests.yml")
        for test in file.tests where test.length < .seconds(3_600) {
          _ = RuleTestRunner(file, rules: none).run(test)
        }
      } catch {
        #expect(!error.issues.isEmpty)
      }
    }
  }
}
