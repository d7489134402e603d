// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Testing

@testable import Collectors

@Suite struct DetailSamplesTests {
  private static let node = "CoolerHostname"

  /// What reads each kind of answer, by the end of its file's name.
  private static var readers: [(suffix: String, read: (JSONTree) -> [CollectedSample])] {
    [
      ("/version.json", DetailSamples.version),
      ("cluster-config-nodes.json", DetailSamples.votes),
      ("cluster-config-qdevice.json", { DetailSamples.qdevice($0, cluster: "cooler") }),
      ("cluster-ha-status-current.json", DetailSamples.highAvailability),
      ("cluster-tasks.json", DetailSamples.tasks),
      ("Hostname/status.json", { DetailSamples.status($0, node: node) }),
      ("Hostname-status.json", { DetailSamples.status($0, node: node) }),
      ("rrddata.hour.json", { DetailSamples.history($0, node: node) }),
      ("lxc.json", DetailSamples.containers),
      ("services.json", { DetailSamples.services($0, node: node) }),
      ("storage.json", { DetailSamples.storages($0, node: node) }),
      ("replication.json", DetailSamples.replication),
      ("certificates-info.json", { DetailSamples.certificates($0, node: node) }),
      ("time.json", { DetailSamples.timezone($0, node: node) }),
      ("subscription.json", { DetailSamples.subscription($0, node: node) }),
      ("disks-list.json", { DetailSamples.disks($0, node: node) }),
      ("config.json", { DetailSamples.onboot($0, guest: "lxc/100", node: node) }),
      ("access-permissions.json", { PermissionCheck($0).samples }),
      ("cluster-ceph-status.json", CephSamples.samples),
      ("included-volumes.json", { DetailSamples.excludedVolumes($0, job: "job") }),
      (
        "not-backed-up.json",
        { DetailSamples.notBackedUp($0, cluster: "cooler", isWhole: true) }
      ),
    ]
  }

  private func samples(_ file: String) throws -> [CollectedSample] {
    let reader = try #require(Self.readers.first { file.hasSuffix($0.suffix) }, "\(file)")
    let found = reader.read(try ProxmoxFixture.data(file))
    found.expectSound()
    return found
  }

