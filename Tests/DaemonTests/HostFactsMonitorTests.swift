// SPDX-License-Identifier: MIT
import FoundationEssentials
import HTTPAPI
import Logging
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Daemon

/// The whole monitor, with the rules that ship, over hosts that stand in for real ones.
@Suite(.timeLimit(.minutes(2))) struct HostFactsMonitorTests {
  private static let address = "192.0.2.6"
  private static let secret = "CANARY-JWT"

  private static func shipped() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return String(decoding: try Data(contentsOf: root.appending(path: "alerts.yml")), as: UTF8.self)
  }

  private static func list(_ state: String) -> String {
    """
    daemon 17 7.0.3
    [{"name":"webapp","pm_id":0,"monit":{"memory":52428800,"cpu":1},"pm2_env":{"status":\
    "\(state)","restart_time":1,"exec_mode":"fork_mode","env":{"JWT":"\(secret)"},\
    "JWT":"\(secret)","version":"\(secret) 1"}}]

    """
  }

  private static func settings(_ hosts: FactsHosts, _ hook: WebhookSink) -> String {
    """
    \(hosts.settings)
    architecture:
      tiers:
        - name: app
          members: [{name: webapp1, address: \(address)}]
          pm2: {user: app, timeout: 1s, processes: [{name: webapp}]}
    \(hook.section)
    """
  }

  @Test func `a process that ends is told within seconds, its secrets nowhere`() async throws {
    let harness = try MonitorHarness()
    let hook = try WebhookSink()
    let hosts = try await FactsHosts()
    try hosts.answer(Self.address, "pm2", Self.list("online"))
    try harness.writeSettings(Self.settings(hosts, hook), rules: Self.shipped())
    let monitor = try await Monitor.start(harness.plan)
    let works = try await harness.waits(for: "hvsmon_pm2_up{", " 1", on: monitor)
    let counts = try await harness.waits(
      for: "hvsmon_member_working{",
      "instance=\"webapp1\"",
      " 1",
      on: monitor
    )
    #expect(works && counts)
    #expect(hook.payloads.isEmpty)
    try hosts.answer(Self.address, "pm2", Self.list("errored"))
    _ = await eventually { !hook.payloads.isEmpty }
    let alerts = hook.payloads.flatMap(\.alerts)
    #expect(
      alerts.contains { $0.annotations["summary"] == "webapp on webapp1 has no instance online." }
        || alerts.contains { $0.labels["alertname"] == "TierDown" }
    )
    // Settings that are loaded anew reach the host over a new connection.
    #expect(hosts.logins(Self.address) == 1)
    guard case .reloaded = await monitor.reload() else {
      Issue.record("the settings were refused")
      return
    }
    try hosts.answer(Self.address, "pm2", Self.list("online"))
    let again = try await harness.waits(for: "hvsmon_pm2_up{", " 1", on: monitor)
    #expect(again && hosts.logins(Self.address) == 2)
    let everything = try await harness.metrics(of: monitor) + harness.sink.lines.joined()
    #expect(!everything.contains("CANARY"))
    #expect(!hook.payloads.contains { "\($0)".contains("CANARY") })
    await monitor.stop(grace: .seconds(1))
    await hook.stop()
  }

  @Test func `a host that cannot be asked is unknown, not down`() async throws {
    let harness = try MonitorHarness()
    let hook = try WebhookSink()
    let hosts = try await FactsHosts()
    try harness.writeSettings(Self.settings(hosts, hook), rules: Self.shipped())
    let monitor = try await Monitor.start(harness.plan)
    #expect(try await harness.waits(for: "up{", "job=\"pm2\"", " 0", on: monitor))
    let text = try await harness.metrics(of: monitor)
    #expect(!text.contains("hvsmon_pm2_up{"))
    #expect(!text.contains("hvsmon_member_working{"))
    #expect(hook.payloads.isEmpty)
    await monitor.stop(grace: .seconds(1))
    await hook.stop()
  }
}
