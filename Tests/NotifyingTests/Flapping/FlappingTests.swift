// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules
import Testing

/// What is remembered of alerts that come and go, over restarts and other trouble.
@Suite struct FlappingTests {
  private static let limit = FlapLimit(changes: 4, within: .seconds(600), calm: .seconds(300))

  private func settings(_ limit: FlapLimit? = Self.limit) throws -> NotificationSettings {
    NotificationSettings(
      root: try route("chat", wait: 0),
      integrations: [
        Integration(
          id: IntegrationID(receiver: "chat", kind: "test"),
          receiver: SilentReceiver()
        )
      ],
      flapping: limit
    )
  }

  /// A planner, and what its plans left in a store.
  private struct Scene {
    var planner: NotificationPlanner
    var groups: [GroupID: NotificationGroup] = [:]
    var flaps: [LabelSet: FlapHistory] = [:]
    let settings: NotificationSettings

    init(_ settings: NotificationSettings) {
      self.settings = settings
      planner = NotificationPlanner(settings: settings)
    }

    mutating func told(_ alerts: [Alert], at seconds: Double) -> [String] {
      let plan = planner.step(alerts: alerts, now: time(seconds))
      for group in plan.changedGroups { groups[group.id] = group }
      for id in plan.removedGroups { groups[id] = nil }
      for history in plan.changedFlaps { flaps[history.alert.labels] = history }
      for labels in plan.removedFlaps { flaps[labels] = nil }
      return plan.notifications.map(line)
    }

    mutating func restart() {
      planner = NotificationPlanner(
        settings: settings,
        groups: Array(groups.values),
        flaps: Array(flaps.values)
      )
    }

    /// Begins or ends every minute, `changes` times, beginning with a begin.
    mutating func flap(_ changes: Int, from start: Double = 0) -> [String] {
      var lines: [String] = []
      for number in 0..<changes {
        let second = start + Double(number) * 60
        let began = start + Double(number - number % 2) * 60
        let ended = number % 2 == 1 ? second : nil
        lines += told([alert(at: began, endedAt: ended)], at: second)
      }
      return lines
    }
  }

  @Test func `a restart neither forgets that it flaps nor tells it again`() throws {
    var scene = Scene(try settings())
    let lines = scene.flap(4)
    #expect(lines.last == "chat flapping  A" || lines.last == "chat flapping +A")
    scene.restart()
    #expect(scene.told([], at: 200) == [])
    #expect(scene.told([alert(at: 220)], at: 220) == [])
    scene.restart()
    #expect(scene.told([alert(at: 220, endedAt: 240)], at: 240) == [])
    #expect(scene.planner.nextDeadline == time(540))
    #expect(scene.told([], at: 540) == ["chat resolved -A"])
    #expect(!scene.flaps.isEmpty)
    // What is long over is forgotten, also on disk.
    #expect(scene.told([], at: 2_000) == [])
    #expect(scene.flaps.isEmpty)
  }

  @Test func `changes before a restart count`() throws {
    var scene = Scene(try settings())
    _ = scene.flap(3)
    scene.restart()
    #expect(scene.told([alert(at: 120, endedAt: 180)], at: 180) == ["chat flapping  A"])
  }

  @Test func `what comes once leaves nothing to store`() throws {
    var scene = Scene(try settings())
    _ = scene.flap(2)
    #expect(scene.flaps.isEmpty)
  }

