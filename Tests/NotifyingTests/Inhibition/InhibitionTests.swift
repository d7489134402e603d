// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Synchronization
import Testing
import Topology

/// Three nodes, each with one member of both tiers; the tier `lb` stands on the tier `db`.
private struct SmallGraph: CauseGraph {
  var failed: Set<Component> = []
  var situation = "The site works."
  var leaderless: Set<String> = []
  var hasNodes = true

  func component(of labels: LabelSet) -> Component? {
    if labels["component"] == "monitor" { return .monitor }
    if labels["instance"] == "site" { return .entry("site") }
    if let member = labels["instance"], labels["tier"] != nil { return .member(member) }
    if let tier = labels["tier"] { return .tier(tier) }
    if let guest = labels["guest"].flatMap(Int.init) { return .guest(guest) }
    return labels["node"].map { .node($0) } ?? (labels["component"] != nil ? .cluster : nil)
  }

  /// Members are named by tier and number, such as `lb2` in guest 12 on node `n2`.
  func foundations(of component: Component) -> [Component] {
    switch component {
    case .member(let name):
      let number = Int(name.suffix(1)) ?? 0
      let guest = (name.hasPrefix("lb") ? 10 : 20) + number
      return [.guest(guest), .node("n\(number)")] + (name.hasPrefix("lb") ? [.tier("db")] : [])
    case .guest(let id): return [.node("n\(id % 10)")]
    case .tier("lb"): return [.tier("db")]
    case .entry: return [.tier("lb"), .tier("db")]
    default: return []
    }
  }

  private var all: [Component] {
    (1...3).flatMap { number -> [Component] in
      [
        .node("n\(number)"), .guest(10 + number), .guest(20 + number), .member("lb\(number)"),
        .member("db\(number)"),
      ]
    } + [.tier("lb"), .tier("db"), .entry("site")]
  }

  func dependents(of component: Component) -> [Component] {
    all.filter { dependent in
      if foundations(of: dependent).contains(component) { return true }
      switch (component, dependent) {
      case (.node, .tier), (.node, .entry), (.member, .entry), (.guest, .entry): return true
      case (.member(let name), .tier(let tier)): return name.hasPrefix(tier)
      default: return false
      }
    }.sorted()
  }

  func members(of tier: String) -> [String] { (1...3).map { "\(tier)\($0)" } }
  func missingMembers(of tier: String) -> [String] {
    members(of: tier).filter { name in
      failed.contains(.member(name))
        || foundations(of: .member(name)).dropLast(tier == "lb" ? 1 : 0).contains(
          where: failed.contains
        )
    }
  }
  func lacksPrimary(_ tier: String) -> Bool { leaderless.contains(tier) }
  var offlineNodes: [String] { ["n1", "n2", "n3"].filter { failed.contains(.node($0)) } }
  func name(of component: Component) -> String {
    switch component {
    case .guest(let id): (id < 20 ? "lb" : "db") + "\(id % 10)"
    case .member(let name), .node(let name), .tier(let name), .entry(let name): name
    case .cluster, .monitor, .storage, .backup: "\(component)"
    }
  }
  func evidence(of component: Component) -> String { "no answer" }
  func isWorking(_ component: Component) -> Bool {
    !failed.contains(component) && !foundations(of: component).contains(where: failed.contains)
  }
}

@Suite struct InhibitionTests {
  private static let chat = IntegrationID(receiver: "chat", kind: "test")
  private static let pager = IntegrationID(receiver: "pager", kind: "test")

  private func planner() throws -> NotificationPlanner {
    let paging = try route(
      "pager",
      [LabelMatcher("severity", .equal, "page")],
      wait: 0,
      parent: "{}"
    )
    let root = try route("chat", wait: 0, children: [paging])
    return NotificationPlanner(settings: settings(root, [Self.chat, Self.pager]))
  }

  /// Everything asked has answered, unless said otherwise.
  private func knowing(
    _ graph: SmallGraph,
    answered: Bool = true
  ) -> ClusterKnowledge {
    ClusterKnowledge(graph: graph, hasAnswered: { _, _ in answered })
  }

  private func nodeDown(_ number: Int, at seconds: Double = 0, endedAt: Double? = nil) -> Alert {
    alert(
      "NodeDown",
      ["node": "n\(number)", "fault": "down", "severity": "warning"],
      at: seconds,
      endedAt: endedAt
    )
  }

  private func memberDown(_ name: String, at seconds: Double = 0, endedAt: Double? = nil) -> Alert {
    let labels = [
      "instance": name, "tier": String(name.prefix(2)), "fault": "down", "severity": "warning",
    ]
    return alert("MemberDown", labels, at: seconds, endedAt: endedAt)
  }

