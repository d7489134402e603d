// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.timeLimit(.minutes(1))) struct ProxmoxCollectorTests {
  private var isHere: Bool { ProxmoxFixture.folder != nil }

  @Test func `one poll of a healthy cluster gives everything, with details`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.collector()
    let found = try await collector.collect(poll())
    #expect(found.isUp && found.failure == nil)
    let samples = found.samples
    samples.expectSound()
    #expect(samples.value("pve_up", ["id": "lxc/100"]) == 1)
    #expect(samples.value("hvsmon_pve_quorum_votes_expected") == 3)
    #expect(samples.value("hvsmon_pve_quorum_votes_spare") == 1)
    #expect(samples.value("hvsmon_pve_answering_node_info", ["node": "CoolerHostname"]) == 1)
    for node in ProxmoxStage.names {
      #expect(samples.count("hvsmon_pve_node_load", ["node": node]) == 3, "\(node)")
      #expect(samples.count("hvsmon_pve_service_up", ["node": node]) > 15)
      #expect(
        samples.value("pve_subscription_status", ["id": "node/\(node)", "status": "notfound"]) == 1
      )
    }
    #expect(samples.value("pve_onboot_status", ["id": "lxc/106", "node": "CoolerHostname"]) == 1)
    #expect(samples.value("pve_version_info", ["version": "9.2.11"]) == 1)
    #expect(samples.value("hvsmon_pve_privilege_granted", ["privilege": "VM.Audit"]) == 1)
    #expect(stage.sink.lines.count == 1)
    let unknown = Set(samples.map(\.definition.name)).subtracting(
      ProxmoxCollector.metrics.map(\.name)
    )
    #expect(unknown.isSubset(of: ["hvsmon_collector_partial"]))
    print("Proxmox: \(samples.count) samples of a poll with details")
    await stage.stop()
  }

  @Test func `details keep their own pace`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.collector()
    let start: Int64 = 1_795_508_100
    func asked(_ path: String) -> Int { stage.paths.count { $0 == path } }
    for second in stride(from: Int64(0), through: 120, by: 10) {
      let samples = try await collector.collect(poll(at: start + second)).samples
      #expect(samples.count("hvsmon_pve_node_load") == 9)
    }
    #expect(asked("/cluster/resources") == 13 && asked("/cluster/status") == 13)
    #expect(asked("/nodes/CoolerHostname/status") == 3)
    #expect(asked("/nodes/CoolerHostname/services") == 2)
    #expect(asked("/nodes/CoolerHostname/storage") == 1)
    #expect(asked("/nodes/CoolerHostname/lxc/100/config") == 1)
    await stage.stop()
  }

  @Test func `a dead node is not asked, and its details end with a reason`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.collector()
    _ = try await collector.collect(poll())
    await stage.nodes[2].stop()
    for node in stage.nodes.prefix(2) { node.set(scenario: "node3-down-30s") }
    let before = stage.paths.count
    let samples = try await collector.collect(poll(at: 1_795_508_110)).samples
    samples.expectSound()
    // Only the two cheap questions: nothing is due, and the dead node is left alone.
    #expect(stage.paths.count - before == 2)
    #expect(samples.count("hvsmon_pve_node_load", ["node": "CoolerHostname3"]) == 0)
    #expect(samples.count("hvsmon_pve_node_load", ["node": "CoolerHostname2"]) == 3)
    let reason = ["part": "details", "node": "CoolerHostname3", "reason": "node_down"]
    #expect(samples.value("hvsmon_collector_partial", reason) == 1)
    #expect(samples.value("hvsmon_pve_quorum_votes_spare") == 0)
    #expect(samples.value("pve_guest_info", ["id": "lxc/102", "name": "nginx3"]) == 1)
    for node in stage.nodes.prefix(2) { node.set(scenario: "node3-down-6min") }
    let later = try await collector.collect(poll(at: 1_795_508_500)).samples
    let living = stage.nodes.prefix(2).map(\.paths)
    #expect(!living.contains { $0.contains { $0.contains("CoolerHostname3") } })
    // The name outlives the row's.
    #expect(later.value("pve_guest_info", ["id": "lxc/102", "name": "nginx3"]) == 1)
    await stage.stop()
  }

  @Test func `the node that answers may die between polls without a blank`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.collector(parts: [])
    let first = try await collector.collect(poll()).samples
    await stage.nodes[0].stop()
    let second = try await collector.collect(poll(at: 1_795_508_110, timeout: .seconds(4))).samples
    #expect(second.count == first.count)
    #expect(second.value("hvsmon_pve_answering_node_info", ["node": "CoolerHostname2"]) == 1)
    await stage.stop()
  }

  @Test func `a part that fails is named, and the rest is kept`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    for node in stage.nodes {
      node.set(faults: [
        .answer("/services", status: 403), .answer("/cluster/ha", status: 501),
        .answer("CoolerHostname2/rrddata", status: 596), .answer("/cluster/status", status: 403),
      ])
    }
    let collector = stage.collector()
    let samples = try await collector.collect(poll()).samples
    samples.expectSound()
    func partial(_ part: String, _ node: String? = nil) -> [String] {
      samples.filter {
        $0.definition == IngestMetrics.collectorPartial && $0.labels["part"] == part
          && (node == nil || $0.labels["node"] == node)
      }.compactMap { $0.labels["reason"] }
    }
    #expect(partial("services", "CoolerHostname") == ["forbidden"])
    #expect(partial("history", "CoolerHostname2") == ["node_unreachable"])
    #expect(partial("history", "CoolerHostname").isEmpty)
    // What the release does not know is no fault.
    #expect(partial("ha").isEmpty)
    #expect(partial("cluster_status") == ["forbidden"])
    #expect(samples.value("pve_up", ["id": "lxc/100"]) == 1)
    #expect(samples.count("pve_up", ["id": "node/CoolerHostname"]) == 0)
    #expect(samples.count("hvsmon_pve_quorum_votes_spare") == 0)
    #expect(samples.count("hvsmon_pve_storage_active") > 0)
    await stage.stop()
  }

  @Test func `a refused token is asked again ever more seldom`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.collector(stage.client(secret: "wrong"))
    for second in [0, 1, 2, 14] as [Int64] {
      await #expect(throws: CollectionError.self) {
        try await collector.collect(poll(at: 1_795_508_100 + second))
      }
    }
    #expect(stage.paths.count == 2)
    await #expect(throws: CollectionError.self) {
      try await collector.collect(poll(at: 1_795_508_116))
    }
    #expect(stage.paths.count == 4)
    await #expect(throws: CollectionError.self) {
      try await collector.collect(poll(at: 1_795_508_140))
    }
    #expect(stage.paths.count == 4)
    await stage.stop()
  }

  @Test func `a cluster of which no node answers fails with the reason`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.collector()
    for node in stage.nodes { await node.stop() }
    do {
      _ = try await collector.collect(poll())
      Issue.record("it answered")
    } catch {
      #expect(error.kind == "refused")
    }
    await stage.stop()
  }

  @Test func `a slow detail does not hold up the poll`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    for node in stage.nodes { node.set(faults: [.silence("/storage")]) }
    let collector = ProxmoxCollector(
      client: stage.client(),
      logger: .init(area: "test", sink: stage.sink),
      detailPatience: .milliseconds(50)
    )
    let clock = ContinuousClock()
    let start = clock.now
    let samples = try await collector.collect(poll()).samples
    #expect(samples.value("pve_up", ["id": "lxc/100"]) == 1)
    #expect(clock.now - start < .seconds(20))
    #expect(samples.count("hvsmon_pve_storage_active") == 0)
    await stage.stop()
  }
}

