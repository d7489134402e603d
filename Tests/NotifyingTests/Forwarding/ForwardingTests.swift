// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct ForwardingTests {
  private func names(_ alerts: [ForwardedAlert]) -> [String] {
    alerts.map { ($0.alert.isResolved ? "-" : "") + ($0.alert.labels["alertname"] ?? "") }
  }

  @Test func `a firing alert is told at once and each minute, with an end four minutes ahead`() {
    var schedule = ForwardingSchedule()
    let firing = [alert("A", at: 0)]
    #expect(schedule.take(firing: firing, ended: []) == 0)
    let first = schedule.due(at: time(1))
    #expect(names(first) == ["A"] && first[0].endsAt == time(241))
    _ = schedule.take(firing: firing, ended: [])
    #expect(schedule.due(at: time(60)).isEmpty)
    #expect(schedule.nextDue == time(61))
    #expect(names(schedule.due(at: time(61))) == ["A"])
  }

  @Test func `an end is told at once, then each minute for fifteen, and then forgotten`() {
    var schedule = ForwardingSchedule()
    _ = schedule.take(firing: [alert("A")], ended: [])
    _ = schedule.due(at: time(0))
    _ = schedule.take(firing: [], ended: [alert("A", endedAt: 10)])
    let ended = schedule.due(at: time(10))
    #expect(names(ended) == ["-A"] && ended[0].endsAt == time(10))
    var told = 0
    for second in 11...1_200 { told += schedule.due(at: time(Double(second))).count }
    #expect(told == 15 || told == 14)
    #expect(schedule.nextDue == nil)
  }

  @Test func `an alert that fires anew is told at once`() {
    var schedule = ForwardingSchedule()
    _ = schedule.take(firing: [alert("A", at: 0)], ended: [])
    _ = schedule.due(at: time(0))
    _ = schedule.take(firing: [], ended: [alert("A", at: 0, endedAt: 5)])
    _ = schedule.due(at: time(5))
    _ = schedule.take(firing: [alert("A", at: 8)], ended: [])
    #expect(names(schedule.due(at: time(8))) == ["A"])
    // A clock that was set back keeps nothing quiet.
    #expect(names(schedule.due(at: time(-50))) == ["A"])
  }

  @Test func `a backlog gives batches of 256 in order, and of each alert the newest state`() {
    var backlog = ForwardingBacklog()
    let alerts = (0..<300).map { number in
      ForwardedAlert(alert("A", ["n": "\(1_000 + number)"]), endsAt: time(240))
    }
    backlog.add(alerts)
    let first = backlog.batch(at: time(0))
    #expect(first == Array(alerts[..<256]))
    // It ended while the request was under way: that is still to be told.
    let end = ForwardedAlert(
      alert("A", ["n": "1000"], endedAt: 5),
      endsAt: time(5)
    )
    backlog.add([end])
    backlog.remove(first)
    #expect(backlog.count == 45)
    #expect(backlog.batch(at: time(0)).first == end)
    backlog.remove(backlog.batch(at: time(0)))
    #expect(backlog.count == 0 && backlog.batch(at: time(0)).isEmpty && backlog.dropped == 0)
  }

  @Test func `a full backlog drops its oldest, and news that has grown old is not told`() {
    var backlog = ForwardingBacklog(alertsMax: 2)
    let alerts = ["A", "B", "C"].map { ForwardedAlert(alert($0), endsAt: time(240)) }
    backlog.add(alerts)
    #expect(names(backlog.batch(at: time(0))) == ["B", "C"] && backlog.dropped == 1)
    let end = ForwardedAlert(alert("B", endedAt: 5), endsAt: time(5))
    backlog.add([end])
    #expect(names(backlog.batch(at: time(300))) == ["-B"])
    #expect(backlog.dropped == 2 && backlog.count == 1)
  }
}
