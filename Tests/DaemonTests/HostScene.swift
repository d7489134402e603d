// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import Polling
import Simulator
import TestSupport

@testable import Daemon

/// A simulated cluster whose hosts are asked by ssh and whose load balancers advertise, a monitor of
/// it with the rules that ship, and a place for its messages.
///
/// There is no entry: whether users notice a floating IP on its way depends on when they look.
struct HostScene {
  let cluster: SimulatedCluster
  let harness: MonitorHarness
  let hook: WebhookSink
  let monitor: Monitor
  /// False where this process may open no raw sockets.
  let isAdvertised: Bool
  private let network: LoopbackNetwork?

  /// Sets everything up; `faults` are there from the beginning.
  init(faults: [Fault] = []) async throws {
    network = LoopbackNetwork()
    let plan = ClusterPlan.sized(nodes: 3, guests: 9, network: network?.number ?? 0)
    cluster = try SimulatedCluster(plan: plan, seed: 7, clock: SystemClock())
    for fault in faults { await cluster.apply(.begin(fault)) }
    isAdvertised = cluster.sendAdvertisements()
    harness = try MonitorHarness()
    hook = try WebhookSink()
    let program = try cluster.openShell(in: harness.folder.path)
    _ = try harness.folder.write("ca.pem", cluster.certificates.authority.pem)
    try harness.writeSettings(
      Self.architecture(cluster, isAdvertised: isAdvertised)
        + Self.access(cluster, ca: harness.folder.file("ca.pem"), program: program)
        + Self.notifications(hook),
      rules: try Self.shipped()
    )
    monitor = try await Monitor.start(harness.plan)
  }

  /// Waits until every host has told everything.
  func settles() async throws -> Bool {
    for name in ["nginx1", "nginx2", "nginx3"] {
      let address = "hvsmon_vrrp_master{"
      let configuration = "hvsmon_nginx_config_valid{"
      guard
        try await harness.waits(for: configuration, name, on: monitor),
        try await harness.waits(for: address, name, "witness=\"ssh\"", on: monitor),
        try await harness.waits(for: address, name, "witness=\"proxmox\"", on: monitor)
      else { return false }
    }
    if isAdvertised {
      let isHeard = try await harness.waits(
        for: "hvsmon_vrrp_master{",
        "nginx1",
        "witness=\"advertisements\"",
        " 1",
        on: monitor
      )
      guard isHeard else { return false }
    }
    for name in ["webapp1", "webapp2", "webapp3"] {
      guard try await harness.waits(for: "hvsmon_pm2_up{", name, " 1", on: monitor) else {
        return false
      }
    }
    let isOne = try await harness.waits(
      for: "hvsmon_vrrp_verdict{",
      "state=\"one\"",
      " 1",
      on: monitor
    )
    let isWhole = try await harness.waits(
      for: "hvsmon_tier_state{",
      "state=\"working\"",
      "database",
      " 1",
      on: monitor
    )
    return isOne && isWhole
  }

  /// Waits for as many messages, while the servers follow the world.
  func waits(forMessages count: Int) async -> Bool {
    await eventually(within: .seconds(30)) {
      await cluster.settle()
      return told.count >= count
    }
  }

  /// Each message as its status and the names of its alerts.
  var told: [String] {
    hook.payloads.map { payload in
      let names = payload.alerts.map { $0.labels["alertname"] ?? "" }
      return "\(payload.status) \(names.joined(separator: " "))"
    }
  }

  func close() async {
    await monitor.stop(grace: .seconds(1))
    await cluster.stop()
    await hook.stop()
  }

  private static func shipped() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return String(decoding: try Data(contentsOf: root.appending(path: "alerts.yml")), as: UTF8.self)
  }

  private static func architecture(_ cluster: SimulatedCluster, isAdvertised: Bool) -> String {
    let plan = cluster.plan
    func members(_ guests: [ClusterPlan.Guest]) -> String {
      guests.map { guest in
        let priority = plan.loadBalancers.first { $0.guest == guest }?.priority
        return "{guest: \(guest.vmID), name: \(guest.name), address: \(guest.address), "
          + "node: \(guest.home)\(priority.map { ", vrrp_priority: \($0)" } ?? "")}"
      }.joined(separator: ", ")
    }
    let nodes = plan.nodes.map { "{name: \($0.name), address: \($0.address)}" }
    let sources = (isAdvertised ? ["advertisements"] : []) + ["ssh", "proxmox"]
    return """
      architecture:
        nodes: [\(nodes.joined(separator: ", "))]
        tiers:
          - name: load-balancer
            members: [\(members(plan.loadBalancers.map(\.guest)))]
            nginx:
              status: "http://{address}:\(cluster.loadBalancers[0].port)/nginx_status"
              expect:
                {upstream: app, balancing: ip_hash, max_fails: 2, fail_timeout: 5s,
                 rate_limit: {zone: mein_limit, rate: 20r/s, burst: 100, nodelay: true}}
            vrrp:
              {instance: VI_1, router_id: \(cluster.routerID), address: \(plan.virtualAddress),
               interface: lo, sources: [\(sources.joined(separator: ", "))]}
          - name: app
            depends_on: [database]
            members: [\(members(plan.apps))]
            http: {url: "http://{address}:\(cluster.apps[0].port)/"}
            pm2: {user: app, processes: [{name: webapp, instances: 1, mode: fork}]}
          - name: database
            needs: majority
            members: [\(members(plan.guests.filter { $0.role == .database }))]

      """
  }

  private static func access(_ cluster: SimulatedCluster, ca: String, program: String) -> String {
    """
    ssh:
      {user: hvsmon, identity_file: /nonexistent, known_hosts_file: /nonexistent,
       program: \(program)}
    proxmox:
      token_id: "\(cluster.token.id)"
      token_secret: "\(cluster.token.secret)"
      ca_file: "\(ca)"
      port: \(cluster.nodes[0].port)

    """
  }

  private static func notifications(_ hook: WebhookSink) -> String {
    """
    notifications:
      route: {receiver: hook, group_by: [alertname, tier]}
      receivers: [{name: hook, webhook: [{url: "\(hook.url)"}]}]
    """
  }
}
