// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct RoutingTests {
  private let page = LabelMatcher("severity", .equal, "page")

  private func receivers(_ names: String...) -> [IntegrationID] {
    names.map { IntegrationID(receiver: $0, kind: "test") }
  }

  @Test func `the first child that matches takes the alert from its parent`() throws {
    let root = try route(
      "chat",
      children: [
        try route("pager", [page], parent: "{}"),
        try route("other", [page], parent: "{}"),
      ]
    )
    #expect(root.routes(for: LabelSet(["severity": "page"])).map(\.receiver) == ["pager"])
    #expect(root.routes(for: LabelSet(["severity": "info"])).map(\.receiver) == ["chat"])
  }

  @Test func `a child that continues offers the alert to its next sibling`() throws {
    let root = try route(
      "chat",
      children: [
        try route("pager", [page], continues: true, parent: "{}"),
        try route("other", [page], parent: "{}"),
        try route("never", [page], parent: "{}"),
      ]
    )
    let found = root.routes(for: LabelSet(["severity": "page"])).map(\.receiver)
    #expect(found == ["pager", "other"])
  }

  @Test func `the search goes as deep as children match`() throws {
    let night = try route("night", [LabelMatcher("tier", .matches, "a.*")], parent: "{}/{}")
    let root = try route(
      "chat",
      children: [try route("pager", [page], parent: "{}", children: [night])]
    )
    let labels = LabelSet(["severity": "page", "tier": "app"])
    #expect(root.routes(for: labels).map(\.receiver) == ["night"])
    #expect(root.routes(for: labels.setting("tier", to: "db")).map(\.receiver) == ["pager"])
  }

  @Test func `a group key reads as Alertmanager writes it`() throws {
    let root = try route("chat", children: [try route("pager", [page], wait: 0, parent: "{}")])
    var planner = NotificationPlanner(settings: settings(root, receivers("chat", "pager")))
    let plan = planner.step(alerts: [alert("A", ["severity": "page"])], now: time(0))
    #expect(plan.notifications.map(\.groupKey) == [#"{}/{severity="page"}:{alertname="A"}"#])
  }

  @Test func `alerts with the same values of the grouping labels go together`() throws {
    let root = try route("chat", by: .labels(["tier"]), wait: 0)
    var planner = NotificationPlanner(settings: settings(root))
    let alerts = [
      alert("A", ["tier": "app"]), alert("B", ["tier": "app"]), alert("C", ["tier": "db"]),
      alert("D"),
    ]
    let plan = planner.step(alerts: alerts, now: time(0))
    #expect(
      plan.notifications.map(line) == [
        "chat firing +A,+B", "chat firing +C", "chat firing +D",
      ]
    )
    #expect(
      plan.notifications.map(\.groupLabels.description) == [
        #"{tier="app"}"#, #"{tier="db"}"#, "{}",
      ]
    )
  }

  @Test func `grouping by everything makes each alert a group`() throws {
    let root = try route("chat", by: .everyAlert, wait: 0)
    var planner = NotificationPlanner(settings: settings(root))
    let alerts = [alert("A", ["n": "1"]), alert("A", ["n": "2"])]
    #expect(planner.told(alerts, at: 0) == ["chat firing +A1", "chat firing +A2"])
  }

  @Test func `every integration of a receiver is told, each with its own event id`() throws {
    let ids = [
      IntegrationID(receiver: "chat", kind: "slack", index: 0),
      IntegrationID(receiver: "chat", kind: "slack", index: 1),
    ]
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0), ids))
    let plan = planner.step(alerts: [alert()], now: time(0))
    #expect(plan.notifications.map(\.integration) == ids)
    #expect(Set(plan.notifications.map(\.eventID)).count == 2)
  }

  @Test func `an integration that wants no recoveries gets none`() throws {
    let root = try route("chat", wait: 0)
    var planner = NotificationPlanner(settings: settings(root, sendsResolved: false))
    #expect(planner.told([alert()], at: 0) == ["chat firing +A"])
    #expect(planner.told([alert(endedAt: 1)], at: 1) == [])
    #expect(planner.told([alert(at: 200)], at: 200) == ["chat firing +A"])
  }

  @Test func `a receiver without integrations is told nothing and holds no alert`() throws {
    var planner = NotificationPlanner(settings: settings(try route("nobody", wait: 0)))
    #expect(planner.told([alert()], at: 0) == [])
    #expect(planner.nextDeadline == nil)
    #expect(planner.told([alert(endedAt: 1)], at: 1) == [])
    #expect(planner.groups.isEmpty)
  }
}
