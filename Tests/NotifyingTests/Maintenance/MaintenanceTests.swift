// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import MetricModel
import Notifying
import Patterns
import Rules
import Testing
import Topology

@Suite struct MaintenanceTests {
  /// Plans over what is known of a cluster of two nodes and two guests.
  private final class Stage {
    var observed = ClusterObservation(
      nodes: ["n1", "n2"].map { name in
        var node = FoundNode(name)
        (node.membership, node.apiAnswers) = (.online, true)
        return node
      },
      guests: [
        FoundGuest(104, name: "web1", node: "n1", state: .running),
        FoundGuest(105, name: "web2", node: "n2", state: .running),
      ],
      memberChecks: ["web1": ["http": true], "web2": ["http": true]]
    )
    private let declared = DeclaredCluster(
      name: "c",
      nodes: ["n1", "n2"].map { DeclaredNode(name: $0, address: "a") },
      tiers: [
        DeclaredTier(
          name: "web",
          needs: .members(1),
          members: [
            DeclaredMember(name: "web1", address: "a", guest: 104, node: "n1"),
            DeclaredMember(name: "web2", address: "a", guest: 105, node: "n2"),
          ]
        )
      ],
      entries: [],
      backups: []
    )
    private var planner: NotificationPlanner
    private(set) var lastExplanation: AlertExplanation?

    init(_ windows: [MaintenanceWindow] = []) throws {
      let chat = IntegrationID(receiver: "chat", kind: "test")
      planner = NotificationPlanner(
        settings: NotificationSettings(
          root: try route("chat", wait: 0),
          integrations: [Integration(id: chat, receiver: SilentReceiver())],
          maintenance: windows
        )
      )
    }

    func told(_ alerts: [Alert], at seconds: Double) -> [String] {
      let assessment = ClusterAssessment(
        declared: declared,
        observed: observed,
        previous: nil,
        now: time(seconds)
      )
      let knowledge = ClusterKnowledge(graph: assessment, hasAnswered: { _, _ in true })
      let plan = planner.step(alerts: alerts, knowledge: knowledge, now: time(seconds))
      lastExplanation = alerts.first.map { planner.explanation(of: $0) }
      return plan.notifications.map(line)
    }

    var nextDeadline: Timestamp? { planner.nextDeadline }
  }

  private let slow = alert("Slow", ["instance": "web1", "tier": "web", "severity": "warning"])

  @Test func `an alert about a guest that is backed up waits until it is over and a grace`() throws
  {
    let stage = try Stage()
    stage.observed.guests[104]?.lock = "backup"
    #expect(stage.told([slow], at: 0) == [])
    #expect(stage.lastExplanation?.quiet.maintenance == ["in maintenance: backup of web1 runs"])
    stage.observed.guests[104]?.lock = nil
    #expect(stage.told([slow], at: 100) == [])
    #expect(stage.nextDeadline == time(280))
    #expect(stage.told([slow], at: 279) == [])
    #expect(stage.told([slow], at: 280) == ["chat silenceEnded +Slow"])
  }

  @Test func `other guests and what is urgent are told all the same`() throws {
    let stage = try Stage()
    stage.observed.guests[104]?.lock = "migrate"
    let other = alert("Slow", ["instance": "web2", "tier": "web", "severity": "warning"])
    #expect(stage.told([other], at: 0) == ["chat firing +Slow"])
    let page = alert("Down", ["instance": "web1", "tier": "web", "severity": "page"])
    #expect(stage.told([page, other], at: 10) == ["chat firing +Down"])
  }

  @Test func `what was told before goes on, and its end is told`() throws {
    let stage = try Stage()
    #expect(stage.told([slow], at: 0) == ["chat firing +Slow"])
    stage.observed.guests[104]?.lock = "backup"
    #expect(stage.told([slow], at: 10) == [])
    let ended = alert(
      "Slow",
      ["instance": "web1", "tier": "web", "severity": "warning"],
      endedAt: 20
    )
    #expect(stage.told([ended], at: 20) == ["chat resolved -Slow"])
  }

