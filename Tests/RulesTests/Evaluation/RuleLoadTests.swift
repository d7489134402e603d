// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Rules
import Testing

/// Answers every query with the same samples.
private struct FixedAnswers: RuleQuerying {
  let samples: [VectorSample]

  func instant(_ expression: Expression, at time: Timestamp) throws(RuleError) -> [VectorSample] {
    samples
  }
}

@Suite struct RuleLoadTests {
  @Test func `a thousand rules step in little time, quiet ones without a sample`() throws {
    var text = "groups:\n- name: g\n  rules:\n"
    for index in 0..<1_000 {
      text += "  - {alert: A\(index), expr: up == 0, for: 1m, annotations: {a: '{{ $value }}'}}\n"
    }
    var evaluator = RuleSetEvaluator(try ruleSet(text))
    var written = 0
    func evaluate(_ time: Timestamp, _ samples: [VectorSample]) -> RuleGroupOutcome {
      let context = RuleEvaluationContext(querying: FixedAnswers(samples: samples)) { taken in
        written += taken.values.count
      }
      return evaluator.evaluateGroup(0, at: time, using: context)
    }
    let clock = ContinuousClock()
    let quiet = clock.measure { _ = evaluate(minute(0), []) }
    #expect(written == 0)
    let labels = LabelSet(metric: "up", ["instance": "a", "job": "web"])
    let active = [VectorSample(labels: labels, timestamp: minute(1), value: 0)]
    let pending = clock.measure { _ = evaluate(minute(1), active) }
    #expect(written == 2_000)
    var firing: RuleGroupOutcome?
    let fired = clock.measure { firing = evaluate(minute(2), active) }
    #expect(firing?.firing.count == 1_000 && firing?.changes.saved.count == 1_000)
    print("1,000 rules: quiet \(quiet), becoming pending \(pending), firing \(fired)")
  }
}
