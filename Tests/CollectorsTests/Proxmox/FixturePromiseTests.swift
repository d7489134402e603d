// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Polling
import Simulator
import TestSupport
import Testing

@testable import Collectors

/// Each recorded scenario promises something; this says where it is asserted.
@Suite struct FixturePromiseTests {
  private static let asserted: [String: String] = [
    "node3-down-30s": "ClusterSamplesTests, ProxmoxCollectorTests",
    "node3-down-6min": "ClusterSamplesTests, ProxmoxCollectorTests",
    "pvestatd-hung-node2": "ClusterSamplesTests", "no-quorum": "ClusterSamplesTests",
    "webapp1-stopped": "ClusterSamplesTests", "webapp2-restarted": "ClusterSamplesTests",
    "webapp3-migrated": "ClusterSamplesTests", "cpulimit-string": "DetailSamplesTests",
    "cpu-zero-first-sample": "ClusterSamplesTests", "ha-enabled": "ClusterSamplesTests",
    "nas-offline-node2": "ClusterSamplesTests", "disk-failing": "DetailSamplesTests",
    "services-failed": "DetailSamplesTests", "cert-expiring": "DetailSamplesTests",
    "subscription-active": "DetailSamplesTests", "replication": "DetailSamplesTests",
    "qdevice": "DetailSamplesTests", "backup-running": "BackupRepliesTests",
    "backup-failed": "ProxmoxBackupCollectorTests",
    "backup-warnings": "ProxmoxBackupCollectorTests",
    "backup-suspend-fallback": "BackupRepliesTests",
    "backup-missed-node3": "ProxmoxBackupCollectorTests",
    "backup-other-failures": "BackupRepliesTests",
    "backup-job-disabled": "BackupAssessmentTests", "guest-not-in-job": "BackupAssessmentTests",
    "mountpoint-not-in-backup": "here", "prune-overdue": "here", "ceph-warn": "here",
    "pbs": "here", "token-without-acl": "here", "auditor": "here",
    "vip-on-nginx2": "VRRPGuestCollectorTests", "vip-split-brain": "VRRPGuestCollectorTests",
    "vip-missing": "VRRPGuestCollectorTests",
  ]

  @Test func `every scenario is asserted somewhere`() throws {
    guard let folder = ProxmoxFixture.folder else { return }
    let found = try ["scenarios", "permissions"].flatMap {
      try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\($0)")
    }
    #expect(Set(found) == Set(Self.asserted.keys))
  }

