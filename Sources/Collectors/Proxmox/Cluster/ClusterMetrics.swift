// SPDX-License-Identifier: MIT
import MetricModel

/// What each poll gives: the names of prometheus-pve-exporter, and hvsmon's own.
///
/// The exporter's deprecated gauges of network and disk bytes are left out: OpenMetrics does not
/// allow them beside the counters that replaced them.
enum ClusterMetrics {
  static let up = gauge(
    "pve_up",
    ["id"],
    "1 when the node is online, the cluster quorate, the guest running, the storage available; "
      + "absent when that is unknown."
  )
  static let clusterInfo = info(
    "pve_cluster_info",
    ["id", "nodes", "quorate", "version"],
    "The cluster as the answering node sees it."
  )
  static let nodeInfo = info(
    "pve_node_info",
    ["id", "level", "name", "nodeid"],
    "A configured node."
  )
  static let guestInfo = info(
    "pve_guest_info",
    ["id", "node", "name", "type", "template", "tags"],
    "A guest and where it is."
  )
  static let storageInfo = info(
    "pve_storage_info",
    ["id", "node", "storage", "plugintype", "content"],
    "A storage as one node has it."
  )
  static let storageShared = gauge(
    "pve_storage_shared",
    ["id"],
    "1 when the nodes share the storage."
  )
  static let cpuUsage = gauge(
    "pve_cpu_usage_ratio",
    unit: "ratio",
    ["id"],
    "Share of the assigned processors in use."
  )
  static let cpuLimit = gauge("pve_cpu_usage_limit", ["id"], "Processors assigned.")
  static let memoryUsage = gauge(
    "pve_memory_usage_bytes",
    unit: "bytes",
    ["id"],
    "Memory in use; a container's page cache is not counted."
  )
  static let memorySize = gauge(
    "pve_memory_size_bytes",
    unit: "bytes",
    ["id"],
    "Memory assigned or built in."
  )
  static let diskUsage = gauge(
    "pve_disk_usage_bytes",
    unit: "bytes",
    ["id"],
    "Space in use: a storage, or the root file system of a container or node."
  )
  static let diskSize = gauge(
    "pve_disk_size_bytes",
    unit: "bytes",
    ["id"],
    "Size of the storage, or of the root file system."
  )
  static let uptime = gauge(
    "pve_uptime_seconds",
    unit: "seconds",
    ["id"],
    "Time since the node or guest started; 0 when it is stopped."
  )
  static let networkReceived = counter(
    "pve_network_receive_bytes_total",
    "Bytes the guest received since it started."
  )
  static let networkSent = counter(
    "pve_network_transmit_bytes_total",
    "Bytes the guest sent since it started."
  )
  static let diskRead = counter(
    "pve_disk_read_bytes_total",
    "Bytes the guest read since it started; some storages do not count."
  )
  static let diskWritten = counter(
    "pve_disk_written_bytes_total",
    "Bytes the guest wrote since it started; some storages do not count."
  )
  static let haState = gauge(
    "pve_ha_state",
    ["id", "state"],
    "1 for the state the HA manager gives the node or guest, 0 for the others."
  )
  static let lockState = gauge(
    "pve_lock_state",
    ["id", "state"],
    "1 for the lock the guest holds, 0 for the others."
  )
  static let guestState = gauge(
    "hvsmon_pve_guest_state",
    ["id", "name", "node", "state"],
    "1 for the guest's state: running, stopped, other, unknown (its node is down or silent)."
  )
  static let nodeState = gauge(
    "hvsmon_pve_node_state",
    ["node", "state"],
    "1 for the node's state: online, offline, unknown (a member whose figures ended)."
  )
  static let answeringNode = info(
    "hvsmon_pve_answering_node_info",
    ["node"],
    "The node that answered for the cluster."
  )
  static let votesExpected = gauge(
    "hvsmon_pve_quorum_votes_expected",
    [],
    "Votes of all configured nodes and of the quorum device."
  )
  static let votesNeeded = gauge(
    "hvsmon_pve_quorum_votes_needed",
    [],
    "Votes that make the cluster quorate."
  )
  static let votesPresent = gauge(
    "hvsmon_pve_quorum_votes_present",
    [],
    "Votes of the nodes that are online and of a connected quorum device."
  )
  static let votesSpare = gauge(
    "hvsmon_pve_quorum_votes_spare",
    [],
    "Votes that can still be lost before quorum is; negative without quorum."
  )

  static let all = [
    up, clusterInfo, nodeInfo, guestInfo, storageInfo, storageShared, cpuUsage, cpuLimit,
    memoryUsage, memorySize, diskUsage, diskSize, uptime, networkReceived, networkSent, diskRead,
    diskWritten, haState, lockState, guestState, nodeState, answeringNode, votesExpected,
    votesNeeded, votesPresent, votesSpare,
  ]

  static func gauge(
    _ name: String,
    unit: String? = nil,
    _ labels: Set<String>,
    _ help: String
  ) -> MetricDefinition {
    MetricDefinition(name, .gauge, unit: unit, labels: labels, help: help)
  }

  static func info(_ name: String, _ labels: Set<String>, _ help: String) -> MetricDefinition {
    MetricDefinition(name, .info, labels: labels, help: help)
  }

  private static func counter(_ name: String, _ help: String) -> MetricDefinition {
    MetricDefinition(name, .counter, unit: "bytes", labels: ["id"], help: help)
  }
}
