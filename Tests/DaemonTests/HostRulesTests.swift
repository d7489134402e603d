// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

@testable import Daemon

/// What is told when hosts cannot be asked by ssh: the whole monitor with the rules that ship.
@Suite(.timeLimit(.minutes(2))) struct HostRulesTests {
  private static let address = "192.0.2.6"

  /// The rules that ship, with a short hold of the one about hosts.
  private static func rules() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = String(
      decoding: try Data(contentsOf: root.appending(path: "alerts.yml")),
      as: UTF8.self
    )
    let marker = "- alert: HostNotAsked\n"
    let place = try #require(text.firstRange(of: marker))
    let rest = text[place.upperBound...].replacing("for: 1m", with: "for: 1s", maxReplacements: 1)
    return String(text[..<place.upperBound] + rest)
  }

  /// A host of which two collectors want something, each with a tier of its own or none.
  private struct Scene {
    let harness: MonitorHarness
    let hook: WebhookSink
    let hosts: FactsHosts
    let monitor: Monitor

    /// `keys` are further ones of the tier.
    init(_ keys: String = "") async throws {
      harness = try MonitorHarness()
      hook = try WebhookSink()
      hosts = try await FactsHosts()
      try hosts.answer(address, "processes", "now 900 100\nprocess 1 0 S 1\nprocess 2 1 S 1\n")
      try hosts.answer(address, "pm2", "daemon 17 7.0.3\n[]\n")
      let settings = """
        \(hosts.settings)
        architecture:
          tiers:
            - name: app
              members: [{name: webapp1, address: \(address)}]
              pm2: {user: app, timeout: 1s}
              \(keys)
              vrrp:
                instance: VI_1
                router_id: 51
                address: 192.0.2.200
                sources: [ssh]
                interval: 1s
        notifications:
          route: {receiver: hook, group_by: [alertname, tier], group_wait: 250ms}
          receivers: [{name: hook, webhook: [{url: "\(hook.url)"}]}]
        """
      try harness.writeSettings(settings, rules: rules())
      monitor = try await Monitor.start(harness.plan)
      let isUp = try await harness.waits(for: "keepalived_up{", "webapp1", "} 1", on: monitor)
      let isAsked = try await harness.waits(for: "up{", "job=\"pm2\"", "} 1", on: monitor)
      try #require(isUp && isAsked)
    }

    /// The names of all alerts told, once nobody has come to be told for some time.
    func told() async -> [[String]] {
      _ = await eventually { !hook.payloads.isEmpty }
      // Longer than the hold of the other rule.
      _ = await eventually(within: .seconds(3)) { hook.payloads.count > 1 }
      return hook.payloads.map { $0.alerts.map { $0.labels["alertname"] ?? "" } }
    }

    func close() async {
      await monitor.stop(grace: .seconds(1))
      await hook.stop()
    }
  }

  @Test func `a host that two collectors cannot ask is one alert`() async throws {
    let scene = try await Scene()
    try scene.hosts.remove(Self.address)
    #expect(await scene.told() == [["HostNotAsked"]])
    let summary = scene.hook.payloads.first?.alerts.first?.annotations["summary"]
    #expect(
      summary == "hvsmon cannot ask webapp1 by ssh: what pm2 vrrp_host would tell is unknown."
    )
    await scene.close()
  }

  @Test func `a host that cannot be asked because all of it is down is not told besides`()
    async throws
  {
    let page = try RawServer(
      .readHeader,
      .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    )
    let probe = "http: {url: \"http://127.0.0.1:\(page.port)/\"}"
    let scene = try await Scene(probe)
    let works = try await scene.harness.waits(
      for: "hvsmon_member_working{",
      "webapp1",
      "} 1",
      on: scene.monitor
    )
    try #require(works)
    page.stop()
    try scene.hosts.remove(Self.address)
    let fires = try await scene.harness.waits(
      for: "ALERTS{alertname=\"HostNotAsked\"",
      "firing",
      on: scene.monitor
    )
    #expect(fires)
    #expect(await scene.told().joined().contains("HostNotAsked") == false)
    await scene.close()
  }

  @Test func `another host key is one alarm, and not a host that cannot be asked`() async throws {
    let scene = try await Scene()
    try scene.hosts.changeKey(Self.address)
    #expect(await scene.told() == [["HostKeyChanged"]])
    #expect(scene.hook.payloads.first?.alerts.first?.labels["instance"] == "webapp1")
    await scene.close()
  }

  @Test func `keepalived that was down is unknown, not well, once its host is silent`()
    async throws
  {
    let scene = try await Scene()
    try scene.hosts.answer(Self.address, "processes", "now 900 100\n")
    let isDown = try await scene.harness.waits(
      for: "ALERTS{",
      "VrrpMemberDown",
      "pending",
      on: scene.monitor
    )
    #expect(isDown)
    try scene.hosts.remove(Self.address)
    let isSilent = try await scene.harness.waits(
      for: "hvsmon_collector_partial{",
      "host webapp1",
      on: scene.monitor
    )
    #expect(isSilent)
    _ = await scene.told()
    let text = try await scene.harness.metrics(of: scene.monitor)
    #expect(!text.contains("keepalived_up{"))
    #expect(text.contains("ALERTS{alertname=\"VrrpMemberDown\""))
    await scene.close()
  }
}