  @Test func `every recorded file is read, and by every reader without a trap`() throws {
    var read = 0
    for name in ProxmoxFixture.names {
      let tree = try JSONReader.read(try #require(ProxmoxFixture.bytes(name)))
      read += 1
      // Each file goes to the reader that its name says, every eighth to all of them.
      for (suffix, reader) in Self.readers where read % 8 == 0 || name.hasSuffix(suffix) {
        reader(tree["data"] ?? tree).expectSound()
      }
      let view = ClusterView(status: tree["data"], resources: tree["data"])
      ClusterSamples(view: view, names: [:]).all().expectSound()
    }
    print("\(read) files of Proxmox were read")
    #expect(read > 100 || ProxmoxFixture.folder == nil)
  }

  /// The text with one value somewhere in it replaced, once for each value.
  private static func damaged(_ tree: JSONTree, by damage: JSONTree?) -> [JSONTree] {
    switch tree {
    case .list(let items):
      items.indices.prefix(2).flatMap { index in
        damaged(items[index], by: damage).map { changed in
          var copy = items
          copy[index] = changed
          return .list(copy)
        }
      }
    case .object(let members):
      members.indices.flatMap { index -> [JSONTree] in
        let member = members[index]
        var whole = members
        if let damage {
          whole[index] = JSONTree.Member(member.name, damage)
        } else {
          whole.remove(at: index)
        }
        return [.object(whole)]
          + damaged(member.value, by: damage).map { changed in
            var copy = members
            copy[index] = JSONTree.Member(member.name, changed)
            return .object(copy)
          }
      }
    default: []
    }
  }

  @Test(arguments: [
    "base/version.json", "base/cluster-config-nodes.json", "base/cluster-tasks.json",
    "scenarios/qdevice/cluster-config-qdevice.json",
    "scenarios/ha-enabled/cluster-ha-status-current.json",
    "base/nodes/CoolerHostname/status.json", "base/nodes/CoolerHostname/lxc.json",
    "base/nodes/CoolerHostname/services.json", "base/nodes/CoolerHostname/storage.json",
    "scenarios/replication/nodes-CoolerHostname-replication.json",
    "base/nodes/CoolerHostname/certificates-info.json", "base/nodes/CoolerHostname/time.json",
    "scenarios/subscription-active/nodes-CoolerHostname-subscription.json",
    "scenarios/disk-failing/nodes-CoolerHostname3-disks-list.json",
    "scenarios/ceph-warn/cluster-ceph-status.json",
    "scenarios/mountpoint-not-in-backup/cluster-backup-included-volumes.json",
    "scenarios/guest-not-in-job/cluster-backup-info-not-backed-up.json",
    "base/nodes/CoolerHostname/rrddata.hour.json",
    "base/nodes/CoolerHostname/lxc/100/config.json", "base/access-permissions.json",
  ])
  func `each field removed, nulled or retyped still gives the rest`(file: String) throws {
    guard ProxmoxFixture.folder != nil else { return }
    let reader = try #require(Self.readers.first { file.hasSuffix($0.suffix) })
    let tree = try ProxmoxFixture.data(file)
    let whole = reader.read(tree).count
    // What one row, or the one object there is, can take with it.
    let atStake = if case .list(let items) = tree { whole / items.count + 9 } else { whole }
    let damages: [JSONTree?] = [
      nil, .null, .text(""), .text("x"), .text("7"), .number(0.5), .integer(.max), .flag(true),
      .list([.null]), .object([.init("a", .integer(1))]),
    ]
    for damage in damages {
      let changed = Self.damaged(tree, by: damage)
      #expect(!changed.isEmpty)
      for other in changed {
        let found = reader.read(other)
        found.expectSound()
        #expect(found.count + atStake >= whole, "\(file)")
      }
    }
  }

  @Test func `a node tells its load, memory, versions and pressure`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let status = try samples("base/nodes/CoolerHostname/status.json")
    #expect(status.value("hvsmon_pve_node_load", ["minutes": "5"]) == 0.29)
    #expect(status.value("hvsmon_pve_node_memory_available_bytes") == 19_025_045_247)
    #expect(status.value("hvsmon_pve_node_swap_usage_bytes") == 1_048_576)
    #expect(status.value("hvsmon_pve_node_root_available_bytes") == 83_099_414_205)
    let versions = ["version": "9.2.11", "kernel": "6.17.9-1-pve"]
    #expect(status.value("hvsmon_pve_node_version_info", versions) == 1)
    let history = try samples("base/nodes/CoolerHostname/rrddata.hour.json")
    let pressure = ["id": "node/CoolerHostname", "resource": "cpu", "kind": "some"]
    #expect(history.value("hvsmon_pve_pressure_ratio", pressure) == 0.009420667544 / 100)
    #expect(history.value("hvsmon_pve_node_iowait_ratio") == 0.002271058244228)
    let older = try samples("older/pve8/nodes-CoolerHostname-rrddata.hour.json")
    #expect(older.value("hvsmon_pve_node_iowait_ratio") == 0.002271058244228)
    #expect(older.count("hvsmon_pve_pressure_ratio") == 0)
    let guests = try samples("base/nodes/CoolerHostname/lxc.json")
    let waiting = ["id": "lxc/100", "resource": "cpu", "kind": "some"]
    #expect(guests.value("hvsmon_pve_pressure_ratio", waiting) == 0.19 / 100)
    #expect(guests.value("hvsmon_pve_guest_swap_size_bytes", ["id": "lxc/100"]) == 536_870_912)
    let textual = try samples("older/pve7/nodes-CoolerHostname-lxc.json")
    #expect(textual.value("hvsmon_pve_guest_swap_usage_bytes", ["id": "lxc/100"]) != nil)
    let limited = try samples("scenarios/cpulimit-string/nodes-CoolerHostname-lxc.json")
    #expect(limited.value("hvsmon_pve_pressure_ratio", waiting) == 0.19 / 100)
    let zone = try samples("base/nodes/CoolerHostname/time.json")
    #expect(zone.value("hvsmon_pve_node_timezone_info", ["timezone": "Europe/Berlin"]) == 1)
    let config = try samples("base/nodes/CoolerHostname/lxc/100/config.json")
    #expect(config.value("pve_onboot_status", ["id": "lxc/100", "type": "lxc"]) == 1)
    let version = try samples("base/version.json")
    #expect(version.value("pve_version_info", ["release": "9.2", "version": "9.2.11"]) == 1)
  }

