// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Polling
import Rules
import TestSupport
import Testing

@testable import Daemon

/// When rules are evaluated, and what becomes of their outcome.
@Suite struct RuleRunnerTests {
  private static func group(_ rule: String, interval: String = "1s") -> String {
    """
    groups:
      - name: test
        interval: \(interval)
        rules:
          - \(rule)
    """
  }

  @Test func `an alert whose rule went during its evaluation is not told`() async throws {
    let harness = try await RuleHarness()
    await harness.tellEverything()
    harness.states.hold()
    try await harness.start(Self.group("{alert: Gone, expr: vector(1)}"))
    #expect(await eventually { harness.states.isHeld })
    // The evaluation is not over: its states are being written.
    await harness.runner.replaceRules(with: .init(groups: []), templateValues: .init())
    harness.states.release()
    try await harness.stop()
    #expect(await harness.queue.plans.isEmpty)
  }

  @Test func `what ended while nobody is to be told is not kept`() async throws {
    let harness = try await RuleHarness()
    try await harness.start(Self.group("{alert: Down, expr: vector(1)}"))
    #expect(await eventually { await harness.notifications.firing.count == 1 })
    await harness.runner.replaceRules(with: .init(groups: []), templateValues: .init())
    #expect(await eventually { await harness.notifications.firing.isEmpty })
    #expect(await harness.notifications.endedSinceStep.isEmpty)
    try await harness.stop()
  }

  @Test func `groups that read each other's series do not run without a pause`() async throws {
    let harness = try await RuleHarness()
    let clock = ContinuousClock()
    // Each begins or ends its series because of what the other one did.
    try await harness.start(
      """
      groups:
        - name: test
          interval: 1h
          rules: [{record: one, expr: absent(two) unless on() kick > 1}]
        - name: other
          interval: 1h
          rules: [{record: two, expr: one}]
      """
    )
    let began = clock.now
    harness.record("kick")
    let runs = await eventually {
      await harness.figure(SelfMetrics.groupEvaluations, of: "test") ?? 0 >= 6
    }
    #expect(runs)
    #expect(clock.now - began >= .milliseconds(400))
    try await harness.stop()
  }

  @Test func `rules go on when the clock is set back`() async throws {
    let harness = try await RuleHarness()
    try await harness.start(Self.group("{record: one, expr: vector(1)}"))
    func evaluations() async -> Double {
      await harness.figure(SelfMetrics.groupEvaluations, of: "test") ?? 0
    }
    #expect(await eventually { await evaluations() >= 1 && !harness.clock.sleepers.isEmpty })
    harness.clock.set(by: .seconds(-3_600))
    let before = await evaluations()
    #expect(await eventually(within: .seconds(5)) { await evaluations() >= before + 2 })
    try await harness.stop()
  }

  @Test func `slots that went by are counted as missed, and not made up for`() async throws {
    let harness = try await RuleHarness()
    try await harness.start(Self.group("{record: one, expr: vector(1)}", interval: "100s"))
    func figure(_ metric: MetricDefinition) async -> Double? {
      await harness.figure(metric, of: "test")
    }
    #expect(await eventually { !harness.clock.sleepers.isEmpty })
    let (before, missed) = (
      await figure(SelfMetrics.groupEvaluations), await figure(SelfMetrics.groupMissed)
    )
    // As if something had taken so long that ten slots are over.
    harness.clock.set(by: .seconds(1_000))
    // A sample wakes the runner, whose sleep does not know of the clock.
    harness.record("kick")
    #expect(await eventually { await figure(SelfMetrics.groupEvaluations) == (before ?? 0) + 1 })
    let now = try #require(await figure(SelfMetrics.groupMissed))
    #expect((9...10).contains(now - (missed ?? 0)))
    try await harness.stop()
  }

  @Test func `samples that wait for their rules do not wait for a clock that was set back`()
    async throws
  {
    let harness = try await RuleHarness()
    try await harness.start(Self.group("{record: one, expr: some}", interval: "12h"))
    func evaluations() async -> Double {
      await harness.figure(SelfMetrics.groupEvaluations, of: "test") ?? 0
    }
    harness.record("some")
    #expect(await eventually { await evaluations() == 1 })
    harness.record("some")
    // The runner has set a time for them as soon as it looked.
    let isWaiting = await eventually {
      guard let due = await harness.runner.calmDue else { return false }
      return harness.clock.sleepers.contains(due)
    }
    #expect(isWaiting)
    harness.clock.set(by: .seconds(-3_600))
    #expect(await eventually(within: .seconds(6)) { await evaluations() == 2 })
    try await harness.stop()
  }

  @Test func `an alert about what cannot be asked any more is kept as unknown`() async throws {
    let harness = try await RuleHarness()
    try await harness.start(Self.group("{alert: GuestDown, expr: guest_up == 0}"))
    func states() async -> [String] {
      await harness.notifications.firing.map { "\($0.labels["id"] ?? "") \($0.isUnknown)" }.sorted()
    }
    func guest(_ id: String, _ value: Double) -> CollectedSample {
      CollectedSample(RuleHarness.guestUp, value, ["id": id])
    }
    harness.poll([guest("1", 0), guest("2", 0)])
    #expect(await eventually { await states() == ["1 false", "2 false"] })
    // The node of the first cannot be asked, and the second runs again.
    let labels = ["part": "guests", "node": "n1", "reason": "node_down"]
    harness.poll([guest("2", 1), CollectedSample(IngestMetrics.collectorPartial, 1, labels)])
    #expect(await eventually { await states() == ["1 true"] })
    harness.poll([guest("1", 1), guest("2", 1)])
    #expect(await eventually { await states().isEmpty })
    try await harness.stop()
  }

  @Test func `a stop does not wait for a heavy rule, and takes it for no fault`() async throws {
    let harness = try await RuleHarness()
    let heavy = "sum_over_time((time() * vector(1))[50000s:1s])"
    let rules = (1...200).map { "      - {record: heavy\($0), expr: '\(heavy)'}" }
    try await harness.start(
      Self.group("{record: begun, expr: vector(1)}\n" + rules.joined(separator: "\n"))
    )
    #expect(
      await eventually {
        String(decoding: harness.latest.exposition(.text), as: UTF8.self).contains("begun")
      }
    )
    let clock = ContinuousClock()
    let began = clock.now
    try await harness.stop()
    #expect(clock.now - began < .seconds(2))
    #expect(!harness.sink.lines.contains { $0.contains("rule cannot be evaluated") })
  }

  @Test func `a rule that cannot be evaluated is logged once and counted while it lasts`()
    async throws
  {
    let harness = try await RuleHarness()
    let bad = #"{record: bad, expr: 'label_replace(vector(1), "a", "$1", "b", "(")'}"#
    try await harness.start(Self.group(bad))
    let runs = await eventually {
      await harness.figure(SelfMetrics.groupEvaluations, of: "test") ?? 0 >= 3
    }
    #expect(runs)
    #expect(await harness.figure(SelfMetrics.groupFailing, of: "test") == 1)
    let lines = harness.sink.lines.filter { $0.contains("rule cannot be evaluated") }
    #expect(lines.count == 1)
    #expect(lines.first?.contains("rule=bad") == true)
    try await harness.stop()
  }
}
