// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TestSupport
import Testing

@testable import Daemon

/// What a running monitor says of the cluster.
@Suite struct TopologyAnswersTests {
  private static func nginx() throws -> RawServer {
    let body = """
      Active connections: 1\u{20}
      server accepts handled requests
       5 5 9\u{20}
      Reading: 0 Writing: 1 Waiting: 0\u{20}

      """
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    return try RawServer(.readHeader, .send(reply), .again)
  }

  private static func section(_ servers: [RawServer]) -> String {
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

  private func ask(
    _ path: String,
    _ harness: MonitorHarness,
    _ monitor: Monitor
  ) async throws -> (status: Int, tree: JSONTree) {
    let response = try await harness.get("/api/hvsmon/v1/\(path)", of: monitor)
    return (response.status, try JSONReader.read(response.body))
  }

  @Test func `a monitor says how the tiers stand and what may be stopped`() async throws {
    let harness = try MonitorHarness()
    let servers = [try Self.nginx(), try Self.nginx()]
    try harness.writeSettings(Self.section(servers))
    let monitor = try await Monitor.start(harness.plan)
    let isWhole = try await eventually {
      let (status, tree) = try await self.ask("topology", harness, monitor)
      return status == 200 && tree["tiers"]?.items.first?["working"]?.int == 2
    }
    #expect(isWhole)
    let good = try await ask("safe-to-stop?component=nginx1", harness, monitor)
    #expect(good.status == 200)
    #expect(good.tree["safe_to_stop"]?.string == "yes")
    #expect(try await ask("safe-to-stop?component=nobody", harness, monitor).status == 404)

    servers[1].stop()
    let isDegraded = try await eventually {
      let (_, tree) = try await self.ask("safe-to-stop?component=nginx1", harness, monitor)
      return tree["safe_to_stop"]?.string == "no"
    }
    #expect(isDegraded)
    #expect(
      try await harness.waits(for: "hvsmon_tier_failures_tolerated", "web", " 0", on: monitor)
    )
    await monitor.stop(grace: .seconds(1))
    servers[0].stop()
  }
}