  @Test func `services that are off on purpose are left out, failed ones are 0`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let healthy = try samples("base/nodes/CoolerHostname/services.json")
    #expect(healthy.count("hvsmon_pve_service_up") == 21)
    #expect(healthy.allSatisfy { $0.value == 1 })
    let failed = try samples("scenarios/services-failed/nodes-CoolerHostname2-services.json")
    #expect(failed.value("hvsmon_pve_service_up", ["service": "pvescheduler"]) == 0)
    #expect(failed.value("hvsmon_pve_service_up", ["service": "pvestatd"]) == 0)
    #expect(failed.value("hvsmon_pve_service_up", ["service": "corosync"]) == 1)
    #expect(failed.value("hvsmon_pve_service_up", ["service": "syslog"]) == nil)
  }

  @Test func `storages, disks and certificates show what is wrong with them`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let storages = try samples("scenarios/nas-offline-node2/nodes-CoolerHostname2-storage.json")
    let nas = ["id": "storage/CoolerHostname/nas-backup"]
    #expect(storages.value("hvsmon_pve_storage_active", nas) == 0)
    #expect(storages.value("hvsmon_pve_storage_available_bytes", nas) == nil)
    let local = ["id": "storage/CoolerHostname/local"]
    #expect(storages.value("hvsmon_pve_storage_available_bytes", local) == 89_477_461_064)
    let disks = try samples("scenarios/disk-failing/nodes-CoolerHostname3-disks-list.json")
    #expect(disks.value("hvsmon_pve_disk_healthy", ["serial": "EX0002A"]) == 1)
    #expect(disks.value("hvsmon_pve_disk_healthy", ["serial": "EX0002B"]) == 0)
    #expect(disks.value("hvsmon_pve_disk_healthy", ["serial": "EXUSB"]) == nil)
    #expect(disks.value("hvsmon_pve_disk_life_left_ratio", ["serial": "EX0002A"]) == 0.07)
    #expect(disks.count("hvsmon_pve_disk_life_left_ratio") == 1)
    let ending = try samples("scenarios/cert-expiring/nodes-CoolerHostname-certificates-info.json")
    let name = "hvsmon_pve_certificate_expiry_timestamp_seconds"
    #expect(ending.value(name, ["filename": "pve-ssl.pem"]) == 1_795_940_100)
  }

  @Test func `replication, subscription, quorum device and HA are told`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let jobs = try samples("scenarios/replication/nodes-CoolerHostname-replication.json")
    #expect(jobs.value("pve_replication_failed_syncs", ["id": "106-0"]) == 7)
    #expect(
      jobs.value("pve_replication_last_sync_timestamp_seconds", ["id": "103-0"]) == 1_795_507_800
    )
    let labels = [
      "id": "103-0", "guest": "lxc/103", "source": "node/CoolerHostname",
      "target": "node/CoolerHostname2", "type": "local",
    ]
    #expect(jobs.value("pve_replication_info", labels) == 1)
    let active = try samples(
      "scenarios/subscription-active/nodes-CoolerHostname-subscription.json"
    )
    #expect(active.value("pve_subscription_status", ["status": "active"]) == 1)
    #expect(active.value("pve_subscription_status", ["status": "expired"]) == 0)
    #expect(active.value("pve_subscription_info", ["level": "c"]) == 1)
    // 2027-03-01T00:00:00Z
    #expect(active.value("pve_subscription_next_due_timestamp_seconds") == 1_803_859_200)
    let none = try samples("base/nodes/CoolerHostname/subscription.json")
    #expect(none.value("pve_subscription_status", ["status": "notfound"]) == 1)
    #expect(none.value("pve_subscription_next_due_timestamp_seconds") == nil)
    let device = try samples("scenarios/qdevice/cluster-config-qdevice.json")
    #expect(device.value("pve_qdevice_up", ["id": "cluster/cooler"]) == 1)
    #expect(device.value("pve_qdevice_info", ["qnetd_host": "192.0.2.50:5403"]) == 1)
    #expect(try samples("base/cluster-config-qdevice.json").isEmpty)
    let ha = try samples("scenarios/ha-enabled/cluster-ha-status-current.json")
    #expect(ha.value("hvsmon_pve_ha_master_info", ["node": "CoolerHostname2"]) == 1)
    let lrm = ["node": "CoolerHostname3", "role": "lrm"]
    #expect(ha.value("hvsmon_pve_ha_timestamp_seconds", lrm) == 1_795_507_862)
    #expect(ha.value("hvsmon_pve_ha_service_info", ["sid": "ct:106", "state": "started"]) == 1)
    let tasks = try samples("base/cluster-tasks.json")
    let backups = ["node": "CoolerHostname", "type": "vzdump", "result": "ok"]
    #expect(tasks.value("hvsmon_pve_tasks_recent", backups) == 2)
  }

  @Test func `a day in a subscription is read as UTC, nonsense is not`() {
    #expect(DetailSamples.dayStart("1970-01-01") == 0)
    #expect(DetailSamples.dayStart("2024-02-29") == 1_709_164_800)
    #expect(DetailSamples.dayStart("2000-03-01 12:00:00") == 951_868_800)
    for text in ["", "2024", "2024-13-01", "2024-00-10", "x-y-z", "0001-01-01", "2024-1-"] {
      #expect(DetailSamples.dayStart(text) == nil, "\(text)")
    }
  }

  @Test func `guests in no job are told, and that there is none only when all may be seen`() throws
  {
    guard ProxmoxFixture.folder != nil else { return }
    func samples(_ folder: String, cluster: String? = "cooler", isWhole: Bool = true) throws
      -> [CollectedSample]
    {
      let name = "\(folder)/cluster-backup-info-not-backed-up.json"
      let data = try ProxmoxFixture.data(name)
      let found = DetailSamples.notBackedUp(data, cluster: cluster, isWhole: isWhole)
      found.expectSound()
      return found
    }
    let total = ["id": "cluster/cooler"]
    #expect(try samples("base").value("pve_not_backed_up_total", total) == 0)
    #expect(try samples("base", isWhole: false).isEmpty)
    #expect(try samples("base", cluster: nil).isEmpty)
    let one = try samples("scenarios/guest-not-in-job")
    #expect(one.value("pve_not_backed_up_total", total) == 1)
    #expect(one.count("pve_not_backed_up_info") == 1)
    #expect(DetailSamples.notBackedUp(.null, cluster: "c", isWhole: true).isEmpty)
  }

  @Test func `votes are counted over the nodes that are online`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let votes = QuorumVotes.votes(try ProxmoxFixture.data("base/cluster-config-nodes.json"))
    #expect(votes == ["CoolerHostname": 1, "CoolerHostname2": 1, "CoolerHostname3": 1])
    func quorum(_ file: String, _ device: QuorumDevice? = nil) throws -> QuorumVotes? {
      let view = ClusterView(status: try ProxmoxFixture.data(file), resources: nil)
      return QuorumVotes(votes: votes, view: view, device: device)
    }
    let healthy = try #require(try quorum("base/cluster-status.json"))
    #expect((healthy.expected, healthy.needed, healthy.present, healthy.spare) == (3, 2, 3, 1))
    let one = try #require(try quorum("scenarios/node3-down-30s/cluster-status.json"))
    #expect((one.present, one.spare) == (2, 0))
    let alone = try #require(try quorum("scenarios/no-quorum/cluster-status.json"))
    #expect((alone.present, alone.spare) == (1, -1))
    let split = QuorumDevice(state: "Connected", algorithm: "Fifty-Fifty split")
    let helped = try #require(try quorum("scenarios/node3-down-30s/cluster-status.json", split))
    #expect((helped.expected, helped.needed, helped.present) == (4, 3, 3))
    let unknown = ClusterView(status: .list([]), resources: nil)
    #expect(QuorumVotes(votes: votes, view: unknown, device: nil) == nil)
  }
}
