// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite struct ClusterSamplesTests {
  private func samples(_ scenario: String?, names: [String: String] = [:]) throws
    -> [CollectedSample]
  {
    func tree(_ path: String) throws -> JSONTree {
      let bytes = try #require(ProxmoxFixture.reply(path, scenario: scenario))
      return try JSONReader.read(bytes)["data"] ?? .null
    }
    let view = ClusterView(
      status: try tree("cluster/status"),
      resources: try tree("cluster/resources")
    )
    let samples = ClusterSamples(view: view, names: names).all()
    samples.expectSound()
    return samples
  }

  private var isHere: Bool { ProxmoxFixture.folder != nil }

  @Test func `a healthy cluster has the exporter's series`() throws {
    guard isHere else { return }
    let found = try samples(nil)
    for id in (100...108).map({ "lxc/\($0)" }) {
      #expect(found.value("pve_up", ["id": id]) == 1)
      #expect(found.value("hvsmon_pve_guest_state", ["id": id, "state": "running"]) == 1)
      #expect(found.count("pve_lock_state", ["id": id]) == 9)
      #expect(found.count("pve_ha_state", ["id": id]) == 11)
    }
    #expect(found.value("pve_up", ["id": "cluster/cooler"]) == 1)
    #expect(found.count("pve_up") == 9 + 9 + 3 + 1)
    #expect(found.value("pve_cpu_usage_ratio", ["id": "lxc/100"]) == 0.0204930133024447)
    #expect(found.value("pve_memory_size_bytes", ["id": "lxc/103"]) == 4_294_967_296)
    #expect(found.value("pve_network_receive_bytes_total", ["id": "lxc/100"]) == 80_705_844_993)
    #expect(
      found.value(
        "pve_guest_info",
        [
          "id": "lxc/100", "name": "nginx1", "node": "CoolerHostname", "tags": "lb;prod",
          "template": "0", "type": "lxc",
        ]
      ) == 1
    )
    #expect(
      found.value(
        "pve_storage_info",
        [
          "id": "storage/CoolerHostname/local", "content": "import,iso,vztmpl", "plugintype": "dir",
        ]
      ) == 1
    )
    #expect(
      found.value("pve_node_info", ["id": "node/CoolerHostname", "nodeid": "1"]) == 1
        && found.value("pve_cluster_info", ["nodes": "3", "version": "3", "quorate": "1"]) == 1
    )
    #expect(found.value("pve_storage_shared", ["id": "storage/CoolerHostname/nas-backup"]) == 1)
    #expect(found.count("hvsmon_collector_partial") == 0)
  }

  @Test(arguments: ["node3-down-30s", "node3-down-6min"])
  func `guests of a dead node are unknown at once, not running`(scenario: String) throws {
    guard isHere else { return }
    let found = try samples(scenario, names: ["lxc/102": "nginx3"])
    for id in ["lxc/102", "lxc/105", "lxc/108"] {
      #expect(found.value("pve_up", ["id": id]) == nil)
      #expect(found.value("pve_cpu_usage_ratio", ["id": id]) == nil)
      #expect(found.value("hvsmon_pve_guest_state", ["id": id, "state": "unknown"]) == 1)
      #expect(found.value("hvsmon_pve_guest_state", ["id": id, "state": "running"]) == 0)
    }
    #expect(found.value("pve_guest_info", ["id": "lxc/102", "name": "nginx3"]) == 1)
    #expect(found.value("pve_up", ["id": "node/CoolerHostname3"]) == 0)
    #expect(found.value("pve_up", ["id": "storage/CoolerHostname3/local"]) == nil)
    #expect(found.value("pve_up", ["id": "lxc/100"]) == 1)
    #expect(
      found.value("hvsmon_pve_node_state", ["node": "CoolerHostname3", "state": "offline"]) == 1
    )
    let reason = ["part": "guests", "node": "CoolerHostname3", "reason": "node_down"]
    #expect(found.value("hvsmon_collector_partial", reason) == 1)
    #expect(found.count("hvsmon_collector_partial") == 1)
  }

  @Test func `a member whose figures ended is unknown, and so are its guests`() throws {
    guard isHere else { return }
    let found = try samples("pvestatd-hung-node2")
    let node = "CoolerHostname2"
    #expect(found.value("pve_up", ["id": "node/\(node)"]) == 1)
    #expect(found.value("hvsmon_pve_node_state", ["node": node, "state": "unknown"]) == 1)
    #expect(found.value("hvsmon_pve_guest_state", ["id": "lxc/101", "state": "unknown"]) == 1)
    #expect(found.value("pve_up", ["id": "lxc/101"]) == nil)
    #expect(found.value("pve_up", ["id": "storage/\(node)/local"]) == nil)
    #expect(found.value("hvsmon_collector_partial", ["node": node, "reason": "no_figures"]) == 1)
  }

  @Test func `without quorum the other side is offline and unknown`() throws {
    guard isHere else { return }
    let found = try samples("no-quorum")
    #expect(found.value("pve_up", ["id": "cluster/cooler"]) == 0)
    #expect(found.value("pve_cluster_info", ["quorate": "0"]) == 1)
    #expect(found.count("hvsmon_pve_guest_state", ["state": "unknown"]) == 9)
    #expect(
      found.filter { $0.definition.name == "hvsmon_pve_guest_state" && $0.value == 1 }
        .count { $0.labels["state"] == "unknown" } == 6
    )
    #expect(found.value("pve_up", ["id": "lxc/100"]) == 1)
  }

  @Test func `single guests show what happened to them`() throws {
    guard isHere else { return }
    let stopped = try samples("webapp1-stopped")
    #expect(stopped.value("pve_up", ["id": "lxc/106"]) == 0)
    #expect(stopped.value("hvsmon_pve_guest_state", ["id": "lxc/106", "state": "stopped"]) == 1)
    let restarted = try samples("webapp2-restarted")
    #expect(restarted.value("pve_uptime_seconds", ["id": "lxc/107"]) == 42)
    let before = try samples(nil)
    for metric in ["network_receive_bytes", "network_transmit_bytes", "disk_read_bytes"] {
      let name = "pve_\(metric)_total"
      let (old, new) = (
        before.value(name, ["id": "lxc/107"]), restarted.value(name, ["id": "lxc/107"])
      )
      #expect(try #require(new) < #require(old), "\(name)")
    }
    let migrated = try samples("webapp3-migrated")
    #expect(migrated.value("pve_guest_info", ["id": "lxc/108", "node": "CoolerHostname"]) == 1)
    #expect(migrated.count("pve_guest_info", ["id": "lxc/108"]) == 1)
    let locked = try samples("backup-running")
    #expect(locked.value("pve_lock_state", ["id": "lxc/103", "state": "backup"]) == 1)
    #expect(locked.value("pve_up", ["id": "lxc/103"]) == 1)
    let nas = try samples("nas-offline-node2")
    #expect(nas.value("pve_up", ["id": "storage/CoolerHostname2/nas-backup"]) == 0)
    #expect(nas.value("pve_up", ["id": "storage/CoolerHostname/nas-backup"]) == 1)
    let zero = try samples("cpu-zero-first-sample")
    #expect(zero.value("pve_cpu_usage_ratio", ["id": "lxc/100"]) == 0)
  }

  @Test func `states of the HA manager are told`() throws {
    guard isHere else { return }
    let found = try samples("ha-enabled")
    let rows = try ProxmoxFixture.data("scenarios/ha-enabled/cluster-resources.json").items
    var managed = 0
    for row in rows {
      guard let id = row["id"]?.string, let state = row["hastate"]?.string else { continue }
      managed += 1
      #expect(found.value("pve_ha_state", ["id": id, "state": state]) == 1, "\(id)")
    }
    #expect(managed > 0)
    #expect(found.count { $0.definition.name == "pve_ha_state" && $0.value == 1 } == managed)
  }

  @Test(arguments: ["pve7", "pve8"])
  func `older releases are read`(release: String) throws {
    guard isHere else { return }
    let status = try ProxmoxFixture.data("base/cluster-status.json")
    let rows = try ProxmoxFixture.data("older/\(release)/cluster-resources.json")
    let found = ClusterSamples(view: ClusterView(status: status, resources: rows), names: [:]).all()
    found.expectSound()
    #expect(found.value("pve_up", ["id": "lxc/100"]) == 1)
    #expect(found.value("pve_up", ["id": "node/CoolerHostname"]) == 1)
  }

  @Test func `without rights nothing reads as healthy that could not be seen`() throws {
    guard isHere else { return }
    let rows = try ProxmoxFixture.data("permissions/token-without-acl/cluster-resources.json")
    let found = ClusterSamples(view: ClusterView(status: nil, resources: rows), names: [:]).all()
    found.expectSound()
    #expect(found.count("pve_up") == 0 && found.count("pve_guest_info") == 0)
    #expect(found.count("pve_cpu_usage_ratio") == 0)
  }

  /// What takes a field's place: nothing, null, or its value as another type.
  private enum Damage: CaseIterable { case removed, null, text, fraction, list, negative }

  private static func damaged(_ value: JSONTree, _ damage: Damage) -> JSONTree? {
    switch damage {
    case .removed: nil
    case .null: .null
    case .text: value.double.map { .text($0.description) } ?? .integer(7)
    case .fraction: value.double.map { .number($0 + 0.5) } ?? .flag(true)
    case .list: .list([value])
    case .negative: .integer(.min)
    }
  }

  @Test func `each field removed, nulled or retyped still gives the rest`() throws {
    guard isHere else { return }
    let rows = try ProxmoxFixture.data("base/cluster-resources.json").items
    let status = try ProxmoxFixture.data("base/cluster-status.json").items
    let whole = ClusterSamples(
      view: ClusterView(status: .list(status), resources: .list(rows)),
      names: [:]
    ).all().count
    // One row of each kind stands for all.
    for (index, row) in rows.enumerated() where [0, 9, 12].contains(index) {
      for member in row.members {
        for damage in Damage.allCases {
          let members = row.members.compactMap { other -> JSONTree.Member? in
            guard other.name == member.name else { return other }
            return Self.damaged(other.value, damage).map { JSONTree.Member(other.name, $0) }
          }
          var changed = rows
          changed[index] = .object(members)
          let view = ClusterView(status: .list(status), resources: .list(changed))
          let found = ClusterSamples(view: view, names: [:]).all()
          found.expectSound()
          // At most everything about this one row is gone.
          #expect(found.count > whole - 50, "\(member.name) \(damage)")
          #expect(found.value("pve_up", ["id": "lxc/104"]) == 1)
          if member.name == "cpu" && index == 0 {
            #expect(found.value("pve_memory_usage_bytes", ["id": "lxc/100"]) == 114_233_344)
          }
        }
      }
    }
    for (index, row) in status.enumerated() {
      for member in row.members {
        for damage in Damage.allCases {
          let members = row.members.compactMap { other -> JSONTree.Member? in
            guard other.name == member.name else { return other }
            return Self.damaged(other.value, damage).map { JSONTree.Member(other.name, $0) }
          }
          var changed = status
          changed[index] = .object(members)
          let view = ClusterView(status: .list(changed), resources: .list(rows))
          let found = ClusterSamples(view: view, names: [:]).all()
          found.expectSound()
          #expect(found.count("pve_guest_info") == 9, "\(member.name) \(damage)")
        }
      }
    }
  }

  @Test func `a thousand guests fit into one poll`() {
    let rows = (0..<1_000).map { number in
      JSONTree.object([
        .init("id", .text("lxc/\(number)")), .init("type", .text("lxc")),
        .init("node", .text("n\(number % 32)")), .init("status", .text("running")),
        .init("name", .text("g\(number)")), .init("cpu", .number(0.1)), .init("mem", .integer(1)),
        .init("maxcpu", .integer(2)), .init("maxmem", .integer(2)), .init("disk", .integer(1)),
        .init("maxdisk", .integer(2)), .init("uptime", .integer(9)), .init("netin", .integer(1)),
        .init("netout", .integer(1)), .init("diskread", .integer(1)),
        .init("diskwrite", .integer(1)), .init("lock", .text("backup")),
      ])
    }
    let nodes = (0..<32).map { number in
      JSONTree.object([
        .init("type", .text("node")), .init("name", .text("n\(number)")),
        .init("online", .integer(1)),
      ])
    }
    let clock = ContinuousClock()
    var found: [CollectedSample] = []
    let took = clock.measure {
      let view = ClusterView(status: .list(nodes), resources: .list(rows))
      found = ClusterSamples(view: view, names: [:]).all()
    }
    print("1,000 guests: \(found.count) samples in \(took)")
    #expect(found.count < Ingest.samplesPerPollMax)
    #expect(found.count("pve_up") == 1_032 && found.count("pve_lock_state") == 1_000)
  }

  @Test func `random trees never trap`() {
    var random = SeededRandom(seed: 11)
    func tree(_ depth: Int) -> JSONTree {
      switch Int.random(in: 0...(depth > 3 ? 5 : 8), using: &random) {
      case 0: return .null
      case 1: return .flag(.random(using: &random))
      case 2: return .integer(.random(in: .min ... .max, using: &random))
      case 3: return .number(Double(bitPattern: random.next()))
      case 4, 5:
        let words = ["node", "lxc", "cluster", "lxc/1", "a", "online", "1e400", "storage", ""]
        return .text(words.randomElement(using: &random) ?? "")
      case 6: return .list((0..<3).map { _ in tree(depth + 1) })
      default:
        let names = ["type", "id", "node", "name", "status", "online", "cpu", "content", "nodeid"]
        return .object(names.shuffled(using: &random).prefix(6).map { .init($0, tree(depth + 1)) })
      }
    }
    for _ in 0..<3_000 {
      let view = ClusterView(
        status: .list((0..<4).map { _ in tree(1) }),
        resources: .list((0..<4).map { _ in tree(1) })
      )
      ClusterSamples(view: view, names: [:]).all().expectSound()
    }
  }
}
