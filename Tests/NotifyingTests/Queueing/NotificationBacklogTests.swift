// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
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
    let victim = backlog.add(QueuedNotification(id: 3, notification: notification("d")))
    #expect(victim?.id == 1)
    #expect(backlog.count == 3)
    let next = backlog.add(QueuedNotification(id: 4, notification: notification("e")))
    #expect(next?.id == 0)
    #expect(backlog.all.map(\.id) == [2, 3, 4])
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
