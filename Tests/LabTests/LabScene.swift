// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import Synchronization
import TestSupport
import Testing

/// A lab in which all is well, hvsmon with the rules that ship, and a place for its messages.
final class LabScene: Sendable {
  let hook: WebhookSink
  let probe: FloatingProbe
  /// How the load balancers advertise, and what of it hvsmon is told to watch.
  enum Form {
    /// Version 2, to all routers, with a password.
    case standard
    /// Version 3, of the address of IPv6.
    case sixth
    /// Version 3 over IPv4, to the other load balancers and the monitor alone.
    case unicast
  }

  /// Rules whose holds are minutes, and the hold that they have here: that a hold is kept is proven
  /// elsewhere.
  private static let shortHolds = [
    "HostNotAsked": "5s", "NginxConfigurationsDiffer": "5s", "VrrpFault": "5s",
    "VrrpMemberDown": "5s",
  ]
  private let monitor: ChildProcess
  private let acted = Mutex<ContinuousClock.Instant?>(nil)
  private let folder: TemporaryFolder
  private let client: HTTPClient
  private static let port = 9_820

  init(_ form: Form = .standard) async throws {
    try await Lab.act("heal")
    if form == .unicast { try await Self.advertiseAlone() }
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
    let rules = try folder.write("alerts.yml", Self.rules())
    let config = try folder.write(
      "hvsmon.yml",
      Self.settings(form, storage: folder.file("hvsmon.sqlite"), rules: rules, hook: hook.url)
    )
    monitor = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["serve", "--config", config]
    )
    let isReady = await eventually(within: .seconds(40)) {
      let isOne = await self.shows("hvsmon_vrrp_verdict{", "state=\"one\"", "} 1")
      let isHeard = await self.shows("hvsmon_vrrp_master{", "lb100", "advertisements", "} 1")
      let isAnswered = await self.shows("hvsmon_vrrp_witness_up{", "\"probe\"", "} 1")
      // Whose network card an address of IPv6 has is not looked up.
      let isPlaced = await self.shows("hvsmon_vrrp_master{", "lb100", "probe", "} 1")
      let isProbed = isAnswered && (isPlaced || form == .sixth)
      let isReached = await self.shows("hvsmon_entry_working{", "} 1")
      let areAsked = await self.areHostsAsked
      let isHashed = await self.isStickyAsHashed
      return isOne && isHeard && isProbed && isReached && areAsked && isHashed
    }
    try #require(isReady, "\(monitor.errorOutput)")
    try #require(told == [])
  }

  /// Has the load balancers send their advertisements of IPv4 to each other and the monitor only.
  private static func advertiseAlone() async throws {
    for host in Lab.balancers {
      let own = host.dropFirst(2)
      let peers = (["50"] + Lab.balancers.map { $0.dropFirst(2) }.map(String.init))
        .filter { $0 != own }.map { "    192.168.30.\($0)\\n" }.joined()
      let changes =
        "s/^  advert_int 1$/  version 3\\n  advert_int 0.5\\n  unicast_src_ip 192.168.30.\(own)\\n"
        + "  unicast_peer {\\n\(peers)  }/; /authentication {/,/}/d"
      try await Lab.act("keepalived-edit", [host, changes])
    }
  }

  /// What of the section `vrrp` depends on the form.
  private static func router(_ form: Form) -> String {
    switch form {
    case .standard:
      "instance: VI_1, router_id: 51, address: \(Lab.floating)"
    case .sixth:
      "instance: VI_6, router_id: 52, address: \"fd00:30::200\", advert_interval: 500ms"
    case .unicast:
      "instance: VI_1, router_id: 51, address: \(Lab.floating), advert_interval: 500ms"
    }
  }

  /// The lab as it is meant to be.
  private static func settings(
    _ form: Form,
    storage: String,
    rules: String,
    hook: String
  ) -> String {
    """
    cluster: {name: lab}
    architecture:
      tiers:
        - name: load-balancer
          members:
            - {name: lb100, address: 192.168.30.100, vrrp_priority: 101}
            - {name: lb101, address: 192.168.30.101, vrrp_priority: 100}
            - {name: lb102, address: 192.168.30.102, vrrp_priority: 99}
          vrrp: {\(router(form)), interface: eth0, sources: [advertisements, probe, ssh]}
          nginx:
            status: "http://{address}/nginx_status"
            interval: 2s
            sticky: {url: "http://\(Lab.floating)/", interval: 2s}
            expect:
              upstream: app
              balancing: ip_hash
              max_fails: 2
              fail_timeout: 5s
              rate_limit: {zone: perip, rate: 20r/s, burst: 100, nodelay: true}
        - name: app
          members:
            - {name: app106, address: 192.168.30.106}
            - {name: app107, address: 192.168.30.107}
            - {name: app108, address: 192.168.30.108}
          http: {url: "http://{address}:3000/"}
      entry:
        - {name: site, url: "http://\(Lab.floating)/", tiers: [load-balancer, app]}
    ssh:
      user: root
      identity_file: \(Lab.folder)/identity
      known_hosts_file: \(Lab.folder)/known_hosts
    storage: {path: \(storage)}
    http: {listen: "127.0.0.1:\(Self.port)"}
    rules: [\(rules)]
    notifications:
      route: {receiver: hook, group_by: [alertname, tier], group_wait: 250ms}
      receivers: [{name: hook, webhook: [{url: "\(hook)"}]}]
    """
  }

  /// The rules that ship, with the short holds.
  private static func rules() throws -> String {
    var lines = try String(contentsOfFile: "\(Lab.root)/alerts.yml", encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (name, hold) in shortHolds {
      let start = try #require(lines.firstIndex { $0.hasSuffix("- alert: \(name)") })
      let place = try #require(lines[start...].firstIndex { $0.hasPrefix("        for: ") })
      lines[place] = "        for: \(hold)"
    }
    return lines.joined(separator: "\n")
  }

  /// All requests through the floating address reach the server that was computed for this host.
  var isStickyAsHashed: Bool {
    get async {
      let isSticky = await shows("hvsmon_nginx_sticky{", "} 1")
      let isHashed = await shows("hvsmon_nginx_sticky_as_hashed{", "} 1")
      // 192.168.30.0/24 belongs to the first of three servers.
      let isServer = await shows("hvsmon_nginx_sticky_server_info{", "192.168.30.106:3000")
      return isSticky && isHashed && isServer
    }
  }

  /// Every load balancer has told by ssh what its keepalived does and how its nginx is configured.
  private var areHostsAsked: Bool {
    get async {
      let lines = await lines
      func shows(_ parts: String...) -> Bool {
        lines.contains { line in parts.allSatisfy { line.contains($0) } }
      }
      return Lab.balancers.allSatisfy { host in
        let name = "instance=\"\(host)\""
        let state = host == "lb100" ? "2" : "1"
        return shows("keepalived_up{", name, "} 1")
          && shows("keepalived_vrrp_state{", name, "} \(state)")
          && shows("hvsmon_vrrp_master{", name, "\"ssh\"", host == "lb100" ? "} 1" : "} 0")
          && shows("hvsmon_nginx_config_differs{", name, "} 0")
      }
    }
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

  /// Waits until an alert of this name fires, whether or not anybody is told.
  func fires(_ alert: String, within limit: Duration) async -> Bool {
    await eventually(within: limit) {
      await shows("ALERTS{", "alertname=\"\(alert)\"", "alertstate=\"firing\"")
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

  /// Does something to a host; how long the first message takes is counted from the end of the first.
  func act(_ action: String, _ words: String...) async throws {
    try await Lab.act(action, words)
    acted.withLock { $0 = $0 ?? ContinuousClock.now }
  }

  /// Waits for the first message, then as long as more could come.
  func messages(within limit: Duration, andFor rest: Duration) async -> [String] {
    _ = await eventually(within: limit) { !told.isEmpty }
    if let first = hook.messages.first, let start = acted.withLock({ $0 }) {
      print("lab: told \(start.duration(to: first.time)) after the fault")
    }
    _ = await eventually(within: rest) { told.count > 1 }
    return told
  }
}
