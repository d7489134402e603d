// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

/// A lab in which all is well, hvsmon with the rules that ship, and a place for its messages.
final class LabScene: Sendable {
  let hook: WebhookSink
  let probe: FloatingProbe
  private let monitor: ChildProcess
  private let folder: TemporaryFolder
  private let client: HTTPClient
  private static let port = 9_820

  init() async throws {
    try await Lab.act("heal")
    let probe = try FloatingProbe()
    self.probe = probe
    let isCalm = await eventually(within: .seconds(20)) {
      let recently = FloatingProbe.now - .milliseconds(2_500)
      return probe.senders(since: recently) == ["192.168.30.100"] && probe.isAnswered
    }
    try #require(isCalm, "lb100 does not become the only master")
    hook = try WebhookSink()
    client = HTTPClient(userAgent: "test")
    folder = try TemporaryFolder()
    let config = try folder.write(
      "hvsmon.yml",
      """
      cluster: {name: lab}
      architecture:
        tiers:
          - name: load-balancer
            members:
              - {name: lb100, address: 192.168.30.100, vrrp_priority: 101}
              - {name: lb101, address: 192.168.30.101, vrrp_priority: 100}
              - {name: lb102, address: 192.168.30.102, vrrp_priority: 99}
            vrrp:
              instance: VI_1
              router_id: 51
              address: \(Lab.floating)
              interface: eth0
              sources: [advertisements, probe]
            nginx: {status: "http://{address}/nginx_status"}
          - name: app
            members:
              - {name: app106, address: 192.168.30.106}
              - {name: app107, address: 192.168.30.107}
              - {name: app108, address: 192.168.30.108}
            http: {url: "http://{address}:3000/"}
        entry:
          - {name: site, url: "http://\(Lab.floating)/", tiers: [load-balancer, app]}
      storage: {path: \(folder.file("hvsmon.sqlite"))}
      http: {listen: "127.0.0.1:\(Self.port)"}
      rules: [\(Lab.root)/alerts.yml]
      notifications:
        route: {receiver: hook, group_by: [alertname, tier], group_wait: 250ms}
        receivers: [{name: hook, webhook: [{url: "\(hook.url)"}]}]
      """
    )
    monitor = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["serve", "--config", config]
    )
    let isReady = await eventually(within: .seconds(20)) {
      let isOne = await self.shows("hvsmon_vrrp_verdict{", "state=\"one\"", "} 1")
      let isHeard = await self.shows("hvsmon_vrrp_master{", "lb100", "advertisements", "} 1")
      let isProbed = await self.shows("hvsmon_vrrp_master{", "lb100", "probe", "} 1")
      let isReached = await self.shows("hvsmon_entry_working{", "} 1")
      return isOne && isHeard && isProbed && isReached
    }
    try #require(isReady, "\(monitor.errorOutput)")
    try #require(told == [])
  }

  func close() async throws {
    probe.stop()
    try await monitor.terminate()
    await hook.stop()
  }

  /// A line of `/metrics` has all of these parts.
  func shows(_ parts: String...) async -> Bool {
    await lines.contains { line in parts.allSatisfy { line.contains($0) } }
  }

  /// The value of the only line of `/metrics` that begins so.
  func value(_ prefix: String) async -> Double? {
    let line = await lines.first { $0.hasPrefix(prefix) }
    return line?.split(separator: " ").last.flatMap { Double($0) }
  }

  private var lines: [Substring] {
    get async {
      do throws(HTTPClientError) {
        let url = "http://127.0.0.1:\(Self.port)/metrics"
        return try await client.send(HTTPRequest(url: url)).text.split(separator: "\n")
      } catch {
        return []
      }
    }
  }

  /// Waits until the verdict is this state.
  func verdict(becomes state: String, within limit: Duration) async -> Bool {
    await eventually(within: limit) {
      await shows("hvsmon_vrrp_verdict{", "state=\"\(state)\"", "} 1")
    }
  }

  /// Each message as its status and the names of its alerts.
  var told: [String] {
    hook.messages.map(\.payload).map { payload in
      let names = payload.alerts.map { $0.labels["alertname"] ?? "" }
      return "\(payload.status) \(names.joined(separator: " "))"
    }
  }

  /// How long after its first advertisement the series told of a new master.
  func delay(ofMaster host: String, since start: Duration) async throws -> Duration {
    let sender = "192.168.30.\(host.dropFirst(2))"
    let isSeen = await eventually(within: .seconds(15)) {
      await shows("hvsmon_vrrp_master{", host, "advertisements", "} 1")
    }
    let seen = FloatingProbe.now
    try #require(isSeen)
    let sent = try #require(probe.firstAdvertisement(of: sender, since: start))
    return seen - sent
  }

  /// Waits for the first message, then as long as more could come.
  func messages(within limit: Duration, andFor rest: Duration) async -> [String] {
    _ = await eventually(within: limit) { !told.isEmpty }
    _ = await eventually(within: rest) { told.count > 1 }
    return told
  }
}
