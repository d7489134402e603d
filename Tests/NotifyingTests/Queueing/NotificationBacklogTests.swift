// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import TestSupport
import Testing

@Suite struct NotificationBacklogTests {
  private let chat = IntegrationID(receiver: "chat", kind: "test")

  private func ids(_ next: NextDelivery) -> [Int64] {
    if case .ready(let waiting) = next { waiting.map(\.id) } else { [] }
  }

  private func filled(_ notifications: [AlertNotification], limit: Int = 100) -> NotificationBacklog
  {
    var backlog = NotificationBacklog(limit: limit)
    for (index, notification) in notifications.enumerated() {
      _ = backlog.add(QueuedNotification(id: Int64(index), notification: notification))
    }
    return backlog
  }

  @Test func `the group of the oldest message comes first, with all that waits for it`() {
    var backlog = filled([notification("b"), notification("a"), notification("b", sequence: 2)])
    #expect(ids(backlog.next(for: chat, now: time(0))) == [0, 2])
    _ = backlog.remove([0, 2])
    #expect(ids(backlog.next(for: chat, now: time(0))) == [1])
    _ = backlog.remove([1])
    #expect(backlog.next(for: chat, now: time(0)) == .nothing)
    #expect(backlog.integrations.isEmpty)
  }

  @Test func `a postponed message holds back the later ones of its group only`() {
    var backlog = filled([notification("a"), notification("a", sequence: 2), notification("b")])
    backlog.postpone([0], until: time(10), countsAsAttempt: true)
    #expect(ids(backlog.next(for: chat, now: time(0))) == [2])
    _ = backlog.remove([2])
    #expect(backlog.next(for: chat, now: time(0)) == .waiting(until: time(10)))
    #expect(ids(backlog.next(for: chat, now: time(10))) == [0, 1])
    #expect(backlog.all.map(\.attempts) == [1, 0])
  }

  @Test func `a full backlog drops its oldest notification of severity info`() {
    let info = [NotifiedAlert(alert("A", ["severity": "info"]))]
    var backlog = filled([notification("a"), notification("b", info), notification("c")], limit: 3)
    #expect(dropped(backlog.add(QueuedNotification(id: 3, notification: notification("d")))) == 1)
    #expect(backlog.count == 3)
    #expect(dropped(backlog.add(QueuedNotification(id: 4, notification: notification("e")))) == 0)
    #expect(backlog.all.map(\.id) == [2, 3, 4])
  }

  private func dropped(_ addition: NotificationBacklog.Addition) -> Int64? {
    if case .dropped(let victim) = addition { victim.id } else { nil }
  }

  @Test func `in a full backlog news of a group joins what waits for it`() throws {
    let ended = [NotifiedAlert(alert("A", ["n": "1"], endedAt: 5))]
    var backlog = filled(
      [notification("a", [NotifiedAlert(alert("A", ["n": "1"]), isNew: true)]), notification("b")],
      limit: 2
    )
    backlog.postpone([0], until: time(9), countsAsAttempt: true)
    let end = notification("a", ended, sequence: 2, reason: .resolved, at: 5)
    guard
      case .joined(let earlier, into: 2) = backlog.add(QueuedNotification(id: 2, notification: end))
    else {
      Issue.record("nothing was joined")
      return
    }
    #expect(earlier.id == 0)
    #expect(backlog.count == 2)
    let joined = try #require(backlog.notification(2))
    #expect(line(joined.notification) == "chat resolved -A1")
    #expect(joined.notBefore == time(9))
    #expect(joined.attempts == 1)
    #expect(backlog.notification(0) == nil)
  }

  @Test func `a full backlog joins what waits twice for another group before it drops`() {
    var backlog = filled([notification("a"), notification("a", sequence: 2)], limit: 2)
    guard
      case .joined(let earlier, into: 1) = backlog.add(
        QueuedNotification(id: 2, notification: notification("b"))
      )
    else {
      Issue.record("nothing was joined")
      return
    }
    #expect(earlier.id == 0)
    #expect(backlog.all.map(\.id) == [1, 2])
    #expect(ids(backlog.next(for: chat, now: time(0))) == [1])
  }

  @Test func `random use gives what a plain search gives`() {
    for seed in UInt64(1)...30 {
      var random = SeededRandom(seed: seed)
      var backlog = NotificationBacklog()
      var now = 0.0
      for id in Int64(0)..<400 {
        let group = "g\(Int.random(in: 0..<12, using: &random))"
        _ = backlog.add(QueuedNotification(id: id, notification: notification(group)))
        now += Double.random(in: -0.5...2, using: &random)
        let last = id - Int64.random(in: 0...3, using: &random)
        let next = backlog.next(for: chat, now: time(now), through: last)
        #expect(next == plainNext(backlog.all, now: time(now), through: last), "seed \(seed)")
        guard case .ready(let waiting) = next else { continue }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: _ = backlog.remove(waiting.map(\.id))
        case 1:
          let rest = Double.random(in: 0...30, using: &random)
          backlog.postpone(waiting.map(\.id), until: time(now + rest), countsAsAttempt: true)
        default: break
        }
      }
    }
  }

  private func plainNext(
    _ all: [QueuedNotification],
    now: Timestamp,
    through last: Int64
  ) -> NextDelivery {
    let lanes = Dictionary(grouping: all.filter { $0.id <= last }, by: \.notification.groupKey)
    let ready = lanes.values.filter { $0[0].notBefore <= now }
    if let first = ready.min(by: { $0[0].id < $1[0].id }) { return .ready(first) }
    // What does not count yet may rest as well: looking too early does no harm.
    let whole = Dictionary(grouping: all, by: \.notification.groupKey).values
    let rests = whole.map { $0[0].notBefore }.filter { $0 > now }
    return rests.min().map { .waiting(until: $0) } ?? .nothing
  }

  @Test func `messages of one group join into the newest, and nothing told is left out`() throws {
    let (one, two) = (alert("A", ["n": "1"]), alert("A", ["n": "2"]))
    let waiting = [
      notification("a", [NotifiedAlert(one, isNew: true)]),
      notification(
        "a",
        [NotifiedAlert(alert("A", ["n": "1"], endedAt: 5)), NotifiedAlert(two, isNew: true)],
        sequence: 2,
        reason: .moreFiring,
        at: 5
      ),
      notification("a", [NotifiedAlert(two)], sequence: 3, reason: .repeated, at: 50),
    ]
    let combined = try #require(AlertNotification.combining(waiting, wasTried: false))
    #expect(combined.sequence == 3)
    #expect(combined.eventID == "chat-a-3")
    #expect(combined.reason == .firing)
    #expect(combined.delayedSince == time(0))
    #expect(line(combined) == "chat firing -A1,+A2")
    #expect(combined.createdAt == time(50))
  }

  @Test func `a single message that was never tried is joined with nothing`() {
    let single = notification("a")
    #expect(AlertNotification.combining([single], wasTried: false) == single)
    #expect(AlertNotification.combining([], wasTried: false) == nil)
  }
}
