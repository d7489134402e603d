// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Notifying
import Patterns
import Rules
import Testing

/// What a step costs with many alerts.
@Suite(.serialized) struct PlannerLoadTests {
  private func loadSettings() throws -> NotificationSettings {
    let page = try CompiledMatcher(LabelMatcher("severity", .equal, "page"))
    let warning = try CompiledMatcher(LabelMatcher("severity", .equal, "warning"))
    let chat = IntegrationID(receiver: "chat", kind: "test")
    return NotificationSettings(
      root: try route("chat", by: .everyAlert, wait: 1),
      integrations: [Integration(id: chat, receiver: SilentReceiver())],
      inhibitRules: [
        InhibitRule(name: "lesser", sources: [page], targets: [warning], equal: ["node"])
      ],
      storm: .standard
    )
  }

  private func alerts(_ count: Int) -> [Alert] {
    (0..<count).map { number in
      alert(
        "A\(number % 50)",
        [
          "n": "\(number)", "node": "pve\(number % 20)", "severity": "warning",
          "fault": number % 3 == 0 ? "down" : "", "member": "m\(number)",
        ]
      )
    }
  }

  private func book(_ count: Int) throws -> SilenceBook {
    SilenceBook(
      try (0..<count).map { try silence("s\($0)", [LabelMatcher("n", .equal, "\($0 * 7)")]) }
    )
  }

  /// The processor's time that this thread took for it, in seconds: others run beside it.
  private func seconds(_ work: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    work()
    return now() - start
  }

  /// The seconds of the first step, and of the quickest of three when nothing has changed.
  private func cost(_ count: Int) throws -> (first: Double, next: Double) {
    let alerts = alerts(count)
    let book = try book(count / 10)
    var planner = NotificationPlanner(settings: try loadSettings())
    var told = 0
    let first = seconds {
      told += planner.step(alerts: alerts, silences: book, now: time(0)).notifications.count
    }
    _ = planner.step(alerts: alerts, silences: book, now: time(1))
    let others = (2..<5).map { second in
      seconds {
        _ = planner.step(alerts: alerts, silences: book, now: time(Double(second)))
        _ = planner.nextDeadline
      }
    }
    #expect(told == 0)
    return (first, others.min() ?? 0)
  }

  @Test func `a step with ten times the alerts costs about ten times as much`() throws {
    let (small, large) = (try cost(1_000), try cost(10_000))
    print(
      "NotificationPlanner: 10,000 alerts that are new \(Int(large.first * 1_000)) ms, "
        + "that are known \(Int(large.next * 1_000)) ms; "
        + "1,000 \(Int(small.first * 1_000)) ms and \(Int(small.next * 1_000)) ms"
    )
    // A hundredfold would be quadratic.
    #expect(large.first < 40 * small.first)
    #expect(large.next < 40 * small.next)
  }

  @Test
  func `over a large cluster in which nodes are down ten times the alerts cost about as much more`()
    throws
  {
    func cost(_ count: Int) throws -> (first: Double, next: Double) {
      let load = TopologyLoad(alerts: count)
      var planner = NotificationPlanner(settings: try loadSettings())
      let times = (0..<5).map { second in
        seconds {
          _ = planner.step(
            alerts: load.alerts,
            knowledge: load.knowledge,
            now: time(Double(second))
          )
          _ = planner.nextDeadline
        }
      }
      let held = planner.standings.values.count { $0.kind == "held" }
      #expect(held > count / 20)
      return (times[0], times[2...].min() ?? 0)
    }
    let (small, large) = (try cost(200), try cost(2_000))
    print(
      "NotificationPlanner over 32 nodes: 2,000 alerts that are new \(Int(large.first * 1_000)) ms, "
        + "that are known \(Int(large.next * 1_000)) ms; "
        + "200 \(Int(small.first * 1_000)) ms and \(Int(small.next * 1_000)) ms"
    )
    #expect(large.first < 40 * small.first)
    #expect(large.next < 40 * small.next)
  }
}
