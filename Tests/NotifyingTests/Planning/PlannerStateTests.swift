// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct PlannerStateTests {
  private let chat = IntegrationID(receiver: "chat", kind: "test")
  private let pager = IntegrationID(receiver: "pager", kind: "test")

  /// Keeps what plans say, as a store does.
  private struct Kept {
    var groups: [GroupID: NotificationGroup] = [:]

    mutating func apply(_ plan: NotificationPlan) {
      for group in plan.changedGroups { groups[group.id] = group }
      for id in plan.removedGroups { groups[id] = nil }
    }
  }

  @Test func `a restart tells nothing twice and loses no recovery`() throws {
    let all = settings(try route("chat", wait: 2))
    var kept = Kept()
    var planner = NotificationPlanner(settings: all)
    kept.apply(planner.step(alerts: [alert()], now: time(0)))
    kept.apply(planner.step(alerts: [alert()], now: time(2)))

    planner = NotificationPlanner(settings: all, groups: Array(kept.groups.values))
    #expect(planner.told([alert()], until: 100) == [])
    kept.apply(planner.step(alerts: [alert(endedAt: 101)], now: time(101)))

    planner = NotificationPlanner(settings: all, groups: Array(kept.groups.values))
    #expect(planner.told([], at: 103) == ["chat resolved -A"])
  }

  @Test func `a restart within the wait keeps the rest of the wait`() throws {
    let all = settings(try route("chat", wait: 10))
    var planner = NotificationPlanner(settings: all)
    let plan = planner.step(alerts: [alert()], now: time(0))
    planner = NotificationPlanner(settings: all, groups: plan.changedGroups)
    #expect(planner.told([alert()], at: 9) == [])
    #expect(planner.told([alert()], at: 10) == ["chat firing +A"])
  }

  @Test func `a restart before the rules have run takes nothing as resolved`() throws {
    let all = settings(try route("chat", wait: 0))
    var planner = NotificationPlanner(settings: all)
    let plan = planner.step(alerts: [alert()], now: time(0))
    planner = NotificationPlanner(settings: all, groups: plan.changedGroups)
    #expect(planner.told([], at: 10) == [])
    #expect(planner.told([alert()], at: 20) == [])
  }

  @Test func `a step in which nothing happens changes nothing`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    #expect(!planner.step(alerts: [alert()], now: time(0)).isEmpty)
    #expect(planner.step(alerts: [alert(value: 2)], now: time(1)).isEmpty)
  }

  @Test func `the latest value is in the message although it changed nothing`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 2)))
    _ = planner.step(alerts: [alert(value: 1)], now: time(0))
    let plan = planner.step(alerts: [alert(value: 7)], now: time(2))
    #expect(plan.notifications.first?.alerts.first?.alert.value == 7)
  }

  @Test func `a group that is over is removed when its interval is over`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0, interval: 60)))
    var kept = Kept()
    kept.apply(planner.step(alerts: [alert()], now: time(0)))
    kept.apply(planner.step(alerts: [alert(endedAt: 1)], now: time(1)))
    #expect(kept.groups.count == 1)
    kept.apply(planner.step(alerts: [], now: time(61)))
    #expect(kept.groups.isEmpty)
    #expect(planner.groups.isEmpty)
  }

  @Test func `event ids never repeat, also when a group comes back`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0, interval: 60)))
    var ids: [String] = []
    for round in 0..<5 {
      let start = Double(round) * 1_000
      let plans = [
        planner.step(alerts: [alert(at: start)], now: time(start)),
        planner.step(alerts: [alert(at: start, endedAt: start + 10)], now: time(start + 10)),
        planner.step(alerts: [], now: time(start + 500)),
      ]
      ids += plans.flatMap(\.notifications).map(\.eventID)
    }
    #expect(ids.count == 10)
    #expect(Set(ids).count == 10)
  }

  @Test func `other grouping after a reload tells no firing alert again, and its end once`() throws
  {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    #expect(planner.told([alert("A", ["tier": "x"])], at: 0) == ["chat firing +A"])
    planner.adopt(settings(try route("chat", by: .labels(["tier"]), wait: 0)))
    #expect(planner.told([alert("A", ["tier": "x"])], at: 10) == [])
    #expect(planner.told([alert("A", ["tier": "x"], endedAt: 20)], at: 20) == ["chat resolved -A"])
    #expect(planner.told([], at: 1_000) == [])
    #expect(planner.groups.isEmpty)
  }

  @Test func `the receiver that was told first hears of the end after routes changed`() throws {
    let both = [chat, pager]
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0), both))
    #expect(planner.told([alert()], at: 0) == ["chat firing +A"])
    planner.adopt(settings(try route("pager", wait: 0, repetition: 100), both))
    #expect(planner.told([alert()], at: 10) == ["pager firing +A"])
    #expect(planner.told([alert()], at: 110) == ["pager repeated  A"])
    #expect(
      planner.told([alert(endedAt: 120)], at: 120) == ["chat resolved -A", "pager resolved -A"]
    )
  }

  @Test func `a receiver that was removed is forgotten`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    _ = planner.told([alert()], at: 0)
    planner.adopt(settings(try route("pager", wait: 0), [pager]))
    #expect(planner.told([alert()], at: 10) == ["pager firing +A"])
    #expect(planner.told([alert(endedAt: 20)], at: 20) == ["pager resolved -A"])
    _ = planner.told([], at: 1_000)
    #expect(planner.groups.isEmpty)
    #expect(planner.nextDeadline == nil)
  }

  @Test func `alerts beyond the limit are counted and not told, until others end`() throws {
    let all = settings(try route("chat", wait: 0))
    var planner = NotificationPlanner(settings: all, maximumMembers: 100)
    var alerts = (0..<103).map { alert("A", ["n": "\($0)"]) }
    let plan = planner.step(alerts: alerts, now: time(0))
    #expect(plan.notifications.first?.alerts.count == 100)
    #expect(planner.refusedAlerts == 3)
    for index in 0..<3 { alerts[index].endsAt = time(100) }
    _ = planner.step(alerts: alerts, now: time(100))
    let next = planner.step(alerts: Array(alerts[3...]), now: time(101))
    #expect(next.notifications.flatMap(\.alerts).filter(\.isNew).count == 3)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6])
  func `over random stories each end is told once, after its begin, through any restarts`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let all = settings(try route("chat", wait: 2, interval: 20, repetition: 200))
    var planner = NotificationPlanner(settings: all)
    var kept = Kept()
    var active: [Int: Alert] = [:]
    var told: Set<LabelSet> = []
    for second in 0..<600 {
      var reported = Array(active.values)
      let number = Int.random(in: 0..<5, using: &random)
      if Int.random(in: 0..<6, using: &random) == 0 {
        if var ended = active.removeValue(forKey: number) {
          ended.endsAt = time(Double(second))
          reported = Array(active.values) + [ended]
        } else {
          let new = alert("A\(number % 2)", ["n": "\(number)"], at: Double(second))
          active[number] = new
          reported.append(new)
        }
      }
      let plan = planner.step(alerts: reported, now: time(Double(second)))
      kept.apply(plan)
      for notification in plan.notifications {
        for message in notification.alerts {
          if message.alert.isResolved {
            #expect(told.remove(message.alert.labels) != nil, "seed \(seed), \(second) s")
          } else {
            #expect(message.isNew == told.insert(message.alert.labels).inserted)
          }
        }
      }
      if Int.random(in: 0..<20, using: &random) == 0 {
        planner = NotificationPlanner(settings: all, groups: Array(kept.groups.values))
      }
    }
    // In the end everybody knows how things stand.
    let last = (600..<660).flatMap { second in
      planner.step(alerts: Array(active.values), now: time(Double(second))).notifications
    }
    for message in last.flatMap(\.alerts) {
      if message.alert.isResolved {
        told.remove(message.alert.labels)
      } else {
        told.insert(message.alert.labels)
      }
    }
    #expect(told == Set(active.values.map(\.labels)), "seed \(seed)")
  }
}
