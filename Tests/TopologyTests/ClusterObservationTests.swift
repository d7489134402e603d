// SPDX-License-Identifier: MIT
import MetricModel
import Testing
import Topology

@Suite struct ClusterObservationTests {
  @Test func `nodes, guests, members, entries and votes are read from their series`() {
    var live = ReferenceCluster.live
    live.set("pve_memory_usage_bytes", ["id": "node/CoolerHostname"], 7e9)
    live.set("pve_memory_usage_bytes", ["id": "lxc/103"], 2e9)
    live.set("pve_cpu_usage_limit", ["id": "node/CoolerHostname"], 8)
    live.set("pve_cpu_usage_limit", ["id": "lxc/103"], 2)
    live.set("hvsmon_pve_node_memory_available_bytes", ["node": "CoolerHostname"], 25e9)
    live.set("hvsmon_pve_tasks_running", ["node": "CoolerHostname", "type": "vzdump"], 2)
    live.set("hvsmon_pve_tasks_running", ["node": "CoolerHostname", "type": "aptupdate"], 0)
    live.set("pve_onboot_status", ["id": "lxc/103", "node": "CoolerHostname", "type": "lxc"])
    live.set("pve_lock_state", ["id": "lxc/103", "state": "backup"])
    live.set("pve_lock_state", ["id": "lxc/103", "state": "migrate"], 0)
    let found = live.observation

    var node = FoundNode("CoolerHostname")
    node.membership = .online
    node.apiAnswers = true
    node.cpus = 8
    node.memorySize = 32 * 1_073_741_824
    node.memoryUsed = 7e9
    node.memoryAvailable = 25e9
    node.votes = 1
    node.runningTasks = ["vzdump": 2]
    #expect(found.nodes["CoolerHostname"] == node)
    #expect(found.nodes.count == 3)
    let guest = FoundGuest(
      103,
      name: "mongo1",
      node: "CoolerHostname",
      state: .running,
      memoryAssigned: 4 * 1_073_741_824,
      memoryUsed: 2e9,
      cpus: 2,
      lock: "backup",
      startsWithNode: true,
      tags: ["lb", "prod"]
    )
    #expect(found.guests[103] == guest)
    #expect(found.guests.count == 9)
    #expect(found.memberChecks["nginx1"] == ["nginx": true])
    #expect(found.entryProbes == ["site": true])
    let votes = FoundQuorum(
      isQuorate: true,
      votesExpected: 3,
      votesNeeded: 2,
      votesPresent: 3,
      votesSpare: 1
    )
    #expect(found.quorum == votes)
  }

  @Test func `no series leave everything unsaid`() {
    #expect(LiveSeries().observation == ClusterObservation())
  }

  @Test func `only the named metrics are asked for`() {
    var asked: Set<String> = []
    _ = ClusterObservation { name in
      asked.insert(name)
      return []
    }
    #expect(asked == ClusterObservation.metricNames)
    #expect(asked.isSuperset(of: ["up", "probe_success", "hvsmon_pve_node_state"]))
  }

  @Test func `what the node says of a guest overrules the cluster's row`() {
    var live = ReferenceCluster.live
    for state in ["running", "stopped", "other"] {
      live.set(
        "hvsmon_pve_guest_live_state",
        ["id": "lxc/100", "node": "CoolerHostname", "state": state],
        state == "stopped" ? 1 : 0
      )
    }
    live.set(
      "hvsmon_pve_guest_live_state",
      ["id": "lxc/101", "node": "CoolerHostname3", "state": "running"]
    )
    live.set(
      "hvsmon_pve_guest_live_state",
      ["id": "lxc/101", "node": "CoolerHostname2", "state": "stopped"]
    )
    live.set(
      "hvsmon_pve_guest_live_state",
      ["id": "lxc/102", "job": "pve_node", "instance": "CoolerHostname", "state": "running"]
    )
    let found = live.observation
    #expect(found.guests[102]?.node == "CoolerHostname")
    #expect(found.guests[100]?.state == .stopped)
    #expect(found.guests[100]?.node == "CoolerHostname")
    #expect(found.guests[101]?.state == .running)
    #expect(found.guests[101]?.node == "CoolerHostname3")
  }

  @Test func `one bad check among good ones makes its job bad`() {
    var live = LiveSeries()
    let labels = ["job": "http", "tier": "app", "instance": "webapp1"]
    live.set("up", labels, 1)
    live.set("probe_success", labels, 0)
    let asked = ["job": "pm2", "tier": "app", "instance": "webapp1"]
    live.set("hvsmon_pm2_up", asked, 1)
    // That facts cannot be asked of its host says nothing of a member.
    live.set("up", asked, 0)
    live.set("up", ["job": "nginx_host", "tier": "app", "instance": "webapp1"], 0)
    #expect(live.observation.memberChecks == ["webapp1": ["http": false, "pm2": true]])
  }

  @Test func `replication, HA and templates are read`() {
    var live = LiveSeries()
    live.set(
      "pve_replication_info",
      ["id": "110-0", "guest": "lxc/110", "source": "node/a", "target": "node/b", "type": "local"]
    )
    live.set("pve_replication_last_sync_timestamp_seconds", ["id": "110-0"], 900)
    live.set("pve_replication_next_sync_timestamp_seconds", ["id": "110-0"], 1_800)
    live.set("pve_replication_failed_syncs", ["id": "110-0"], 2)
    live.set("pve_guest_info", ["id": "lxc/110", "name": "ct", "node": "a", "template": "0"])
    live.set("pve_guest_info", ["id": "qemu/9000", "name": "gold", "node": "a", "template": "1"])
    live.set("pve_guest_info", ["id": "qemu/111", "name": "vm", "node": "b"])
    live.set("hvsmon_pve_ha_service_info", ["sid": "ct:110", "node": "a", "state": "started"])
    live.set("pve_ha_state", ["id": "qemu/111", "state": "started"])
    live.set("pve_ha_state", ["id": "qemu/111", "state": "error"], 0)
    live.set("pve_ha_state", ["id": "node/b", "state": "maintenance"])
    let found = live.observation
    let job = FoundReplication(
      id: "110-0",
      guest: 110,
      source: "a",
      target: "b",
      lastSyncUnixSeconds: 900,
      nextSyncUnixSeconds: 1_800,
      failedSyncs: 2
    )
    #expect(found.replications == ["110-0": job])
    #expect(found.guests[110]?.isManaged == true)
    #expect(found.guests[111]?.isManaged == true)
    #expect(found.guests[111]?.kind == .virtualMachine)
    #expect(found.guests[9_000]?.isTemplate == true)
    #expect(found.nodes["b"]?.haState == "maintenance")
  }

  @Test func `series without the labels they need are passed over`() {
    var live = LiveSeries()
    for metric in ClusterObservation.metricNames {
      live.set(metric, [:], .nan)
      live.set(metric, ["id": "lxc/", "node": "", "tier": "app"], 1)
      live.set(metric, ["id": "lxc/abc", "state": "odd"], 1e300)
      live.set(metric, ["id": "-", "sid": "ct:"], -1)
      live.set(metric, ["id": "lxc/-5", "sid": "ct:x:y"], -.infinity)
    }
    let found = live.observation
    #expect(found.nodes.isEmpty)
    #expect(found.guests.isEmpty)
    #expect(found.memberChecks.isEmpty)
    #expect(found.entryProbes.isEmpty)
  }
}
