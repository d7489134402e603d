// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Patterns
import Rules
import Testing

@Suite struct InhibitRuleTests {
  private func planner(_ rules: String, wait: Double = 0) throws -> NotificationPlanner {
    let text = "notifications: {receivers: [{name: chat}], inhibit_rules: \(rules)}"
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
    let read = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
    #expect(tree.issues.map(\.description) == [])
    let chat = IntegrationID(receiver: "chat", kind: "test")
    return NotificationPlanner(
      settings: NotificationSettings(
        root: try route("chat", by: .everyAlert, wait: wait),
        integrations: [Integration(id: chat, receiver: SilentReceiver())],
        inhibitRules: try #require(read).inhibitRules
      )
    )
  }

  private static let rule = """
    [{name: lesser, source_matchers: [severity="page"], target_matchers: [severity="warning"],
      equal: [node]}]
    """

  private func alert(
    _ name: String,
    _ severity: String,
    node: String? = nil,
    endedAt: Double? = nil
  ) -> Alert {
    var labels = ["severity": severity]
    if let node { labels["node"] = node }
    return NotifyingTests.alert(name, labels, endedAt: endedAt)
  }

  @Test func `while a source fires its targets are not told`() throws {
    var planner = try planner(Self.rule)
    let (source, target) = (alert("S", "page", node: "a"), alert("T", "warning", node: "a"))
    #expect(planner.told([source, target], at: 0) == ["chat firing +S"])
    let explanation = planner.explanation(of: target)
    #expect(explanation.quiet.inhibitors == [Inhibitor(rule: "lesser", source: source.labels)])
    #expect(!explanation.isTold)
  }

  @Test func `a source inhibits only targets with the same values of the equal labels`() throws {
    var planner = try planner(Self.rule)
    let alerts = [alert("S", "page", node: "a"), alert("T", "warning", node: "b")]
    #expect(planner.told(alerts, at: 0).sorted() == ["chat firing +S", "chat firing +T"])
  }

  @Test func `an equal label that both lack is equal`() throws {
    var planner = try planner(Self.rule)
    #expect(
      planner.told([alert("S", "page"), alert("T", "warning")], at: 0) == ["chat firing +S"]
    )
  }

  @Test func `a target is told when its source has ended`() throws {
    var planner = try planner(Self.rule, wait: 2)
    let (source, target) = (alert("S", "page"), alert("T", "warning"))
    _ = planner.told([source, target], at: 0)
    #expect(planner.told([source, target], until: 10) == ["2.0: chat firing +S"])
    _ = planner.told([alert("S", "page", endedAt: 20), target], at: 20)
    #expect(
      planner.told([target], until: 30) == ["22.0: chat resolved -S", "22.0: chat firing +T"]
    )
  }

  @Test func `a target that was told before is not told of again, and its end is`() throws {
    var planner = try planner(Self.rule)
    let (source, target) = (alert("S", "page"), alert("T", "warning"))
    #expect(planner.told([target], at: 0) == ["chat firing +T"])
    #expect(planner.told([source, target], at: 10) == ["chat firing +S"])
    let ended = alert("S", "page", endedAt: 20)
    #expect(planner.told([ended, target], at: 20) == ["chat resolved -S"])
    #expect(planner.told([alert("T", "warning", endedAt: 30)], at: 30) == ["chat resolved -T"])
  }

  @Test func `the end of an inhibited alert is not told`() throws {
    var planner = try planner(Self.rule)
    let (source, target) = (alert("S", "page"), alert("T", "warning"))
    #expect(planner.told([target], at: 0) == ["chat firing +T"])
    #expect(planner.told([source, target], at: 10) == ["chat firing +S"])
    #expect(planner.told([source, alert("T", "warning", endedAt: 20)], at: 20) == [])
    #expect(planner.told([source], at: 100) == [])
  }

  @Test func `what is source and target at once is not inhibited by another such alert`() throws {
    let rules = "[{source_matchers: [alertname=~\"A|B|C\"], target_matchers: [alertname=~\"A|B\"]}]"
    var planner = try planner(rules)
    let both = [NotifyingTests.alert("A"), NotifyingTests.alert("B")]
    #expect(planner.told(both, at: 0).count == 2)
    var other = try self.planner(rules)
    let all = both + [NotifyingTests.alert("C")]
    #expect(other.told(all, at: 0) == ["chat firing +C"])
  }

  @Test func `the old maps of matchers are read`() throws {
    var planner = try planner(
      "[{source_match: {severity: page}, target_match_re: {severity: warn.*}, equal: [node]}]"
    )
    let alerts = [alert("S", "page", node: "a"), alert("T", "warning", node: "a")]
    #expect(planner.told(alerts, at: 0) == ["chat firing +S"])
    #expect(planner.explanation(of: alerts[1]).quiet.inhibitors.map(\.rule) == ["inhibit_rules[0]"])
  }

  @Test func `a rule without a side, or with a name that is taken, is refused`() {
    func issues(_ rules: String) -> [String] {
      let text = "notifications: {receivers: [{name: chat}], inhibit_rules: \(rules)}"
      let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
      _ = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
      return tree.issues.map(\.description)
    }
    let open = issues("[{source_matchers: [a=b]}]")
    #expect(open.count == 1)
    #expect(open.first?.contains("target_matchers: is required here") == true)
    let side = "source_matchers: [a=b], target_matchers: [c=d]"
    let taken = issues("[{name: x, \(side)}, {name: x, \(side)}]")
    #expect(taken.first?.contains("taken by another rule") == true)
    #expect(issues("[{\(side), equals: [a]}]").first?.contains("did you mean \"equal\"") == true)
  }
}