  @Test func `what Ceph complains about is told, and a cluster without it is quiet`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let data = try ProxmoxFixture.data("scenarios/ceph-warn/cluster-ceph-status.json")
    let found = CephSamples.samples(data)
    found.expectSound()
    #expect(found.value("hvsmon_pve_ceph_health", ["state": "warn"]) == 1)
    #expect(found.value("hvsmon_pve_ceph_health", ["state": "ok"]) == 0)
    let check = ["check": "OSD_DOWN", "severity": "warn"]
    #expect(found.value("hvsmon_pve_ceph_check_info", check) == 1)
    #expect(found.value("hvsmon_pve_ceph_daemons", ["kind": "osd", "state": "all"]) == 3)
    #expect(found.value("hvsmon_pve_ceph_daemons", ["kind": "osd", "state": "up"]) == 2)
    #expect(found.value("hvsmon_pve_ceph_daemons", ["kind": "mon", "state": "quorum"]) == 3)
    #expect(found.value("hvsmon_pve_ceph_space_bytes", ["kind": "used"]) == 300_000_000_000)
    let absent = try ProxmoxFixture.tree("base/cluster-ceph-status.not-installed.json")
    let reason = try #require(absent["reason"]?.string)
    #expect(CephSamples.isAbsent(.refused(status: 500, reason: reason)))
    #expect(CephSamples.isAbsent(.refused(status: 500, reason: "")))
    #expect(!CephSamples.isAbsent(.refused(status: 500, reason: "got timeout")))
    #expect(!CephSamples.isAbsent(.forbidden(reason: "")))
    #expect(CephSamples.samples(.null).isEmpty)
  }

  @Test func `Ceph's answer in the shape of old releases is read, and muted checks are not told`()
    throws
  {
    let text = """
      {"health":{"status":"HEALTH_ERR","checks":{"A":{"severity":"HEALTH_ERR","muted":true},
      "B":{"severity":"other"}}},"osdmap":{"osdmap":{"num_osds":4,"num_up_osds":4}},
      "monmap":{"mons":[{"name":"a"}]},"quorum_names":[]}
      """
    let found = CephSamples.samples(try JSONReader.read(Array(text.utf8)))
    found.expectSound()
    #expect(found.value("hvsmon_pve_ceph_health", ["state": "err"]) == 1)
    #expect(found.count("hvsmon_pve_ceph_check_info") == 1)
    #expect(found.value("hvsmon_pve_ceph_daemons", ["kind": "osd", "state": "up"]) == 4)
    #expect(found.value("hvsmon_pve_ceph_daemons", ["kind": "mon", "state": "all"]) == 1)
    #expect(found.value("hvsmon_pve_ceph_daemons", ["kind": "mon", "state": "quorum"]) == 0)
  }

  @Test func `a data disk that no backup includes is named`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let file = "cluster-backup-included-volumes.json"
    func excluded(_ folder: String) throws -> [CollectedSample] {
      DetailSamples.excludedVolumes(try ProxmoxFixture.data("\(folder)/\(file)"), job: "job")
    }
    let found = try excluded("scenarios/mountpoint-not-in-backup")
    found.expectSound()
    let labels = ["backup_job": "job", "id": "lxc/103", "volume": "mp0", "reason": "disabled"]
    #expect(found.value("hvsmon_pve_backup_volume_excluded_info", labels) == 1)
    #expect(found.allSatisfy { $0.labels["volume"] == "mp0" } && found.count == 3)
    #expect(try excluded("base").isEmpty)
  }

  @Test func `archives that pruning should have removed are counted`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let name = "scenarios/prune-overdue/storage-nas-backup-prunebackups.keep-last-5.json"
    let archives = BackupReplies.archives(try ProxmoxFixture.data(name), storage: "nas-backup")
    let counts = Dictionary(grouping: archives, by: \.guest).mapValues(\.count)
    #expect(counts[100] == 7 && counts[101] == 5)
  }

  @Test func `archives on a backup server are read, whatever their size says`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let name = "scenarios/pbs/nodes-CoolerHostname-storage-pbs1-content-backup.json"
    let archives = BackupReplies.archives(try ProxmoxFixture.data(name), storage: "pbs1")
    #expect(archives.map(\.guest) == [103, 104, 105])
    #expect(archives.first?.time == Timestamp(unixMilliseconds: 1_795_474_803_000))
  }

  @Test func `an auditor sees no archive in the list of content, and all in the preview`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    func archives(_ file: String) throws -> Int {
      let data = try ProxmoxFixture.data("permissions/auditor/\(file)")
      return BackupReplies.archives(data, storage: "nas-backup").count
    }
    #expect(try archives("storage-nas-backup-content-backup.json") == 0)
    #expect(try archives("storage-nas-backup-prunebackups.keep-all.json") == 45)
  }
}