  @Test func `a node in HA maintenance keeps alerts about it and its guests quiet`() throws {
    let stage = try Stage()
    stage.observed.nodes["n1"]?.haState = "maintenance"
    let node = alert("Load", ["node": "n1", "severity": "warning"])
    #expect(stage.told([slow, node], at: 0) == [])
    #expect(stage.lastExplanation?.quiet.maintenance == ["in maintenance: HA maintenance of n1"])
  }

  @Test func `announced work keeps what it touches quiet while it lasts`() throws {
    let once = MaintenanceWindow.Time.once(start: time(0), end: time(1_000))
    let stage = try Stage([
      MaintenanceWindow(name: "new kernel", time: once, components: [.node("n1")]),
      MaintenanceWindow(
        name: "batch",
        time: once,
        matchers: [try CompiledMatcher(LabelMatcher("job", .equal, "batch"))]
      ),
    ])
    let job = alert("Late", ["job": "batch"])
    #expect(stage.told([slow, job], at: 0) == [])
    #expect(stage.lastExplanation?.quiet.maintenance == ["maintenance: new kernel"])
    #expect(stage.nextDeadline == time(1_000))
    #expect(
      stage.told([slow, job], at: 1_000).sorted()
        == ["chat silenceEnded +Late", "chat silenceEnded +Slow"]
    )
  }

  @Test func `work by a schedule begins with each run and lasts as long as it says`() throws {
    // `time(0)` is 2023-11-14 22:13:20, a Tuesday.
    let window = MaintenanceWindow(
      name: "weekly",
      time: .recurring(
        try CalendarEvent(parsing: "tue 22:30"),
        zone: .utc,
        duration: .seconds(3_600)
      )
    )
    let start = 1_000.0
    #expect(!window.isActive(at: time(0)))
    #expect(window.nextChange(after: time(0)) == time(start))
    #expect(window.isActive(at: time(start)))
    #expect(window.nextChange(after: time(start)) == time(start + 3_600))
    #expect(window.isActive(at: time(start + 3_599)))
    #expect(!window.isActive(at: time(start + 3_600)))
    #expect(window.nextChange(after: time(start + 3_600)) == time(start + 7 * 86_400))
  }

  @Test func `announcements are read, and faulty ones refused`() throws {
    func read(_ items: String) -> (windows: [MaintenanceWindow], issues: [String]) {
      let text = "notifications: {receivers: [{name: a}], maintenance: [\(items)]}"
      let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
      let settings = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
      return (settings?.maintenance ?? [], tree.issues.map(\.description))
    }
    let (windows, issues) = read(
      """
      {name: kernel, nodes: [n1], guests: [104], start: 2026-12-01T22:00:00Z,
      end: 2026-12-02T00:00:00Z}, {name: weekly, tiers: [web], schedule: 'sat 22:00', duration: 2h}
      """
    )
    #expect(issues == [])
    #expect(windows.map(\.name) == ["kernel", "weekly"])
    #expect(windows.map(\.components) == [[.node("n1"), .guest(104)], [.tier("web")]])
    let span = "start: 2026-12-01T22:00:00Z, end: 2026-12-02T00:00:00Z"
    let faults = [
      "{name: x, \(span)}": "is required here, or nodes, guests or tiers",
      "{name: x, nodes: [n1]}": "start: is required here",
      "{name: x, nodes: [n1], start: soon, end: later}": "must be a date and time",
      "{name: x, nodes: [n1], schedule: 'sat 22:00'}": "duration: is required here",
      "{name: x, nodes: [n1], \(span), schedule: daily, duration: 1h}": "excludes schedule",
      "{name: x, guests: [web1], \(span)}": "must be the number of a guest",
      "{nodes: [n1], \(span)}": "name: is required here",
    ]
    for (item, fault) in faults {
      let found = read(item).issues
      #expect(found.first?.contains(fault) == true, "\(item): \(found)")
    }
  }
}
