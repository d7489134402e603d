// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import Polling
import Simulator
import TestSupport
import Testing

@testable import Daemon

/// The whole monitor, with the rules that ship, over a simulated cluster in which something fails.
@Suite struct CauseTests {
  /// A cluster, a monitor of it and a place for its messages.
  private struct Scene {
    let cluster: SimulatedCluster
    let harness: MonitorHarness
    let hook: WebhookSink
    let monitor: Monitor

    init(_ more: String = "") async throws {
      cluster = try SimulatedCluster(seed: 7, clock: SystemClock())
      harness = try MonitorHarness()
      hook = try WebhookSink()
      let sections = try Self.sections(cluster, harness, hook) + "\n\(more)"
      try harness.writeSettings(sections, rules: Self.shipped())
      monitor = try await Monitor.start(harness.plan)
    }

    /// Waits until everything was polled and the slower questions have answers.
    func settles() async throws {
      let nodes = try await harness.waits(
        for: "hvsmon_node_up{",
        "CoolerHostname3",
        " 1",
        on: monitor
      )
      let site = try await harness.waits(for: "hvsmon_entry_working{", " 1", on: monitor)
      let tiers = try await harness.waits(
        for: "hvsmon_tier_state{",
        "state=\"working\"",
        "database",
        " 1",
        on: monitor
      )
      let primary = try await harness.waits(for: "hvsmon_mongodb_set_primaries{", " 1", on: monitor)
      #expect(nodes && site && tiers && primary)
    }

    func close() async {
      await monitor.stop(grace: .seconds(1))
      await cluster.stop()
      await hook.stop()
    }

    /// Each message as its status and the names of its alerts.
    var told: [String] {
      hook.payloads.map { payload in
        let names = payload.alerts.map { $0.labels["alertname"] ?? "" }
        return "\(payload.status) \(names.joined(separator: " "))"
      }
    }

    private static func shipped() throws -> String {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
      return String(
        decoding: try Data(contentsOf: root.appending(path: "alerts.yml")),
        as: UTF8.self
      )
    }

    /// The architecture and the whereabouts of the cluster.
    private static func sections(
      _ cluster: SimulatedCluster,
      _ harness: MonitorHarness,
      _ hook: WebhookSink
    ) throws -> String {
      _ = try harness.folder.write("ca.pem", cluster.certificates.authority.pem)
      _ = try harness.folder.write("mongodb-password", cluster.databases.user.password)
      func members(_ guests: [ClusterPlan.Guest]) -> String {
        guests.map {
          "{guest: \($0.vmID), name: \($0.name), address: \($0.address), node: \($0.home)}"
        }.joined(separator: ", ")
      }
      let plan = cluster.plan
      let nodes = plan.nodes.map { "{name: \($0.name), address: \($0.address)}" }
      let databases = plan.guests.filter { $0.role == .database }
      return """
        architecture:
          nodes: [\(nodes.joined(separator: ", "))]
          tiers:
            - name: load-balancer
              members: [\(members(plan.loadBalancers.map(\.guest)))]
              nginx: {status: "http://{address}:\(cluster.loadBalancers[0].port)/nginx_status"}
              vrrp:
                {instance: VI_1, router_id: 51, address: \(plan.virtualAddress), sources: [proxmox]}
            - name: app
              depends_on: [database]
              members: [\(members(plan.apps))]
              http: {url: "http://{address}:\(cluster.apps[0].port)/"}
            - name: database
              needs: majority
              members: [\(members(databases))]
              mongodb:
                # A login is work: on a machine with much to do it takes its time.
                {replica_set: rs0, port: \(cluster.databases.port), interval: 3s, timeout: 3s}
          entry:
            - name: site
              url: "http://\(cluster.site.address):\(cluster.site.port)/"
              tiers: [load-balancer, app, database]
        proxmox:
          token_id: "\(cluster.token.id)"
          token_secret: "\(cluster.token.secret)"
          ca_file: "\(harness.folder.file("ca.pem"))"
          port: \(cluster.nodes[0].port)
        mongodb:
          username: \(cluster.databases.user.name)
          password_file: "\(harness.folder.file("mongodb-password"))"
        notifications:
          route: {receiver: hook, group_by: [alertname, tier]}
          receivers: [{name: hook, webhook: [{url: "\(hook.url)"}]}]
        """
    }
  }

  @Test func `a node that dies is one message within five seconds, and its return another`()
    async throws
  {
    let scene = try await Scene()
    try await scene.settles()
    #expect(scene.told == [])
    let began = ContinuousClock().now
    await scene.cluster.apply(.begin(.nodeDown("CoolerHostname2")))
    _ = await eventually { !scene.told.isEmpty }
    let message = try #require(scene.hook.messages.first)
    #expect(message.time - began < .seconds(5))
    let alert = try #require(message.payload.alerts.first)
    #expect(alert.labels["node"] == "CoolerHostname2")
    #expect(alert.annotations["summary"] == "CoolerHostname2 is down.")
    #expect(alert.annotations["held_back"] == "nginx2, mongo2, webapp2 are held back")
    #expect(alert.annotations["evidence"]?.contains("no answer from its API") == true)
    #expect(alert.annotations["situation"]?.contains("site works") == true)
    // The consequences have fired by then, and are quiet.
    let fires = try await scene.harness.waits(
      for: "ALERTS{",
      "MemberProbeFailed",
      "webapp2",
      on: scene.monitor
    )
    #expect(fires)
    let explained = try await scene.harness.get("/api/hvsmon/v1/explain", of: scene.monitor).text
    #expect(explained.contains("\"standing\":\"held\",\"cause\":{\"alertname\":\"NodeDown\""))
    await scene.cluster.apply(.end(.nodeDown("CoolerHostname2")))
    _ = await eventually(within: .seconds(20)) {
      await scene.cluster.settle()
      return scene.told.count > 1
    }
    #expect(scene.told == ["firing NodeDown", "resolved NodeDown"])
    let isWhole = try await eventually {
      // Guests start a little after their node.
      await scene.cluster.settle()
      return try await scene.harness.metrics(of: scene.monitor).contains(
        "hvsmon_tier_state{cluster=\"test\",state=\"working\",tier=\"load-balancer\"} 1"
      )
    }
    #expect(isWhole)
    await scene.close()
    #expect(scene.told == ["firing NodeDown", "resolved NodeDown"])
  }