/// A token that may see little: what is off is named, and nothing else reads as healthy.
@Suite(.timeLimit(.minutes(1))) struct ProxmoxPermissionTests {
  private func partial(_ samples: [CollectedSample], _ reason: String = "forbidden") -> Set<String>
  {
    Set(
      samples.filter {
        $0.definition == IngestMetrics.collectorPartial && $0.labels["reason"] == reason
      }.compactMap { $0.labels["part"] }
    )
  }

  @Test func `a token without an ACL sees that nothing can be seen`() async throws {
    let proxmox = try SimulatedProxmox(parts: DetailPart.all)
    for privilege in Privilege.allCases {
      await proxmox.cluster.apply(.begin(.privilegeMissing(privilege)))
    }
    let samples = try await proxmox.pollCluster().samples
    samples.expectSound()
    let off = partial(samples)
    #expect(
      off.isSuperset(of: [
        "cluster", "nodes", "guests", "storage", "cluster_status", "votes", "ha", "status",
        "services", "disks", "backup_volumes", "ceph",
      ])
    )
    for metric in [
      "pve_up", "pve_guest_info", "pve_cpu_usage_ratio", "hvsmon_pve_guest_state",
      "hvsmon_pve_quorum_votes_spare", "hvsmon_pve_service_up", "hvsmon_pve_storage_active",
      "pve_storage_info", "hvsmon_pve_tasks_finished_total", "hvsmon_pve_ceph_health",
      "pve_not_backed_up_total",
    ] {
      #expect(samples.count(metric) == 0, "\(metric)")
    }
    #expect(
      samples.filter { $0.definition == DetailMetrics.privilege }.allSatisfy { $0.value == 0 }
    )
    await proxmox.stop()
  }

  @Test func `a token for guests alone sees them, and says what it does not see`() async throws {
    let proxmox = try SimulatedProxmox(parts: DetailPart.all)
    await proxmox.cluster.apply(.begin(.rightsOnGuestsOnly))
    let samples = try await proxmox.pollCluster().samples
    samples.expectSound()
    #expect(samples.value("pve_up", ["id": "lxc/100"]) == 1)
    #expect(partial(samples).isSuperset(of: ["cluster", "nodes", "storage", "cluster_status"]))
    #expect(!partial(samples).contains("guests"))
    #expect(samples.value("hvsmon_pve_privilege_granted", ["privilege": "VM.Audit"]) == 1)
    #expect(samples.value("hvsmon_pve_privilege_granted", ["privilege": "Datastore.Audit"]) == 0)
    #expect(samples.count { $0.definition == ClusterMetrics.up } == 9)
    #expect(samples.count("hvsmon_pve_quorum_votes_spare") == 0)
    await proxmox.stop()
  }

  @Test func `a right that is lost or given is found at the next poll`() async throws {
    let proxmox = try SimulatedProxmox(parts: DetailPart.all)
    func granted(after seconds: Int, _ privilege: Privilege) async throws -> Double? {
      proxmox.clock.advance(by: .seconds(seconds))
      let samples = try await proxmox.pollCluster().samples
      let labels = ["privilege": privilege.rawValue]
      return samples.value("hvsmon_pve_privilege_granted", labels)
    }
    for privilege in Privilege.allCases {
      #expect(try await granted(after: 10, privilege) == 1)
      await proxmox.cluster.apply(.begin(.privilegeMissing(privilege)))
      #expect(try await granted(after: 10, privilege) == 0, "\(privilege)")
      await proxmox.cluster.apply(.end(.privilegeMissing(privilege)))
      #expect(try await granted(after: 10, privilege) == 1, "\(privilege)")
    }
    await proxmox.stop()
  }

  @Test func `a token whose own ACL is missing has only what both have: nothing`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let folder = "permissions/token-without-acl"
    let check = PermissionCheck(try ProxmoxFixture.data("\(folder)/access-permissions.json"))
    #expect(check.missing.map(\.need.part) == ["cluster", "nodes", "guests", "storage"])
    let containers = try ProxmoxFixture.data("\(folder)/nodes-CoolerHostname-lxc.json")
    #expect(DetailSamples.containers(containers).isEmpty)
    #expect(LiveGuests(containers, kind: "lxc").samples.isEmpty)
    let storages = try ProxmoxFixture.data("\(folder)/nodes-CoolerHostname-storage.json")
    #expect(DetailSamples.storages(storages, node: "CoolerHostname").isEmpty)
    let tasks = try ProxmoxFixture.data("\(folder)/cluster-tasks.json")
    #expect(TaskLedger().note(tasks).isEmpty)
  }
}
