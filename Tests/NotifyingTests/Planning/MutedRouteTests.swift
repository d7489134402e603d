// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Patterns
import Rules
import Testing

@Suite struct MutedRouteTests {
  /// `time(0)` is 2023-11-14 22:13:20 UTC, a Tuesday: minute 1333 of the day.
  private static let window = TimeWindow(
    name: "late",
    parts: [
      {
        var part = TimeWindow.Part()
        part.minutes = [1_335..<1_340]
        return part
      }()
    ]
  )
  /// The window in seconds from `time(0)`; it ends at 400.
  private let opens = 100.0

  private func planner(
    _ muting: RouteMuting,
    repetition: Double = 3_600
  ) throws -> NotificationPlanner {
    NotificationPlanner(settings: try mutedSettings(muting, repetition: repetition))
  }

  private func mutedSettings(
    _ muting: RouteMuting,
    repetition: Double
  ) throws -> NotificationSettings {
    let child = Route(
      key: #"{}/{n=~".+"}"#,
      receiver: "chat",
      grouping: .labels(["alertname"]),
      timing: GroupTiming(
        wait: .zero,
        interval: .seconds(60),
        repetition: .seconds(repetition)
      ),
      matchers: [try CompiledMatcher(LabelMatcher("n", .matches, ".+"))],
      muting: muting
    )
    let root = try route("chat", wait: 0, children: [child])
    let chat = IntegrationID(receiver: "chat", kind: "test")
    return NotificationSettings(
      root: root,
      integrations: [Integration(id: chat, receiver: SilentReceiver())],
      timeWindows: ["late": Self.window]
    )
  }

  private let first = alert("A", ["n": "1"])

  @Test func `what begins in a mute interval is told when it is over, and why`() throws {
    var planner = try planner(RouteMuting(mute: ["late"]))
    #expect(planner.told([first], at: opens) == [])
    #expect(planner.explanation(of: first).destinations.map(\.mutedBy) == [["late"]])
    #expect(!planner.explanation(of: first).isTold)
    #expect(planner.told([first], until: 500) == ["400.0: chat muteEnded +A1"])
    #expect(planner.explanation(of: first).destinations.map(\.mutedBy) == [[]])
  }

  @Test func `what begins and ends in a mute interval is never told`() throws {
    var planner = try planner(RouteMuting(mute: ["late"]))
    #expect(planner.told([first], at: opens) == [])
    #expect(planner.told([alert("A", ["n": "1"], endedAt: 200)], at: 200) == [])
    #expect(planner.told([], until: 600) == [])
  }

  @Test func `an end in a mute interval is told after it to who knew`() throws {
    var planner = try planner(RouteMuting(mute: ["late"]))
    #expect(planner.told([first], at: 0) == ["chat firing +A1"])
    #expect(planner.told([alert("A", ["n": "1"], endedAt: 200)], at: 200) == [])
    #expect(planner.told([], until: 600) == ["400.0: chat resolved -A1"])
  }

  @Test func `repetitions wait for the end of a mute interval`() throws {
    var planner = try planner(RouteMuting(mute: ["late"]), repetition: 90)
    #expect(planner.told([first], at: 0) == ["chat firing +A1"])
    #expect(
      planner.told([first], until: 500) == [
        "90.0: chat repeated  A1", "400.0: chat repeated  A1", "490.0: chat repeated  A1",
      ]
    )
  }

  @Test func `outside its active intervals a route is quiet`() throws {
    var planner = try planner(RouteMuting(active: ["late"]))
    #expect(planner.told([first], at: 0) == [])
    #expect(planner.explanation(of: first).destinations.map(\.mutedBy) == [["late"]])
    #expect(planner.told([first], until: 200) == ["100.0: chat muteEnded +A1"])
  }

  @Test func `a mute interval wins over an active one`() throws {
    var planner = try planner(RouteMuting(mute: ["late"], active: ["late"]))
    #expect(planner.told([first], until: 300) == [])
  }

  @Test func `a route that mutes keeps its children and its siblings heard`() throws {
    var planner = try planner(RouteMuting(mute: ["late"]))
    #expect(planner.told([alert("B")], at: opens) == ["chat firing +B"])
  }

  @Test func `a restart within a mute interval stays quiet`() throws {
    let settings = try mutedSettings(RouteMuting(mute: ["late"]), repetition: 90)
    var planner = NotificationPlanner(settings: settings)
    let plan = planner.step(alerts: [first], now: time(0))
    var again = NotificationPlanner(settings: settings, groups: plan.changedGroups)
    #expect(again.told([], at: 200) == [])
    #expect(again.told([], at: 401) == ["chat repeated  A1"])
  }
}