  private func siteDown(at seconds: Double = 0) -> Alert {
    alert("SiteDown", ["instance": "site", "fault": "down", "severity": "page"], at: seconds)
  }

  private func text(_ name: String, _ plan: NotificationPlan) -> String? {
    plan.notifications.first?.alerts.first?.alert.annotations.first { $0.name == name }?.value
  }

  @Test func `a dead node is one message that names what is held back`() throws {
    var planner = try planner()
    let graph = SmallGraph(failed: [.node("n2")])
    let alerts = [nodeDown(2), memberDown("lb2"), memberDown("db2")]
    let plan = planner.step(alerts: alerts, knowledge: knowing(graph), now: time(0))
    #expect(plan.notifications.map { $0.alerts.map(\.alert.labels) } == [[alerts[0].labels]])
    #expect(text("held_back", plan) == "lb2, db2 are held back")
    #expect(text("situation", plan) == "The site works.")
    #expect(planner.standings[alerts[1].labels] == .held(by: alerts[0].labels))
    let later = planner.step(alerts: alerts, knowledge: knowing(graph), now: time(300))
    #expect(later.notifications.isEmpty)
  }

  @Test func `a consequence that waits in its group when the cause shows is not told`() throws {
    let root = try route("chat", wait: 0.25)
    var planner = NotificationPlanner(settings: settings(root, [Self.chat]))
    let atLimit = alert("TierAtLimit", ["tier": "lb", "severity": "warning"], at: 0)
    let graph = knowing(SmallGraph(failed: [.member("lb2")]))
    #expect(planner.step(alerts: [atLimit], knowledge: graph, now: time(0)).notifications == [])
    let cause = memberDown("lb2", at: 0.02)
    _ = planner.step(alerts: [atLimit, cause], knowledge: graph, now: time(0.02))
    var told: [AlertNotification] = []
    for moment in [0.25, 0.27, 1, 60] {
      told +=
        planner.step(alerts: [atLimit, cause], knowledge: graph, now: time(moment))
        .notifications
    }
    #expect(told.map { $0.alerts.map(\.alert.labels) } == [[cause.labels]])
    #expect(planner.standings[atLimit.labels] == .held(by: cause.labels))
    // Its cause is over, and it is still there: it is told then, and once.
    let over = memberDown("lb2", at: 0.02, endedAt: 61)
    let left = knowing(SmallGraph())
    _ = planner.step(alerts: [atLimit, over], knowledge: left, now: time(61))
    let later = [62.0, 242, 243].flatMap {
      planner.step(alerts: [atLimit], knowledge: left, now: time($0)).notifications
    }
    let begun = later.filter { $0.reason == .firing }
    #expect(begun.map { $0.alerts.map(\.alert.labels) } == [[atLimit.labels]])
    #expect(later.count == 2)
  }

  @Test func `recovery of the cause is one message, and what recovers with it is not told`() throws
  {
    var planner = try planner()
    let graph = SmallGraph(failed: [.node("n2")])
    let alerts = [nodeDown(2), memberDown("lb2"), memberDown("db2")]
    _ = planner.step(alerts: alerts, knowledge: knowing(graph), now: time(0))
    let up = SmallGraph(failed: [.member("lb2"), .member("db2")])
    let back = planner.step(
      alerts: [nodeDown(2, endedAt: 30), alerts[1], alerts[2]],
      knowledge: knowing(up),
      now: time(30)
    )
    #expect(back.notifications.map(\.reason) == [.resolved])
    #expect(text("held_back", back) == "db2, lb2 have 3 minutes to come back")
    let ended = [memberDown("lb2", endedAt: 33), memberDown("db2", endedAt: 34)]
    let last = planner.step(alerts: ended, knowledge: knowing(SmallGraph()), now: time(35))
    #expect(last.notifications.isEmpty)
    #expect(planner.groups.flatMap(\.members).isEmpty)
  }

  @Test func `what does not recover within three minutes is told by itself`() throws {
    var planner = try planner()
    let alerts = [nodeDown(2), memberDown("lb2")]
    let dead = knowing(SmallGraph(failed: [.node("n2")]))
    _ = planner.step(alerts: alerts, knowledge: dead, now: time(0))
    let still = knowing(SmallGraph(failed: [.member("lb2")]))
    _ = planner.step(
      alerts: [nodeDown(2, endedAt: 30), alerts[1]],
      knowledge: still,
      now: time(30)
    )
    #expect(planner.nextDeadline == time(210))
    let quiet = planner.step(alerts: [alerts[1]], knowledge: still, now: time(209))
    #expect(quiet.notifications.isEmpty)
    let told = planner.step(alerts: [alerts[1]], knowledge: still, now: time(210))
    #expect(told.notifications.map { $0.alerts.map(\.alert.labels) } == [[alerts[1].labels]])
  }

