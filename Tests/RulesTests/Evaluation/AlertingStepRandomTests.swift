// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import TestSupport
import Testing

@Suite struct AlertingStepRandomTests {
  /// What someone outside knows after having followed every step.
  private struct Follower {
    var series: Set<LabelSet> = []
    var stored: [LabelSet: StoredAlertInstance] = [:]
    var firing: Set<LabelSet> = []

    mutating func take(_ step: AlertingStep) {
      for value in step.values {
        if value.value.isStalenessMarker {
          series.remove(value.labels)
        } else {
          series.insert(value.labels)
        }
      }
      for key in step.changes.removed { stored[key.labels] = nil }
      for instance in step.changes.saved { stored[instance.labels] = instance }
      for alert in step.resolved { firing.remove(alert.labels) }
      firing.formUnion(step.firing.map(\.labels))
    }
  }

  @Test(arguments: 0..<40)
  func `what steps tell adds up to the state, whatever happens`(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let rule = try alertingRule(
      hold: .seconds(60 * Int.random(in: 0...3, using: &random)),
      keep: .seconds(60 * Int.random(in: 0...3, using: &random)),
      limit: Bool.random(using: &random) ? 4 : nil
    )
    let names = ["a", "b", "c", "d", "e"]
    var state = AlertingRuleState()
    var follower = Follower()
    for time in 0..<120 {
      let present = names.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
      let lost = Set(names.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
      let before = state
      let step = rule.step(state, with: present.map { condition($0) }, at: minute(time)) {
        lost.contains($0["instance"] ?? "")
      }
      state = step.state
      follower.take(step)
      let active = state.instances.values.filter(\.isActive)
      #expect(follower.series.count == 2 * active.count, "seed \(seed) minute \(time)")
      #expect(follower.firing == Set(active.filter(\.isFiring).map(\.labels)))
      #expect(Set(follower.stored.keys) == Set(state.instances.keys))
      for (labels, instance) in state.instances {
        let stored = try #require(follower.stored[labels])
        #expect(stored.activeAt == instance.activeAt)
        #expect((stored.resolvedAt == nil) == instance.isActive)
        #expect((stored.firedAt == nil) == (instance.phase == .pending))
        if instance.isUnknown, instance.isActive { #expect(before.instances[labels] != nil) }
      }
      guard step.failure == nil else { continue }
      for instance in active where instance.isUnknown {
        let name = instance.labels["instance"] ?? ""
        #expect(lost.contains(name) && !present.contains(name))
      }
    }
  }
}
