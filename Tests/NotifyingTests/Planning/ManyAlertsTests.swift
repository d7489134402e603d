// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Rules
import Testing

@testable import Notifying

/// What it costs to note and to explain many alerts of one group.
@Suite(.serialized) struct ManyAlertsTests {
  private static let count = 5_000

  /// The processor's time that this thread took for it, in milliseconds: others run beside it.
  private func milliseconds(_ work: () -> Void) -> Int {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec) / 1e6
    }
    let start = now()
    work()
    return Int(now() - start)
  }

  private func alerts(_ count: Int, endedAt ended: Double? = nil) -> [Alert] {
    (0..<count).map { alert("A", ["n": "\($0)"], endedAt: ended) }
  }

  /// A planner whose one group told of that many alerts.
  private func planner(telling count: Int) throws -> NotificationPlanner {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 1)))
    _ = planner.step(alerts: alerts(count), now: time(0))
    let plan = planner.step(alerts: alerts(count), now: time(1))
    #expect(plan.notifications.count == 1)
    return planner
  }

  @Test func `ends that a message tells of are found without a walk for each`() throws {
    var planner = try planner(telling: Self.count)
    let ended = alerts(Self.count, endedAt: 50)
    _ = planner.step(alerts: ended, now: time(51))
    let before = planner
    let plan = planner.step(alerts: ended, now: try #require(planner.nextDeadline))
    #expect(plan.notifications.first?.resolved.count == Self.count)
    var ends: [SilentEnd] = []
    let found = milliseconds { ends = planner.silentEnds(since: before, plan) }
    #expect(ends.isEmpty)
    var untold = plan
    untold.notifications = []
    #expect(planner.silentEnds(since: before, untold).count == Self.count)
    print("NotificationPlanner: \(Self.count) ends of one group looked up in \(found) ms")
  }

  @Test func `ends that nobody is told of are noted together`() {
    var log = ToldLog()
    let alerts = alerts(Self.count)
    log.note(
      notification("g", alerts.map { NotifiedAlert($0) }, at: 1),
      leaving: nil,
      by: "a",
      serial: nil,
      lifetime: .seconds(7_200),
      now: time(1)
    )
    let key = ToldKey(IntegrationID(receiver: "chat", kind: "test"), "g")
    let ends = alerts.map { SilentEnd(key, fingerprint: $0.fingerprint) }
    var changed: [ToldKey] = []
    let together = milliseconds { changed = log.note(ends, by: "a", now: time(2)) }
    #expect(changed == [key])
    print("ToldLog: \(Self.count) ends of one group noted in \(together) ms")
  }

  @Test func `explanations of many alerts are those of each`() throws {
    let planner = try planner(telling: 1_000)
    let alerts = alerts(1_000)
    var (each, all): ([AlertExplanation], [AlertExplanation]) = ([], [])
    let singly = milliseconds { each = alerts.map { planner.explanation(of: $0) } }
    let together = milliseconds { all = planner.explanations(of: alerts) }
    #expect(each == all && all.first?.destinations.first?.lastMessageAt == time(1))
    print(
      "NotificationPlanner: 1,000 alerts of one group explained in \(together) ms, singly \(singly) ms"
    )
  }
}
