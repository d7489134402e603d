// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Rules
import Snapshot
import TestSupport
import Testing

@testable import Daemon

/// The snapshot of a running monitor.
@Suite struct SnapshotAnswerTests {
  static func nginx() throws -> RawServer {
    let body = """
      Active connections: 7\u{20}
      server accepts handled requests
       5 5 9\u{20}
      Reading: 0 Writing: 1 Waiting: 0\u{20}

      """
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    return try RawServer(.readHeader, .send(reply), .again)
  }

  static func section(_ servers: [RawServer]) -> String {
    let members = servers.enumerated().map { index, server in
      "{name: nginx\(index + 1), address: \"127.0.0.1:\(server.port)\"}"
    }
    return """
      architecture:
        tiers:
          - name: web
            members: [\(members.joined(separator: ", "))]
            nginx: {status: "http://{address}/nginx_status"}
      """
  }

  static let rules = """
    groups:
      - name: a
        interval: 1s
        rules:
          - alert: NginxGone
            expr: nginx_up == 0
            labels: {severity: page}
            annotations: {summary: "{{ $labels.instance }} does not answer"}

    """

  private func snapshot(
    _ harness: MonitorHarness,
    _ monitor: Monitor
  ) async throws -> ClusterSnapshot {
    let response = try await harness.get("/api/hvsmon/v1/snapshot", of: monitor)
    #expect(response.status == 200)
    return try ClusterSnapshot(json: response.body)
  }

  @Test func `a monitor tells what works, what fires and what changed`() async throws {
    let harness = try MonitorHarness()
    let servers = [try Self.nginx(), try Self.nginx()]
    try harness.writeSettings(Self.section(servers), rules: Self.rules)
    let monitor = try await Monitor.start(harness.plan)
    let isWhole = try await eventually {
      try await self.snapshot(harness, monitor).tiers.first?.working == 2
    }
    #expect(isWhole)
    let good = try await snapshot(harness, monitor)
    #expect(good.cluster == "test")
    #expect(good.verdict?.level == .ok)
    #expect(good.loadBalancers.map(\.name) == ["nginx1", "nginx2"])
    #expect(good.loadBalancers[0].connections == 7)
    #expect(good.loadBalancers[0].condition.ageSeconds.map { $0 < 5 } == true)
    #expect(good.alerts.isEmpty && good.changes.isEmpty)
    #expect(good.freshness?.targets == 3)
    #expect(good.nodes.isEmpty && good.databases.isEmpty)

    servers[1].stop()
    let isTold = try await eventually {
      let now = try await self.snapshot(harness, monitor)
      return now.alerts.contains { $0.name == "NginxGone" } && now.tiers.first?.working == 1
    }
    #expect(isTold)
    let bad = try await snapshot(harness, monitor)
    #expect(bad.loadBalancers[1].condition.state == .failed)
    #expect(bad.loadBalancers[1].condition.level == .critical)
    #expect(bad.tiers[0].condition.level == .warning)
    #expect(bad.alertCounts?.critical == 1)
    #expect(bad.alerts[0].object == "nginx2")
    #expect(bad.alerts[0].summary == "nginx2 does not answer")
    #expect(bad.verdict?.level == .critical)
    #expect(bad.verdict?.words.hasSuffix(". nginx2 does not answer") == true)
    #expect(bad.changes.contains { $0.object == "nginx2" && $0.level == .critical })
    #expect(bad.changes.contains { $0.words.hasPrefix("NginxGone fires") })
    await monitor.stop(grace: .zero)
    servers[0].stop()
  }

  @Test func `one who has a snapshot is sent what changed`() async throws {
    let harness = try MonitorHarness()
    let server = try Self.nginx()
    try harness.writeSettings(Self.section([server]))
    let monitor = try await Monitor.start(harness.plan)
    let path = "/api/hvsmon/v1/snapshot"
    let answer = try await harness.get("\(path)?since=", of: monitor)
    var known = try MarkedSnapshot(json: answer.body, over: nil)
    #expect(known.mark != nil)
    let isWhole = try await eventually {
      let answer = try await harness.get("\(path)?since=\(known.mark ?? "")", of: monitor)
      known = try MarkedSnapshot(json: answer.body, over: known)
      let tree = try JSONReader.read(answer.body)
      // What stays as it is from the start to the end of a daemon is not said again.
      #expect(tree["since"] != nil && tree["cluster"] == nil && tree["version"] == nil)
      return known.snapshot.tiers.first?.working == 1
    }
    #expect(isWhole)
    #expect(known.snapshot.cluster == "test")
    let strange = try await harness.get("\(path)?since=nonsense", of: monitor)
    #expect(try MarkedSnapshot(json: strange.body, over: nil).snapshot.cluster == "test")
    let whole = try await harness.get(path, of: monitor)
    #expect(try JSONReader.read(whole.body)["mark"] == nil)
    await monitor.stop(grace: .zero)
    server.stop()
  }

  @Test func `before the first poll nothing passes for well`() async throws {
    let harness = try MonitorHarness()
    let silent = try RawServer(.readHeader)
    try harness.writeSettings(Self.section([silent]))
    let monitor = try await Monitor.start(harness.plan)
    let first = try await snapshot(harness, monitor)
    #expect(first.verdict?.level != .ok)
    #expect(first.tiers.first?.working == 0)
    await monitor.stop(grace: .zero)
    silent.stop()
  }

  @Test func `changes are remembered up to a limit`() {
    let changes = RecentChanges()
    for number in 0..<(RecentChanges.countMax + 50) {
      let labels = LabelSet(["alertname": "A", "instance": "i\(number)"])
      let alert = Alert(labels: labels, startsAt: .epoch)
      changes.note([alert], [:], at: Timestamp(unixSeconds: Double(number)))
    }
    #expect(changes.rows.count == RecentChanges.countMax)
    #expect(changes.rows.first?.object == "i\(RecentChanges.countMax + 49)")
  }
}
