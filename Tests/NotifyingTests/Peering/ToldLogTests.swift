// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Testing

/// When a message counts as told by another instance.
@Suite struct ToldLogTests {
  private var log = ToldLog()

  /// Notes a message that an instance sent.
  private mutating func tell(
    _ alerts: [Alert],
    by name: String = "a",
    reason: NotificationReason = .firing,
    group: String = "g",
    at seconds: Double
  ) {
    log.note(
      notification(group, alerts.map { NotifiedAlert($0) }, reason: reason, at: seconds),
      leaving: nil,
      by: name,
      serial: nil,
      lifetime: .seconds(7_200),
      now: time(seconds)
    )
  }

  /// Who has told what would be told in these messages, oldest first.
  private func teller(_ waiting: AlertNotification..., besides name: String = "b") -> String? {
    log.teller(of: waiting, besides: name, tolerance: .seconds(15))
  }

  private func message(
    _ alerts: [Alert],
    reason: NotificationReason = .firing,
    group: String = "g",
    at seconds: Double
  ) -> AlertNotification {
    notification(
      group,
      alerts.map { NotifiedAlert($0, isNew: !$0.isResolved) },
      reason: reason,
      at: seconds
    )
  }

  @Test mutating func `what nobody told is told`() {
    #expect(teller(message([alert()], at: 0)) == nil)
    tell([alert("B")], at: 0)
    #expect(teller(message([alert("A")], at: 1)) == nil)
    #expect(teller(message([alert("B"), alert("A")], at: 1)) == nil)
    #expect(teller(message([alert("B")], group: "other", at: 1)) == nil)
  }

  @Test mutating func `what another instance told is not told again, whichever saw it first`() {
    tell([alert(at: 3)], at: 5)
    #expect(teller(message([alert(at: 0)], at: 2)) == "a")
    #expect(teller(message([alert(at: 60)], at: 60)) == "a")
    #expect(teller(message([alert(at: 60, endedAt: 70)], reason: .resolved, at: 70)) == nil)
    tell([alert(at: 3, endedAt: 69)], reason: .resolved, at: 69)
    #expect(teller(message([alert(at: 60, endedAt: 70)], reason: .resolved, at: 70)) == "a")
    #expect(teller(message([alert(at: 90)], at: 90)) == nil)
  }

  @Test mutating func `what an instance told itself is for its planner to judge`() {
    tell([alert()], by: "b", at: 0)
    #expect(teller(message([alert(at: 60)], at: 60)) == nil)
    #expect(teller(message([alert(at: 60)], at: 60), besides: "a") == "b")
  }

  @Test mutating func `what was told just before a crash is not told after it`() {
    tell([alert()], by: "b", at: 2)
    #expect(teller(message([alert()], at: 0)) == "b")
  }

  @Test mutating func `an alert that is more urgent than was told is told`() {
    tell([alert("A", ["severity": "warning"])], at: 0)
    let worse = Alert(
      labels: LabelSet(["alertname": "A", "severity": "warning"]),
      annotations: [Label("severity", "page")],
      value: 1,
      startsAt: time(0)
    )
    #expect(teller(message([worse], reason: .moreFiring, at: 5)) == nil)
    tell([worse], at: 6)
    #expect(teller(message([worse], reason: .moreFiring, at: 5)) == "a")
  }

  @Test
  mutating func `a flap that only one instance saw is told, unless it was seen whole elsewhere`() {
    tell([alert()], at: 0)
    let end = message([alert(endedAt: 100)], reason: .resolved, at: 100)
    let again = message([alert(at: 105)], at: 105)
    #expect(teller(end, again) == nil)
    tell([alert(endedAt: 101)], reason: .resolved, at: 101)
    tell([alert(at: 104)], at: 104)
    #expect(teller(end, again) == "a")
  }

  @Test mutating func `an alert that came and went while another told of an earlier one is told`() {
    tell([alert()], at: 0)
    tell([alert(endedAt: 50)], reason: .resolved, at: 50)
    let begin = message([alert(at: 200)], at: 200)
    let end = message([alert(at: 200, endedAt: 205)], reason: .resolved, at: 205)
    #expect(teller(begin, end) == nil)
    #expect(teller(end) == nil)
  }

  @Test mutating func `an end that nobody is told of makes the next begin one to be told`() {
    tell([alert()], at: 0)
    let end = SilentEnd(
      ToldKey(IntegrationID(receiver: "chat", kind: "test"), "g"),
      fingerprint: alert().fingerprint
    )
    let noted = [50.0, 51].map { !log.note([end], by: "a", now: time($0)).isEmpty }
    #expect(noted == [true, false])
    #expect(teller(message([alert(at: 60)], at: 60)) == nil)
    // Whoever sees the end otherwise tells it.
    #expect(teller(message([alert(endedAt: 50)], reason: .resolved, at: 52)) == nil)
  }

  @Test mutating func `a reminder is told once, and not left out for an old message`() {
    tell([alert()], at: 0)
    #expect(teller(message([alert()], reason: .repeated, at: 3_600)) == nil)
    tell([alert()], reason: .repeated, at: 3_598)
    #expect(teller(message([alert()], reason: .repeated, at: 3_600)) == "a")
    #expect(teller(message([alert()], reason: .silenceEnded, at: 3_700)) == nil)
  }

  @Test mutating func `a storm that one instance saw stands for the groups of another`() {
    tell([alert("A"), alert("B")], reason: .storm, group: "storm/chat", at: 0)
    #expect(teller(message([alert("A")], at: 1)) == "a")
    #expect(teller(message([alert("C")], at: 1)) == nil)
    tell([alert("C")], at: 2)
    let storm = message([alert("A"), alert("C")], reason: .storm, group: "storm/chat", at: 3)
    #expect(teller(storm) == "a")
  }

  @Test mutating func `later counts, whatever the clocks of the instances say`() {
    // The clock of a is an hour ahead.
    tell([alert()], by: "a", at: 3_600)
    tell([alert(endedAt: 10)], by: "b", reason: .resolved, at: 10)
    let end = message([alert(endedAt: 11)], reason: .resolved, at: 11)
    #expect(teller(end, besides: "a") == "b")
  }

  @Test mutating func `what is of no use any more is dropped and not taken back`() throws {
    tell([alert()], at: 0)
    let key = try #require(log.groups.keys.first)
    let told = try #require(log.groups[key])
    let dropped = [7_199.0, 7_200].map { log.prune(now: time($0)) }
    #expect(dropped == [[], [key]])
    let isTaken = log.merge(told, for: key, now: time(7_200))
    #expect(!isTaken && log.groups.isEmpty)
  }

  @Test mutating func `no more groups are kept than there may be`() {
    for number in 0...ToldLog.groupsMax {
      tell([alert()], group: "g\(number)", at: Double(number))
    }
    #expect(log.groups.count == ToldLog.groupsMax)
    #expect(!log.groups.keys.contains { $0.groupKey == "g0" })
  }
}
