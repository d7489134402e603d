// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct StormTests {
  private func planner(wait: Double = 0, limit: Int = 10) throws -> NotificationPlanner {
    NotificationPlanner(settings: try stormSettings(wait: wait, limit: limit))
  }

  private func stormSettings(wait: Double = 0, limit: Int = 10) throws -> NotificationSettings {
    let chat = IntegrationID(receiver: "chat", kind: "test")
    return NotificationSettings(
      root: try route("chat", wait: wait),
      integrations: [Integration(id: chat, receiver: SilentReceiver())],
      storm: StormLimit(groups: limit, within: .seconds(60))
    )
  }

  /// Alerts of one group each.
  private func alerts(_ numbers: Range<Int>, endedAt: Double? = nil) -> [Alert] {
    numbers.map { alert("A\($0)", ["severity": "warning"], endedAt: endedAt) }
  }

  @Test func `as many groups as the limit are told one by one`() throws {
    var planner = try planner()
    #expect(planner.told(alerts(0..<10), at: 0).count == 10)
  }

  @Test func `more groups at once are one message that names every alert`() throws {
    var planner = try planner()
    let plan = planner.step(alerts: alerts(0..<200), now: time(0))
    #expect(plan.notifications.count == 1)
    let message = try #require(plan.notifications.first)
    #expect(message.reason == .storm)
    #expect(message.alerts.count == 200)
    let known = message.alerts.filter { !$0.isNew }
    #expect(known.isEmpty)
    #expect(message.groupKey == GroupID.storm(at: "chat").key)
  }

  @Test func `groups that come one after the other become a storm at the limit`() throws {
    var planner = try planner()
    var lines: [String] = []
    for second in 0..<20 { lines += planner.told(alerts(0..<(second + 1)), at: Double(second)) }
    #expect(lines.count == 11)
    let alone = lines.filter { $0.hasPrefix("chat firing +A") }
    #expect(alone == Array(lines.prefix(10)))
    #expect(lines.last == "chat storm +A10")
    // What joins is told in bounded messages.
    let later = planner.told(alerts(0..<20), until: 60)
    #expect(later == ["26.0: chat moreFiring  A10,+A11,+A12,+A13,+A14,+A15,+A16,+A17,+A18,+A19"])
  }

  @Test func `slow groups are no storm`() throws {
    var planner = try planner()
    for minute in 0..<30 {
      let told = planner.told(alerts(0..<(minute + 1)), at: Double(minute) * 7)
      #expect(told == ["chat firing +A\(minute)"])
    }
  }

  @Test func `when it is over this is told once, and further groups are told one by one`() throws {
    var planner = try planner()
    _ = planner.told(alerts(0..<12), at: 0)
    let lines = planner.told(alerts(0..<12), until: 1_000)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("60.0: chat stormEnded  A0") == true)
    #expect(planner.told(alerts(0..<13), at: 1_001) == ["chat firing +A12"])
  }

  @Test func `every end is told, in the storm and after it`() throws {
    var planner = try planner()
    _ = planner.told(alerts(0..<12), at: 0)
    _ = planner.told(alerts(0..<12), until: 100)
    // Some end: told with what is left.
    _ = planner.told(alerts(0..<6, endedAt: 110) + alerts(6..<12), at: 110)
    let some = planner.told(alerts(6..<12), until: 600)
    #expect(some.count == 1)
    #expect(some.first?.contains("chat partlyResolved -A0,-A1, A10, A11,-A2") == true)
    _ = planner.told(alerts(6..<12, endedAt: 700), at: 700)
    let all = planner.told([], until: 2_000)
    #expect(all == ["715.0: chat resolved -A10,-A11,-A6,-A7,-A8,-A9"])
    #expect(planner.groups.isEmpty)
    #expect(planner.nextDeadline == nil)
  }

  @Test func `an end before it is over is no message of its own`() throws {
    var planner = try planner()
    _ = planner.told(alerts(0..<12), at: 0)
    _ = planner.told(alerts(0..<12, endedAt: 5), at: 5)
    #expect(planner.told([], until: 500).map { $0.prefix(20) } == ["20.0: chat resolved "])
  }

  @Test func `an alert that fires again after it ended in a storm has its own group`() throws {
    var planner = try planner()
    _ = planner.told(alerts(0..<12), at: 0)
    _ = planner.told(alerts(0..<12, endedAt: 5), at: 5)
    _ = planner.told([], until: 500)
    #expect(planner.told([alert("A3", ["severity": "warning"], at: 501)], at: 501).count == 1)
    let keys = planner.groups.map(\.id.key)
    #expect(keys.contains(#"{}:{alertname="A3"}"#))
  }

  @Test func `a restart in a storm tells nothing twice and loses no end`() throws {
    let all = try stormSettings()
    var planner = NotificationPlanner(settings: all)
    _ = planner.step(alerts: alerts(0..<50), now: time(0))
    planner = NotificationPlanner(settings: all, groups: planner.groups)
    #expect(planner.told(alerts(0..<50), at: 10) == [])
    _ = planner.told(alerts(0..<50, endedAt: 20), at: 20)
    #expect(planner.told([], until: 100).map { $0.prefix(20) } == ["35.0: chat resolved "])
  }

  @Test func `a storm at one receiver leaves the others alone`() throws {
    let pages = try route(
      "pager",
      [LabelMatcher("severity", .equal, "page")],
      wait: 0,
      parent: "{}"
    )
    let places = ["chat", "pager"].map { IntegrationID(receiver: $0, kind: "test") }
    var planner = NotificationPlanner(
      settings: NotificationSettings(
        root: try route("chat", wait: 0, children: [pages]),
        integrations: places.map { Integration(id: $0, receiver: SilentReceiver()) },
        storm: .standard
      )
    )
    let page = alert("P", ["severity": "page"])
    let told = planner.told(alerts(0..<100) + [page], at: 0)
    #expect(told.count == 2)
    #expect(told.contains("pager firing +P"))
  }

  @Test func `random storms lose no alert and no end`() throws {
    for seed in UInt64(1)...6 {
      var random = SeededRandom(seed: seed)
      var planner = try planner(wait: 1, limit: 3)
      var firing: [Int: Double] = [:]
      var known: Set<String> = []
      for second in 0..<300 {
        let now = Double(second)
        var ended: [Alert] = []
        for number in 0..<30 where Int.random(in: 0..<60, using: &random) == 0 {
          if let start = firing.removeValue(forKey: number) {
            ended.append(alert("A\(number)", at: start, endedAt: now))
          } else {
            firing[number] = now
          }
        }
        let present = firing.map { alert("A\($0.key)", at: $0.value) }
        note(planner.step(alerts: present + ended, now: time(now)), in: &known)
      }
      let present = firing.map { alert("A\($0.key)", at: $0.value) }
      for second in 300..<900 {
        note(planner.step(alerts: present, now: time(Double(second))), in: &known)
      }
      #expect(known == Set(present.compactMap { $0.labels["alertname"] }), "seed \(seed)")
    }
  }

  /// What whoever reads the messages takes to be firing.
  private func note(_ plan: NotificationPlan, in known: inout Set<String>) {
    for told in plan.notifications.flatMap(\.alerts) {
      let name = told.alert.labels["alertname"] ?? ""
      if told.alert.isResolved {
        #expect(known.remove(name) != nil, "\(name) ended and was not told before")
      } else {
        known.insert(name)
      }
    }
  }

  @Test func `the limit is read, and zero turns it off`() {
    func read(_ storm: String) -> (limit: StormLimit?, issues: [String]) {
      let text = "notifications: {receivers: [{name: chat}], storm: \(storm)}"
      let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
      let settings = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
      return (settings?.storm, tree.issues.map(\.description))
    }
    #expect(read("null").limit == .standard)
    let wide = read("{groups: 30, within: 5m}")
    #expect(wide.limit == StormLimit(groups: 30, within: .seconds(300)))
    #expect(wide.issues == [])
    #expect(read("{groups: 0}").limit == nil)
    #expect(read("{within: 1s}").issues.first?.contains("must be 10s to 1h") == true)
  }
}
