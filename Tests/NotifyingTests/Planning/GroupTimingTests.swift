// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct GroupTimingTests {
  @Test func `the first alert of a group is told after the group's wait`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    #expect(planner.told([alert()], at: 0) == [])
    #expect(planner.nextDeadline == time(2))
    #expect(planner.told([alert()], at: 1.9) == [])
    #expect(planner.told([alert()], at: 2) == ["chat firing +A"])
  }

  @Test func `a wait of zero tells in the same step`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    #expect(planner.told([alert()], at: 0) == ["chat firing +A"])
  }

  @Test func `alerts that begin within the wait go into one message`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    let (first, second) = (alert("A", ["n": "1"]), alert("A", ["n": "2"]))
    #expect(planner.told([first], at: 0) == [])
    #expect(planner.told([first, second], at: 1) == [])
    #expect(planner.told([first, second], at: 2) == ["chat firing +A1,+A2"])
  }

  @Test func `an alert that ends before the wait is over is never told`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    #expect(planner.told([alert()], at: 0) == [])
    #expect(planner.told([alert(endedAt: 1)], at: 1) == [])
    #expect(planner.nextDeadline == nil)
    #expect(planner.told([alert(endedAt: 1)], at: 10) == [])
    #expect(planner.groups.isEmpty)
  }

  @Test func `the end of the last alert is told after the wait, not after the interval`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2, interval: 300)))
    _ = planner.told([alert()], at: 0)
    #expect(planner.told([alert()], at: 2) == ["chat firing +A"])
    _ = planner.told([alert(endedAt: 6)], at: 6)
    #expect(planner.nextDeadline == time(8))
    #expect(planner.told([], at: 8) == ["chat resolved -A"])
    #expect(planner.told([alert(endedAt: 6)], at: 9) == [])
    #expect(planner.nextDeadline == nil)
  }

  @Test func `one more alert in a known group is told after the wait`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2, interval: 300)))
    let (first, second) = (alert("A", ["n": "1"]), alert("A", ["n": "2"]))
    _ = planner.told([first], at: 0)
    #expect(planner.told([first], at: 2) == ["chat firing +A1"])
    #expect(planner.told([first, second], at: 10) == [])
    #expect(planner.told([first, second], at: 12) == ["chat moreFiring  A1,+A2"])
  }

  @Test func `the end of one alert among others waits for the interval`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2, interval: 60)))
    let (first, second) = (alert("A", ["n": "1"]), alert("A", ["n": "2"]))
    _ = planner.told([first, second], at: 0)
    #expect(planner.told([first, second], at: 2) == ["chat firing +A1,+A2"])
    let ended = alert("A", ["n": "2"], endedAt: 10)
    #expect(planner.told([first, ended], at: 10) == [])
    #expect(planner.nextDeadline == time(62))
    #expect(planner.told([first], at: 62) == ["chat partlyResolved  A1,-A2"])
    #expect(planner.told([first, ended], at: 63) == [])
  }

  @Test func `an ended alert rides on an earlier message of its group`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0, interval: 60)))
    let (first, second) = (alert("A", ["n": "1"]), alert("A", ["n": "2"]))
    _ = planner.told([first, second], at: 0)
    let ended = alert("A", ["n": "2"], endedAt: 10)
    #expect(planner.told([first, ended], at: 10) == [])
    let third = alert("A", ["n": "3"])
    #expect(planner.told([first, third], at: 20) == ["chat moreFiring  A1,-A2,+A3"])
  }

  @Test func `a group that still fires is told again exactly at the repeat interval`() throws {
    let root = try route("chat", wait: 2, interval: 60, repetition: 100)
    var planner = NotificationPlanner(settings: settings(root))
    #expect(
      planner.told([alert()], until: 0) + planner.told([alert()], until: 250) == [
        "2.0: chat firing +A", "102.0: chat repeated  A", "202.0: chat repeated  A",
      ]
    )
  }

  @Test func `a flapping alert sends at most three messages within the interval`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0, interval: 60)))
    var lines: [String] = []
    for second in 0..<120 {
      let present =
        second.isMultiple(of: 2)
        ? alert(at: Double(second)) : alert(at: Double(second - 1), endedAt: Double(second))
      lines += planner.told([present], at: Double(second)).map { "\(second): \($0)" }
    }
    #expect(
      lines == [
        "0: chat firing +A", "1: chat resolved -A", "2: chat firing +A",
        "61: chat resolved -A", "62: chat firing +A", "63: chat resolved -A",
      ]
    )
  }

  @Test func `an alert that fires again before its end was told makes no message`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    _ = planner.told([alert()], at: 0)
    #expect(planner.told([alert()], at: 2) == ["chat firing +A"])
    #expect(planner.told([alert(endedAt: 10)], at: 10) == [])
    #expect(planner.told([alert(at: 11)], at: 11) == [])
    #expect(planner.told([alert(at: 11)], until: 100) == [])
  }

  @Test func `an unknown alert is not resolved and goes on being repeated`() throws {
    let root = try route("chat", wait: 0, repetition: 100)
    var planner = NotificationPlanner(settings: settings(root))
    #expect(planner.told([alert()], at: 0) == ["chat firing +A"])
    #expect(planner.told([alert(isUnknown: true)], at: 50) == [])
    let plan = planner.step(alerts: [alert(isUnknown: true)], now: time(100))
    #expect(plan.notifications.map(line) == ["chat repeated  A"])
    #expect(plan.notifications[0].alerts[0].alert.isUnknown)
    #expect(!plan.notifications[0].isResolved)
  }

  @Test func `an alert that nobody reports is withdrawn after five minutes, not before`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    #expect(planner.told([alert()], at: 0) == ["chat firing +A"])
    #expect(planner.told([], at: 10) == [])
    #expect(planner.nextDeadline == time(310))
    #expect(planner.told([], at: 309) == [])
    let plan = planner.step(alerts: [], now: time(310))
    #expect(plan.notifications.map(line) == ["chat resolved -A"])
    #expect(plan.notifications[0].alerts[0].isWithdrawn)
    #expect(plan.notifications[0].alerts[0].alert.endsAt == time(10))
  }

  @Test func `an alert that is reported again in time is not withdrawn`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    _ = planner.told([alert()], at: 0)
    _ = planner.told([], at: 10)
    _ = planner.told([alert()], at: 300)
    #expect(planner.told([], at: 310) == [])
    #expect(planner.told([], at: 609) == [])
  }

  @Test func `a clock that is set back holds no message`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    _ = planner.told([alert()], at: 3_600)
    #expect(planner.told([alert()], at: 0) == [])
    #expect(planner.told([alert()], at: 2) == ["chat firing +A"])
    #expect(planner.told([alert(endedAt: -100)], at: -100) == [])
    #expect(planner.told([], at: -98) == ["chat resolved -A"])
  }
}
