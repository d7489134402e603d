// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct EscalationTests {
  private func read(_ route: String) -> (settings: NotificationSettings?, issues: [String]) {
    let text = """
      notifications:
        receivers: [{name: chat, test: [{}]}, {name: pager, test: [{}]}, {name: boss, test: [{}]}]
        route: \(route)
      """
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
    let settings = NotificationSettings.read(
      tree.root.section("notifications"),
      kinds: [SilentKind()]
    )
    return (settings, tree.issues.map(\.description))
  }

  private struct SilentKind: ReceiverKind {
    let key = "test"

    func make(_ section: SettingsSection) -> (any Receiver)? { SilentReceiver() }
  }

  private func settings() throws -> NotificationSettings {
    let (settings, issues) = read(
      """
      {receiver: chat, group_wait: 0s, group_by: [alertname],
        escalate: {after: 15m, receiver: pager}}
      """
    )
    #expect(issues == [])
    return try #require(settings)
  }

  private let first = alert("A", ["n": "1"])
  private let ended = alert("A", ["n": "1"], endedAt: 1_000)

  @Test func `what nobody acknowledges is told to the next receiver, and its end too`() throws {
    var planner = NotificationPlanner(settings: try settings())
    #expect(planner.told([first], at: 0) == ["chat firing +A1"])
    #expect(planner.told([first], until: 950) == ["900.0: pager escalated +A1"])
    #expect(planner.told([ended], at: 1_000) == ["chat resolved -A1", "pager resolved -A1"])
  }

  @Test func `what is acknowledged in time is told to nobody else`() throws {
    var planner = NotificationPlanner(settings: try settings())
    #expect(planner.told([first], at: 0) == ["chat firing +A1"])
    let said = Acknowledgement(
      .group(key: #"{}:{alertname="A"}"#),
      by: "ann",
      at: time(100)
    )
    let book = SilenceBook(acknowledgements: [said])
    _ = planner.told([first], at: 100, silences: book)
    #expect(planner.nextDeadline == nil)
    #expect(planner.told([first], at: 5_000, silences: book) == [])
  }

  @Test func `the second receiver is not told again once somebody acknowledges`() throws {
    var planner = NotificationPlanner(settings: try settings())
    _ = planner.told([first], at: 0)
    #expect(planner.told([first], at: 900) == ["pager escalated +A1"])
    let said = Acknowledgement(.alert(first.labels), by: "ann", at: time(950))
    let book = SilenceBook(acknowledgements: [said])
    #expect(planner.told([first], until: 90_000, silences: book) == [])
    #expect(
      planner.told([ended], at: 90_001, silences: book)
        == ["chat resolved -A1", "pager resolved -A1"]
    )
  }

  @Test func `a later alert of the group has its own time`() throws {
    var planner = NotificationPlanner(settings: try settings())
    let second = alert("A", ["n": "2"], at: 600)
    _ = planner.told([first], at: 0)
    #expect(planner.told([first, second], at: 600) == ["chat moreFiring  A1,+A2"])
    #expect(
      planner.told([first, second], until: 1_600)
        == ["900.0: pager escalated +A1", "1500.0: pager escalated  A1,+A2"]
    )
  }

  @Test func `a restart keeps the time and tells nothing twice`() throws {
    let all = try settings()
    var planner = NotificationPlanner(settings: all)
    let plan = planner.step(alerts: [first], now: time(0))
    planner = NotificationPlanner(settings: all, groups: plan.changedGroups)
    #expect(planner.told([first], at: 899) == [])
    let next = planner.step(alerts: [first], now: time(900))
    #expect(next.notifications.map(line) == ["pager escalated +A1"])
    planner = NotificationPlanner(settings: all, groups: planner.groups)
    #expect(planner.told([first], at: 1_000) == [])
    #expect(planner.told([ended], at: 1_001) == ["chat resolved -A1", "pager resolved -A1"])
  }

  @Test func `several steps come one after the other`() throws {
    let (settings, issues) = read(
      """
      {receiver: chat, group_wait: 0s, group_by: [alertname],
        escalate: [{after: 1h, receiver: boss}, {after: 15m, receiver: pager}]}
      """
    )
    #expect(issues == [])
    var planner = NotificationPlanner(settings: try #require(settings))
    _ = planner.told([first], at: 0)
    #expect(
      planner.told([first], until: 4_000)
        == ["900.0: pager escalated +A1", "3600.0: boss escalated +A1"]
    )
  }

  @Test func `a silenced alert is not told to the next receiver`() throws {
    var planner = NotificationPlanner(settings: try settings())
    _ = planner.told([first], at: 0)
    let book = SilenceBook([try silence("s", [LabelMatcher("n", .equal, "1")], to: 2_000)])
    #expect(planner.told([first], until: 1_999, silences: book) == [])
    #expect(
      planner.told([first], until: 3_000, silences: book)
        == ["2000.0: chat silenceEnded  A1", "2900.0: pager escalated +A1"]
    )
  }

  @Test func `steps are inherited, but never lead to the route's own receiver`() throws {
    let (settings, issues) = read(
      """
      {receiver: chat, escalate: {after: 15m, receiver: pager}, routes: [
        {matchers: [a=b]}, {matchers: [c=d], receiver: pager}, {matchers: [e=f], escalate: []}]}
      """
    )
    #expect(issues == [])
    let children = try #require(settings).root.children
    let step = EscalationStep(after: .seconds(900), receiver: "pager")
    #expect(children.map(\.escalation) == [[step], [], []])
  }

  @Test func `faulty steps are refused`() {
    func issue(_ step: String) -> String {
      read("{receiver: chat, escalate: \(step)}").issues.first ?? ""
    }
    #expect(issue("{receiver: pager}").contains("after: is required here"))
    #expect(issue("{after: 15m}").contains("receiver: is required here"))
    #expect(issue("{after: 15m, receiver: chat}").contains("is told already"))
    #expect(issue("{after: 15m, receiver: pagr}").contains("did you mean \"pager\""))
    #expect(issue("{after: 1s, receiver: pager}").contains("must be 10s to 7d"))
  }
}