  @Test func `the message says how often since when, and the part of the time that it fired`()
    throws
  {
    var planner = NotificationPlanner(settings: try settings())
    _ = planner.step(alerts: [alert(at: 0)], now: time(0))
    _ = planner.step(alerts: [alert(at: 0, endedAt: 60)], now: time(60))
    _ = planner.step(alerts: [alert(at: 90)], now: time(90))
    let plan = planner.step(alerts: [alert(at: 90, endedAt: 120)], now: time(120))
    let told = try #require(plan.notifications.first?.alerts.first?.alert)
    #expect(plan.notifications.first?.reason == .flapping)
    #expect(
      told.annotations == [
        Label(
          "flapping",
          "flaps: 4 changes since 22:13:20 UTC, firing 75% of that time, does not fire now"
        )
      ]
    )
    #expect(told.startsAt == time(0))
    #expect(!told.isResolved)
    let calm = planner.step(alerts: [], now: time(420))
    let ended = try #require(calm.notifications.first?.alerts.first?.alert)
    #expect(ended.endsAt == time(120))
    #expect(
      ended.annotations == [
        Label("flapping", "flapped: 4 changes since 22:13:20 UTC, none after 22:15:20 UTC")
      ]
    )
  }

  @Test func `an explanation says that it flaps, and what pauses is among the alerts`() throws {
    var scene = Scene(try settings())
    _ = scene.flap(4)
    let pausing = scene.planner.pausing
    #expect(pausing.map(\.labels) == [alert().labels])
    let report = scene.planner.explanation(of: pausing[0]).flapping
    #expect(
      report
        == FlapReport(
          since: time(0),
          changes: 4,
          firingShare: 2.0 / 3,
          isFiring: false,
          calmAt: time(480)
        )
    )
    #expect(scene.planner.flappingCount == 1)
    #expect(scene.planner.flapBeginnings == 1)
    #expect(scene.planner.explanation(of: alert("B")).flapping == nil)
  }

  @Test func `an end and a begin between two steps are two changes`() throws {
    var scene = Scene(try settings())
    #expect(scene.told([alert(at: 0)], at: 0) == ["chat firing +A"])
    #expect(scene.told([alert(at: 30)], at: 30) == [])
    #expect(scene.told([alert(at: 60)], at: 60) == ["chat flapping  A"])
  }

  @Test func `an alert that is known to fire for long does not begin to flap at a restart`() throws
  {
    var scene = Scene(try settings())
    for second in stride(from: 0.0, through: 6_000, by: 50) {
      _ = scene.told([alert(at: 0)], at: second)
      scene.restart()
    }
    #expect(scene.planner.flappingCount == 0)
    #expect(scene.flaps.isEmpty)
  }

  @Test func `turning it off tells how things stand`() throws {
    var scene = Scene(try settings())
    _ = scene.flap(4)
    scene.planner.adopt(try settings(nil))
    #expect(scene.told([], at: 200) == ["chat resolved -A"])
    #expect(scene.planner.flappingCount == 0)
  }

  @Test func `a clock that is set back holds nothing for longer`() throws {
    var scene = Scene(try settings())
    _ = scene.flap(4, from: 10_000)
    #expect(scene.told([], at: 100) == [])
    #expect(scene.told([], at: 400) == ["chat resolved -A"])
  }

  @Test func `what nobody reports any more is withdrawn after it was calm`() throws {
    var scene = Scene(try settings())
    _ = scene.flap(5)
    // It fires, and its rule is gone.
    var lines: [String] = []
    while let deadline = scene.planner.nextDeadline, deadline < time(2_000) {
      lines += scene.told([], at: (deadline - time(0)).inSeconds)
    }
    #expect(lines == ["chat flappingEnded  A", "chat resolved -A"])
  }

  @Test func `of very many alerts only so many are watched, and all are told`() throws {
    var scene = Scene(try settings())
    let many = (0..<20_010).map { alert("A", ["n": "\($0)"]) }
    _ = scene.told(many, at: 0)
    #expect(scene.planner.flappingCount == 0)
    let ended = (20_000..<20_010).map { alert("A", ["n": "\($0)"], endedAt: 10) }
    #expect(scene.told(Array(many.prefix(20_000)) + ended, at: 10).count <= 1)
  }

  @Test func `settings are read, and refused when they make no sense`() throws {
    func read(_ text: String) -> (FlapLimit?, [String]) {
      let all = """
        notifications:
          receivers: [{name: chat}]
          \(text)
        """
      let tree = SettingsTree(parsing: Array(all.utf8), file: "f.yml")
      let settings = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
      return (settings?.flapping, tree.issues.map(\.description))
    }
    #expect(read("external_url: http://a").0 == .standard)
    #expect(read("flapping: {changes: 0}").0 == nil)
    #expect(
      read("flapping: {changes: 10, within: 1h, calm: 5m}").0
        == FlapLimit(changes: 10, within: .seconds(3_600), calm: .seconds(300))
    )
    let (_, few) = read("flapping: {changes: 2}")
    #expect(
      few == [
        "f.yml:3:23: notifications.flapping.changes: must be 0, which turns it off, or at least 3"
      ]
    )
    #expect(read("flapping: {changes: 101}").1.count == 1)
    #expect(read("flapping: {calm: 1s}").1.count == 1)
    #expect(read("flapping: {clam: 5m}").1.first?.contains("calm") == true)
  }
}