  @Test func `a process that dies on a node that answers is told by itself`() async throws {
    let scene = try await Scene()
    try await scene.settles()
    let began = ContinuousClock().now
    await scene.cluster.apply(.begin(.processDown(101)))
    _ = await eventually { !scene.told.isEmpty }
    let message = try #require(scene.hook.messages.first)
    #expect(message.time - began < .seconds(4))
    #expect(message.payload.alerts.map { $0.labels["instance"] } == ["nginx2"])
    await scene.close()
    #expect(scene.told == ["firing NginxDown"])
  }

  @Test func `a primary that dies is one message, and a set that elects is not down`() async throws
  {
    let scene = try await Scene()
    try await scene.settles()
    await scene.cluster.apply(.begin(.primaryDown))
    _ = await eventually { !scene.told.isEmpty }
    let alert = try #require(scene.hook.payloads.first?.alerts.first)
    #expect(alert.labels["instance"] == "mongo1")
    let elected = try await eventually(within: .seconds(20)) {
      await scene.cluster.settle()
      return try await scene.harness.metrics(of: scene.monitor).contains(
        "hvsmon_mongodb_set_elections_total{cluster=\"test\",instance=\"rs0\",job=\"mongodb_set\","
          + "tier=\"database\"} 1"
      )
    }
    #expect(elected)
    await scene.close()
    #expect(scene.told.filter { $0.contains("MongoMemberDown") } == ["firing MongoMemberDown"])
    #expect(!scene.told.contains { $0.contains("TierDown") || $0.contains("NoPrimary") })
  }

  @Test func `a guest that is shut down is told as such, not as the service that it holds`()
    async throws
  {
    let scene = try await Scene()
    try await scene.settles()
    await scene.cluster.apply(.begin(.guestStopped(107)))
    _ = await eventually { !scene.told.isEmpty }
    let alert = try #require(scene.hook.payloads.first?.alerts.first)
    #expect(alert.labels["name"] == "webapp2")
    await scene.cluster.apply(.end(.guestStopped(107)))
    _ = await eventually(within: .seconds(20)) {
      await scene.cluster.settle()
      return scene.told.count > 1
    }
    await scene.close()
    #expect(scene.told == ["firing GuestDown", "resolved GuestDown"])
  }

  @Test func `two dead nodes wake somebody, who reads that quorum and database are gone`()
    async throws
  {
    let scene = try await Scene()
    try await scene.settles()
    await scene.cluster.apply(.begin(.nodeDown("CoolerHostname2")))
    _ = await eventually { !scene.told.isEmpty }
    await scene.cluster.apply(.begin(.nodeDown("CoolerHostname3")))
    _ = await eventually { scene.hook.payloads.contains { "\($0)".contains("QuorumLost") } }
    let alerts = scene.hook.payloads.flatMap(\.alerts)
    let second = alerts.last { $0.labels["alertname"] == "NodeDown" }
    #expect(second?.annotations["severity"] == "page")
    let names = Set(alerts.compactMap { $0.labels["alertname"] })
    #expect(names.isSubset(of: ["NodeDown", "QuorumLost", "TierDown", "SiteDown"]), "\(names)")
    await scene.close()
  }

  @Test func `a monitor that reaches nothing any more says just that`() async throws {
    let scene = try await Scene()
    try await scene.settles()
    await scene.cluster.stop()
    _ = await eventually { !scene.told.isEmpty }
    // The site's own alert has fired by then, and is quiet.
    let fires = try await scene.harness.waits(for: "ALERTS{", "SiteDown", on: scene.monitor)
    #expect(fires)
    await scene.close()
    #expect(scene.told == ["firing MonitorCutOff"])
  }

  @Test func `a monitor whose witnesses are silent too says only that it is cut off`() async throws
  {
    let scene = try await Scene("monitor: {witnesses: [\"tcp://255.255.255.255:443\"]}")
    try await scene.settles()
    let isIsolated = try await scene.harness.waits(
      for: "hvsmon_monitor_isolated{",
      " 1",
      on: scene.monitor
    )
    // As long as the cluster answers that is no reason to doubt the way to it.
    #expect(isIsolated && scene.told.isEmpty)
    await scene.cluster.stop()
    _ = await eventually { !scene.told.isEmpty }
    let evidence = scene.hook.payloads.first?.alerts.first?.annotations["evidence"]
    #expect(evidence == "neither the gateway nor a witness answers hvsmon")
    await scene.close()
    #expect(scene.told == ["firing MonitorCutOff"])
  }

  @Test func `a cluster that is silent while witnesses answer is told as down`() async throws {
    let witness = try RawServer(.readHeader)
    defer { witness.stop() }
    let scene = try await Scene("monitor: {gateway: \"tcp://127.0.0.1:\(witness.port)\"}")
    try await scene.settles()
    await scene.cluster.stop()
    _ = await eventually(within: .seconds(20)) { !scene.told.isEmpty }
    await scene.close()
    #expect(!scene.told.isEmpty && !scene.told.contains { $0.contains("MonitorCutOff") })
  }
}
