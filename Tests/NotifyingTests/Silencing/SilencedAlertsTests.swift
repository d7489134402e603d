// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct SilencedAlertsTests {
  private let first = alert("A", ["n": "1"])
  private let second = alert("A", ["n": "2"])

  private func book(_ n: String, from start: Double = 0, to end: Double) throws -> SilenceBook {
    SilenceBook([try silence("s", [LabelMatcher("n", .equal, n)], from: start, to: end)])
  }

  @Test func `a silenced alert is told when its silence ends, and why`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    let book = try book("1", to: 100)
    #expect(planner.told([first], until: 99, silences: book) == [])
    #expect(planner.nextDeadline == time(100))
    #expect(planner.told([first], until: 200, silences: book) == ["102.0: chat silenceEnded +A1"])
  }

  @Test func `a silenced alert is left out of the message of its group`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    let book = try book("1", to: 1_000)
    #expect(planner.told([first, second], at: 0, silences: book) == ["chat firing +A2"])
  }

  @Test func `the end of a silenced alert is not told, not even to those who heard of it`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    let book = try book("1", from: 10, to: 100)
    #expect(planner.told([first], at: 0, silences: book) == ["chat firing +A1"])
    #expect(planner.told([first], at: 20, silences: book) == [])
    #expect(planner.told([alert("A", ["n": "1"], endedAt: 30)], at: 30, silences: book) == [])
    #expect(planner.told([], until: 300, silences: book) == [])
  }

  @Test func `an alert told before its silence is told again after it, and its end once`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    let book = try book("1", from: 10, to: 100)
    _ = planner.told([first], at: 0, silences: book)
    #expect(planner.told([first], until: 50, silences: book) == ["2.0: chat firing +A1"])
    #expect(planner.told([first], until: 150, silences: book) == ["102.0: chat silenceEnded  A1"])
    let ended = alert("A", ["n": "1"], endedAt: 160)
    _ = planner.told([ended], at: 160, silences: book)
    #expect(planner.told([], at: 162, silences: book) == ["chat resolved -A1"])
  }

  @Test func `a silenced group is not repeated`() throws {
    let root = try route("chat", wait: 0, repetition: 100)
    var planner = NotificationPlanner(settings: settings(root))
    let book = try book("1", from: 10, to: 1_000)
    #expect(planner.told([first], at: 0, silences: book) == ["chat firing +A1"])
    #expect(planner.told([first], until: 900, silences: book) == [])
  }

  @Test func `a restart within a silence tells its end all the same`() throws {
    let all = settings(try route("chat", wait: 0))
    let book = try book("1", to: 100)
    var planner = NotificationPlanner(settings: all)
    let plan = planner.step(alerts: [first], silences: book, now: time(0))
    #expect(plan.notifications.isEmpty)
    planner = NotificationPlanner(settings: all, groups: plan.changedGroups)
    #expect(planner.told([first], at: 150) == ["chat silenceEnded +A1"])
  }

  @Test func `an acknowledged alert is not repeated, and its recovery is told`() throws {
    let root = try route("chat", wait: 0, repetition: 100)
    var planner = NotificationPlanner(settings: settings(root))
    let acknowledged = SilenceBook(acknowledgements: [
      Acknowledgement(.alert(first.labels), by: "ann", at: time(50))
    ])
    #expect(planner.told([first], at: 0) == ["chat firing +A1"])
    #expect(planner.told([first], until: 500, silences: acknowledged) == [])
    let ended = alert("A", ["n": "1"], endedAt: 600)
    #expect(planner.told([ended], at: 600, silences: acknowledged) == ["chat resolved -A1"])
    #expect(
      planner.told([alert("A", ["n": "1"], at: 700)], at: 700, silences: acknowledged)
        == ["chat firing +A1"]
    )
    #expect(
      planner.told([alert("A", ["n": "1"], at: 700)], at: 800, silences: acknowledged)
        == ["chat repeated  A1"]
    )
  }

  @Test func `one alert that nobody acknowledged goes on being repeated`() throws {
    let root = try route("chat", wait: 0, repetition: 100)
    var planner = NotificationPlanner(settings: settings(root))
    let acknowledged = SilenceBook(acknowledgements: [
      Acknowledgement(.alert(first.labels), by: "ann", at: time(50))
    ])
    _ = planner.told([first, second], at: 0)
    #expect(
      planner.told([first, second], at: 100, silences: acknowledged) == ["chat repeated  A1, A2"]
    )
  }

  @Test func `an explanation names routes, groups, silences and who acknowledged`() throws {
    let page = try route(
      "pager",
      [LabelMatcher("n", .equal, "1")],
      wait: 0,
      continues: true,
      parent: "{}"
    )
    let rest = try route("chat", [LabelMatcher("n", .matches, ".+")], wait: 0, parent: "{}")
    let root = try route("chat", children: [page, rest])
    let places = ["chat", "pager"].map { IntegrationID(receiver: $0, kind: "test") }
    var planner = NotificationPlanner(settings: settings(root, places))
    _ = planner.told([first], at: 0)
    let said = Acknowledgement(.alert(first.labels), by: "ann", at: time(5))
    let all = try silence("s", [LabelMatcher("n", .equal, "1")], to: 100)
    _ = planner.told([first], at: 10, silences: SilenceBook([all], acknowledgements: [said]))
    let explanation = planner.explanation(of: first)
    #expect(explanation.quiet.silences == ["s"])
    #expect(explanation.acknowledgement == said)
    #expect(explanation.standing == .own)
    #expect(!explanation.isTold)
    #expect(explanation.destinations.map(\.group.receiver) == ["pager", "chat"])
    #expect(explanation.destinations[0].route == #"{}/{n="1"}"#)
    #expect(explanation.destinations[0].group.key == #"{}/{n="1"}:{alertname="A"}"#)
    #expect(explanation.destinations[0].toldTo == [places[1]])
    #expect(explanation.destinations[0].lastMessageAt == time(0))
  }
}