  @Test func `a consequence waits until what it stands on has answered`() throws {
    var planner = try planner()
    let graph = SmallGraph(failed: [.member("lb2")])
    let asked = planner.step(
      alerts: [memberDown("lb2")],
      knowledge: knowing(graph, answered: false),
      now: time(0)
    )
    #expect(asked.notifications.isEmpty)
    #expect(planner.questions == [.guest(12), .node("n2")])
    let told = planner.step(
      alerts: [memberDown("lb2")],
      knowledge: knowing(graph),
      now: time(0.05)
    )
    #expect(told.notifications.count == 1)
    #expect(planner.questions.isEmpty)
  }

  @Test func `a consequence waits for an answer four seconds at most`() throws {
    var planner = try planner()
    let silent = knowing(SmallGraph(failed: [.member("lb2")]), answered: false)
    let alerts = [memberDown("lb2")]
    _ = planner.step(alerts: alerts, knowledge: silent, now: time(0))
    #expect(planner.nextDeadline == time(4))
    #expect(
      planner.step(alerts: alerts, knowledge: silent, now: time(3.9)).notifications.isEmpty
    )
    #expect(
      planner.step(alerts: alerts, knowledge: silent, now: time(4)).notifications.count == 1
    )
  }

  @Test func `a consequence that was told already is taken into the message of its cause`() throws {
    var planner = try planner()
    let member = memberDown("lb2")
    let first = knowing(SmallGraph(failed: [.member("lb2")]))
    _ = planner.step(alerts: [member], knowledge: first, now: time(0))
    let dead = knowing(SmallGraph(failed: [.node("n2")]))
    let cause = nodeDown(2, at: 5)
    let plan = planner.step(alerts: [member, cause], knowledge: dead, now: time(5))
    let message = try #require(plan.notifications.first)
    #expect(plan.notifications.count == 1)
    #expect(Set(message.alerts.map(\.alert.labels)) == [cause.labels, member.labels])
    #expect(message.alerts.filter(\.isNew).map(\.alert.labels) == [cause.labels])
    let whole = knowing(SmallGraph())
    let end = planner.step(
      alerts: [memberDown("lb2", endedAt: 40), nodeDown(2, at: 5, endedAt: 39)],
      knowledge: whole,
      now: time(40)
    )
    #expect(end.notifications.map(\.reason) == [.resolved])
    #expect(end.notifications.first?.alerts.count == 2)
  }

  @Test func `what users feel is told in the message of its cause, which then wakes people`() throws
  {
    var planner = try planner()
    let dead = knowing(SmallGraph(failed: [.node("n2")]))
    let alerts = [nodeDown(2), memberDown("lb2"), siteDown()]
    let plan = planner.step(alerts: alerts, knowledge: dead, now: time(0))
    let message = try #require(plan.notifications.first)
    #expect(plan.notifications.map(\.integration) == [Self.pager])
    #expect(Set(message.alerts.map(\.alert.labels)) == [alerts[0].labels, alerts[2].labels])
    #expect(message.alerts.map(\.alert.severity) == [.page, .page])
  }

  @Test func `what users feel waits for answers with its cause`() throws {
    var planner = try planner()
    let silent = knowing(SmallGraph(failed: [.member("lb2")]), answered: false)
    let alerts = [memberDown("lb2"), siteDown()]
    #expect(planner.step(alerts: alerts, knowledge: silent, now: time(0)).notifications.isEmpty)
    let told = planner.step(alerts: alerts, knowledge: silent, now: time(4))
    #expect(told.notifications.map { $0.alerts.count } == [2])
  }

  @Test func `a cause that is told already wakes people when users begin to feel it`() throws {
    var planner = try planner()
    let dead = knowing(SmallGraph(failed: [.node("n2")]))
    let first = planner.step(alerts: [nodeDown(2)], knowledge: dead, now: time(0))
    #expect(first.notifications.map(\.integration) == [Self.chat])
    let second = planner.step(
      alerts: [nodeDown(2), siteDown(at: 20)],
      knowledge: dead,
      now: time(20)
    )
    #expect(second.notifications.map(\.integration) == [Self.pager])
    #expect(second.notifications.first?.alerts.count == 2)
  }

  @Test func `a tier that is down stands for its members`() throws {
    var planner = try planner()
    let members: [Component] = [.member("lb1"), .member("lb2"), .member("lb3")]
    let tier = alert("TierDown", ["tier": "lb", "fault": "down", "severity": "page"])
    let alerts = [memberDown("lb1"), memberDown("lb2"), memberDown("lb3"), tier]
    let plan = planner.step(
      alerts: alerts,
      knowledge: knowing(SmallGraph(failed: Set(members))),
      now: time(0)
    )
    #expect(plan.notifications.map { $0.alerts.map(\.alert.labels) } == [[tier.labels]])
  }

  @Test func `a tier without spare members is explained by the members that fail`() throws {
    var planner = try planner()
    let degraded = alert("TierAtLimit", ["tier": "lb", "severity": "warning"])
    let alerts = [memberDown("lb1"), degraded]
    let plan = planner.step(
      alerts: alerts,
      knowledge: knowing(SmallGraph(failed: [.member("lb1")])),
      now: time(0)
    )
    #expect(plan.notifications.map { $0.alerts.map(\.alert.labels) } == [[alerts[0].labels]])
    #expect(planner.standings[degraded.labels] == .held(by: alerts[0].labels))
  }

  @Test func `an alert on another node is not held back`() throws {
    var planner = try planner()
    let dead = knowing(SmallGraph(failed: [.node("n2"), .member("lb1")]))
    let alerts = [nodeDown(2), memberDown("lb1")]
    let plan = planner.step(alerts: alerts, knowledge: dead, now: time(0))
    #expect(plan.notifications.count == 2)
  }

  @Test func `lost quorum is told with the nodes that lost it`() throws {
    var planner = try planner()
    let dead = knowing(SmallGraph(failed: [.node("n2"), .node("n3")]))
    let quorum = alert(
      "NotQuorate",
      ["component": "cluster", "fault": "down", "severity": "page"]
    )
    let alerts = [nodeDown(2), nodeDown(3), quorum]
    let plan = planner.step(alerts: alerts, knowledge: dead, now: time(0))
    let joined = plan.notifications.first { $0.integration == Self.pager }
    #expect(joined?.alerts.map(\.alert.labels).contains(quorum.labels) == true)
    #expect(planner.standings[quorum.labels] == .joined(to: alerts[0].labels))
  }

  @Test func `without knowledge of the cluster every alert is told`() throws {
    var planner = try planner()
    let alerts = [nodeDown(2), memberDown("lb2")]
    #expect(planner.step(alerts: alerts, now: time(0)).notifications.count == 2)
  }

  @Test func `a monitor that is cut off says so, and nothing of what it cannot reach`() throws {
    var planner = try planner()
    let labels = ["component": "monitor", "fault": "down", "severity": "page"]
    let cutOff = alert("MonitorCutOff", labels)
    let alerts = [nodeDown(1), siteDown(), memberDown("db3"), cutOff]
    let plan = planner.step(alerts: alerts, knowledge: knowing(SmallGraph()), now: time(0))
    #expect(plan.notifications.map { $0.alerts.map(\.alert.labels) } == [[cutOff.labels]])
  }

  @Test func `an alert about nothing that is known is told at once`() throws {
    var planner = try planner()
    let silent = knowing(SmallGraph(), answered: false)
    let plan = planner.step(alerts: [alert("StoreNotWriting")], knowledge: silent, now: time(0))
    #expect(plan.notifications.count == 1)
  }

  @Test func `where no nodes are declared a failure waits for the witnesses of hvsmon itself`()
    throws
  {
    var graph = SmallGraph(failed: [.member("lb2")])
    graph.hasNodes = false
    let down = memberDown("lb2")
    let open = ClusterKnowledge(graph: graph) { component, _ in component != .monitor }
    var connected = try planner()
    #expect(connected.step(alerts: [down], knowledge: open, now: time(0)).notifications == [])
    #expect(connected.questions == [.monitor])
    #expect(connected.standings[down.labels] == .asking(until: time(4)))
    let told = connected.step(alerts: [down], knowledge: knowing(graph), now: time(1))
    #expect(told.notifications.count == 1)
    // No witness answers either: only that hvsmon is cut off is told.
    var isolated = try planner()
    _ = isolated.step(alerts: [down], knowledge: open, now: time(0))
    let cutOff = alert(
      "MonitorIsolated",
      ["component": "monitor", "fault": "down", "severity": "warning"]
    )
    let plan = isolated.step(alerts: [down, cutOff], knowledge: knowing(graph), now: time(1))
    #expect(plan.notifications.flatMap { $0.alerts.map(\.alert.labels) } == [cutOff.labels])
    #expect(isolated.standings[down.labels] == .held(by: cutOff.labels))
  }
}
