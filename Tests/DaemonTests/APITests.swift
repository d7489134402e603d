// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TestSupport
import Testing

@testable import Daemon

/// What a running daemon tells over Prometheus' API.
@Suite struct APITests {
  private static let secret = "0123456789abcdef-secret"

  private static let rules = """
    groups:
      - name: test
        interval: 1s
        rules:
          - alert: Down
            expr: up{job="nginx"} == 0
            labels: {severity: page}
            annotations: {summary: "{{ $labels.instance }} is down"}
          - record: job:up:sum
            expr: sum by (job) (up)
    """

  private static func section(port: UInt16) -> String {
    """
    architecture:
      tiers:
        - name: web
          members: [{name: nginx1, address: "127.0.0.1:\(port)"}]
          nginx: {status: "http://{address}/nginx_status"}
    """
  }

  @Test func `targets, rules, alerts, metadata and federation tell of a member that is down`()
    async throws
  {
    let harness = try MonitorHarness()
    let gone = try RawServer(.readHeader, .again)
    let port = gone.port
    gone.stop()
    try harness.writeSettings(Self.section(port: port), rules: Self.rules)
    let monitor = try await Monitor.start(harness.plan)
    func ask(_ path: String) async throws -> JSONTree? {
      try? JSONReader.read(try await harness.get("/api/v1/\(path)", of: monitor).body)["data"]
    }
    #expect(
      try await eventually { try await ask("alerts")?["alerts"]?.items.isEmpty == false }
    )
    let alert = try await ask("alerts")?["alerts"]?.items.first
    #expect(alert?["labels"]?["alertname"]?.string == "Down")
    #expect(alert?["annotations"]?["summary"]?.string == "nginx1 is down")
    let targets = try await ask("targets")?["activeTargets"]?.items ?? []
    let nginx = targets.first { $0["scrapePool"]?.string == "nginx" }
    #expect(nginx?["health"]?.string == "down")
    #expect(nginx?["lastError"]?.string?.isEmpty == false)
    #expect(nginx?["labels"]?["cluster"]?.string == "test")
    #expect(nginx?["scrapeInterval"]?.string == "1s")
    #expect(targets.contains { $0["scrapePool"]?.string == "hvsmon" })
    let group = try await ask("rules")?["groups"]?.items.first
    #expect(group?["file"]?.string?.hasSuffix("rules.yml") == true)
    #expect(group?["rules"]?.items.first?["state"]?.string == "firing")
    #expect(group?["rules"]?.items.last?["health"]?.string == "ok")
    let metadata = try await ask("metadata")
    #expect(metadata?["up"]?.items.first?["type"]?.string == "gauge")
    #expect(metadata?["job:up:sum"]?.items.first?["type"]?.string == "unknown")
    let page = try await harness.get("/federate?match[]=up", of: monitor).text
    let line = try #require(page.split(separator: "\n").first { $0.contains("nginx1") })
    #expect(line.hasPrefix(#"up{cluster="test",instance="nginx1",job="nginx""#))
    let time = try #require(line.split(separator: " ").last.flatMap { Double($0) })
    #expect(abs(time / 1_000 - monitor.clock.now.unixSeconds) < 60)
    await monitor.stop(grace: .seconds(1))
  }

  @Test func `a target that settings name no more is told no more`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings(Self.section(port: 9))
    let monitor = try await Monitor.start(harness.plan)
    func pools() async throws -> [String] {
      let reply = try await harness.get("/api/v1/targets", of: monitor)
      let data = try JSONReader.read(reply.body)["data"]
      return (data?["activeTargets"]?.items ?? []).compactMap { $0["scrapePool"]?.string }
    }
    #expect(try await pools() == ["hvsmon", "nginx"])
    try harness.writeSettings("")
    _ = await monitor.reload()
    #expect(try await pools() == ["hvsmon"])
    await monitor.stop(grace: .seconds(1))
  }

  @Test func `no endpoint shows a secret of the settings`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings(
      "",
      http: "auth: {tokens: [{name: a, role: read, token: \(Self.secret)}]}"
    )
    let monitor = try await Monitor.start(harness.plan)
    for path in ["config", "flags", "runtimeinfo", "buildinfo", "tsdb", "walreplay"] {
      let reply = try await harness.get(
        "/api/v1/status/\(path)",
        of: monitor,
        token: Self.secret[...]
      )
      #expect(reply.status == 200, "\(path)")
      #expect(!reply.text.contains("secret"), "\(path)")
    }
    let config = try await harness.get(
      "/api/v1/status/config",
      of: monitor,
      token: Self.secret[...]
    )
    #expect(config.text.contains("scrape_interval: 1s") && config.text.contains("rules.yml"))
    #expect(try await harness.get("/federate?match[]=up", of: monitor).status == 401)
    await monitor.stop(grace: .seconds(1))
  }
}