@Suite struct ProxmoxSettingsTests {
  private func declare(_ proxmox: String, nodes: String = "[{name: a, address: 10.0.0.1}]")
    -> DeclaredTargets
  {
    DeclaredTargets(
      ProxmoxCollector.self,
      "architecture: {nodes: \(nodes)}\nproxmox: \(proxmox)",
      http: HTTPClient(userAgent: "test")
    )
  }

  private let secret = "token_id: u@pve!t, token_secret: s3cret-text"

  @Test func `one target of job pve asks all nodes, and one for each node asks it itself`() {
    let declared = declare(
      "{\(secret), ca_file: /ca.pem, interval: 20s}",
      nodes: "[{name: a, address: 10.0.0.1}, {name: b, address: \"fd00::2\"}]"
    )
    #expect(declared.faults == [])
    #expect(declared.targets.map(\.key) == ["pve//proxmox", "pve_node//a", "pve_node//b"])
    #expect(declared.targets.map(\.poll.interval) == [.seconds(20), .seconds(20), .seconds(20)])
    #expect(
      declared.targets.last?.labels
        == LabelSet(["job": "pve_node", "instance": "b", "node": "b"])
    )
  }

  @Test func `without the section there is no target and no fault`() {
    let declared = DeclaredTargets(
      ProxmoxCollector.self,
      "architecture: {nodes: [{name: a, address: 10.0.0.1}]}",
      http: HTTPClient(userAgent: "test")
    )
    #expect(declared.targets.isEmpty && declared.faults == [])
  }

  @Test(arguments: [
    ("{token_secret: s3cret-text}", "proxmox.token_id: is required"),
    ("{token_id: u@pve!t}", "proxmox.token_secret: is required"),
    ("{token_id: u@pve, token_secret: s3cret-text}", "proxmox.token_id: must have the form"),
    ("{token_id: \"!t\", token_secret: s3cret-text}", "proxmox.token_id: must have the form"),
    ("{token_id: u@pve!t, token_secret: s3cret-text, port: 0}", "proxmox.port: must be"),
    ("{token_id: u@pve!t, token_secret: s3cret-text, fingerprint: ab}", "64 hexadecimal digits"),
    (
      "{token_id: u@pve!t, token_secret: s3cret-text, fingerprints: {b: ab}}",
      "there is no node \"b\""
    ),
    (
      "{token_id: u@pve!t, token_secret: s3cret-text, fingerprints: {a: ab}}",
      "64 hexadecimal digits"
    ),
    ("{token_id: u@pve!t, token_secret: s3cret-text, verify: false}", "not a key hvsmon knows"),
  ])
  func `faults are named and no secret is repeated`(section: String, expected: String) {
    let faults = declare(section).faults
    #expect(faults.count == 1 && faults.first?.contains(expected) == true, "\(faults)")
    #expect(!faults.contains { $0.contains("s3cret-text") })
  }

  @Test func `without nodes nobody can be asked`() {
    let declared = declare("{\(secret)}", nodes: "[]")
    #expect(declared.targets.isEmpty)
    #expect(declared.faults.first?.contains("wants architecture.nodes") == true)
  }
}
