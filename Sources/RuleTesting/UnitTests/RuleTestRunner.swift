// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import PromQL
package import Rules

/// What one test came to.
package struct RuleTestOutcome: Sendable {
  /// The test's name; empty when it has none.
  package let name: String
  /// Where expectations and outcome differ, in the order of the file; empty when it passed.
  package var failures: [RuleTestFailure] = []
  /// What is allowed but hardly meant, each one sentence.
  package var warnings: [String] = []
}

/// One difference between expectation and outcome.
package enum RuleTestFailure: Equatable, Sendable {
  /// A rule could not be evaluated, which ends the test.
  case rule(name: String, time: Duration, reason: String)
  /// Other alerts fire than expected.
  case alerts(name: String, time: Duration, expected: [TestedAlert], got: [TestedAlert])
  /// An expression gives other samples than expected.
  case samples(text: String, time: Duration, expected: [TestedSample], got: [TestedSample])
  /// An expression could not be evaluated.
  case expression(text: String, time: Duration, reason: String)
}

/// Runs the tests of a file over rules.
package struct RuleTestRunner: Sendable {
  private let file: RuleTestFile
  private let groups: [RuleGroup]
  private let alertNames: Set<String>

  /// Takes a test file and the rules of the files it names.
  package init(_ file: RuleTestFile, rules: RuleSet) {
    self.file = file
    let order = Dictionary(uniqueKeysWithValues: file.groupOrder.enumerated().map { ($1, $0) })
    groups = rules.groups.enumerated().sorted { left, right in
      (order[left.element.name] ?? 0, left.offset) < (order[right.element.name] ?? 0, right.offset)
    }.map(\.element)
    alertNames = Set(
      rules.groups.flatMap(\.rules).compactMap { rule in
        if case .alerting(let alerting) = rule { alerting.name } else { nil }
      }
    )
  }

  /// Runs one test of the file.
  package func run(_ test: RuleTest) -> RuleTestOutcome {
    var outcome = RuleTestOutcome(name: test.name)
    for name in Set(test.alertChecks.map(\.alertname)).subtracting(alertNames).sorted() {
      let nearest = nearestName(to: name, among: alertNames)
      let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
      outcome.warnings.append("no alert rule is called \"\(name)\"\(hint)")
    }
    var trial = RuleTrial(test, of: file, groups: RuleNeeds(of: test).groups(of: groups))
    let last = test.length
    var time = Duration.zero
    while time <= last {
      let failures = trial.evaluate(after: time)
      guard failures.isEmpty else {
        outcome.failures = failures
        return outcome
      }
      let next = time + file.evaluationInterval
      for check in test.alertChecks where time <= check.time && check.time < next {
        let got = trial.firing(check.alertname)
        guard got != check.expected else { continue }
        outcome.failures.append(
          .alerts(name: check.alertname, time: check.time, expected: check.expected, got: got)
        )
      }
      time = next
    }
    outcome.failures += test.expressionChecks.compactMap(trial.failure)
    return outcome
  }
}

/// One test while it runs.
private struct RuleTrial {
  let test: RuleTest
  let comparesFuzzily: Bool
  let series = TrialSeries()
  let engine: QueryEngine
  var groups: [RuleGroupEvaluator]

  init(_ test: RuleTest, of file: RuleTestFile, groups: [RuleGroup]) {
    self.test = test
    comparesFuzzily = file.comparesFuzzily
    self.groups = groups.map(RuleGroupEvaluator.init)
    engine = QueryEngine(subqueryStep: file.evaluationInterval, dropsNamesLate: false)
    for line in test.series {
      for (index, value) in line.values.enumerated() {
        guard let value else { continue }
        series.add(line.labels, value, at: test.start + test.interval * index)
      }
    }
  }

  /// Evaluates all groups.
  mutating func evaluate(after time: Duration) -> [RuleTestFailure] {
    let now = test.start + time
    series.visibleUntil = now
    let context = RuleEvaluationContext(
      querying: StoredSeriesQuerying(engine: engine, reading: series),
      templateValues: RuleTemplateValues(
        externalLabels: test.externalLabels,
        externalURL: test.externalURL
      ),
      append: { [series] samples throws(RuleError) in
        for value in samples.values { series.add(value.labels, value.value, at: samples.timestamp) }
      }
    )
    var failures: [RuleTestFailure] = []
    for index in groups.indices {
      guard groups[index].evaluate(at: now, using: context).failedCount > 0 else { continue }
      for (rule, status) in zip(groups[index].group.rules, groups[index].statuses) {
        guard case .failed(let error) = status.health else { continue }
        failures.append(.rule(name: rule.name, time: time, reason: error.description))
      }
    }
    return failures
  }

  /// The alerts of a name that fire after the last evaluation.
  func firing(_ name: String) -> [TestedAlert] {
    groups.flatMap { group in
      group.group.rules.indices.filter { group.group.rules[$0].name == name }
        .flatMap { group.instances(ofRuleAt: $0).filter(\.isFiring) }
        .map { TestedAlert(labels: $0.labels, annotations: LabelSet($0.annotations)) }
    }.sorted()
  }

  func failure(of check: RuleTest.ExpressionCheck) -> RuleTestFailure? {
    let querying = StoredSeriesQuerying(engine: engine, reading: series)
    do throws(RuleError) {
      let got = try querying.instant(check.expression, at: test.start + check.time)
        .map { TestedSample($0.labels, $0.value) }.sorted { $0.labels < $1.labels }
      guard !isEqual(got, check.expected) else { return nil }
      return .samples(text: check.text, time: check.time, expected: check.expected, got: got)
    } catch {
      return .expression(text: check.text, time: check.time, reason: error.description)
    }
  }

  private func isEqual(_ got: [TestedSample], _ expected: [TestedSample]) -> Bool {
    guard got.count == expected.count else { return false }
    return zip(got, expected).allSatisfy { got, expected in
      guard got.labels == expected.labels else { return false }
      if got.value == expected.value { return true }
      return comparesFuzzily
        && (got.value.nextUp == expected.value || got.value.nextDown == expected.value)
    }
  }
}
