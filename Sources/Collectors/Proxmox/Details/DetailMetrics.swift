// SPDX-License-Identifier: MIT
import MetricModel

/// What the slower questions give: the names of prometheus-pve-exporter, and hvsmon's own.
enum DetailMetrics {
  typealias Of = ClusterMetrics

  static let version = Of.info(
    "pve_version_info",
    ["release", "repoid", "version"],
    "The release of the node that answered."
  )
  static let qdeviceUp = Of.gauge("pve_qdevice_up", ["id"], "1 when the quorum device answers.")
  static let qdeviceInfo = Of.info(
    "pve_qdevice_info",
    ["id", "model", "algorithm", "qnetd_host", "tie_breaker", "state"],
    "The quorum device."
  )
  static let onboot = Of.gauge(
    "pve_onboot_status",
    ["id", "node", "type"],
    "1 when the guest starts with its node."
  )
  static let replicationInfo = Of.info(
    "pve_replication_info",
    ["id", "type", "source", "target", "guest"],
    "A replication job, asked at the guest's node."
  )
  static let replicationDuration = replication("duration", "How long the last try took.")
  static let replicationLastSync = replication(
    "last_sync_timestamp",
    "When the guest was last replicated, in Unix seconds; 0 is never."
  )
  static let replicationLastTry = replication(
    "last_try_timestamp",
    "When replication was last tried, in Unix seconds; 0 is never."
  )
  static let replicationNextSync = replication(
    "next_sync_timestamp",
    "When replication is due, in Unix seconds."
  )
  static let replicationFailed = Of.gauge(
    "pve_replication_failed_syncs",
    ["id"],
    "Tries that failed since the last good one."
  )
  static let subscriptionInfo = Of.info(
    "pve_subscription_info",
    ["id", "level"],
    "The level of the node's subscription."
  )
  static let subscriptionStatus = Of.gauge(
    "pve_subscription_status",
    ["id", "status"],
    "1 for the status of the node's subscription, 0 for the others."
  )
  static let subscriptionDue = Of.gauge(
    "pve_subscription_next_due_timestamp_seconds",
    unit: "seconds",
    ["id"],
    "When the subscription ends, in Unix seconds."
  )
  static let privilege = Of.gauge(
    "hvsmon_pve_privilege_granted",
    ["privilege", "path"],
    "1 when the API token has the privilege there, 0 when something is therefore not shown."
  )
  static let votes = Of.gauge("hvsmon_pve_node_votes", ["node"], "Votes of the node in quorum.")
  static let load = Of.gauge(
    "hvsmon_pve_node_load",
    ["node", "minutes"],
    "Load average of the node over 1, 5 and 15 minutes."
  )
  static let iowait = Of.gauge(
    "hvsmon_pve_node_iowait_ratio",
    unit: "ratio",
    ["node"],
    "Share of processor time spent waiting for disks, in the last minute."
  )
  static let memoryAvailable = nodeBytes("memory_available", "Memory the node can still give.")
  static let swapUsage = nodeBytes("swap_usage", "Swap in use.")
  static let swapSize = nodeBytes("swap_size", "Swap there is.")
  static let rootAvailable = nodeBytes("root_available", "Space left on the node's root.")
  static let nodeVersion = Of.info(
    "hvsmon_pve_node_version_info",
    ["node", "version", "kernel"],
    "What the node runs."
  )
  static let timezone = Of.info(
    "hvsmon_pve_node_timezone_info",
    ["node", "timezone"],
    "The time zone in which the node reads its schedules."
  )
  static let pressure = Of.gauge(
    "hvsmon_pve_pressure_ratio",
    unit: "ratio",
    ["id", "resource", "kind"],
    "Share of time in which some or all work waited for cpu, io or memory (PSI)."
  )
  static let guestSwapUsage = Of.gauge(
    "hvsmon_pve_guest_swap_usage_bytes",
    unit: "bytes",
    ["id"],
    "Swap the container uses."
  )
  static let guestSwapSize = Of.gauge(
    "hvsmon_pve_guest_swap_size_bytes",
    unit: "bytes",
    ["id"],
    "Swap the container may use."
  )
  static let service = Of.gauge(
    "hvsmon_pve_service_up",
    ["node", "service"],
    "1 when a service of the node that is meant to run is active."
  )
  static let certificate = Of.gauge(
    "hvsmon_pve_certificate_expiry_timestamp_seconds",
    unit: "seconds",
    ["node", "filename"],
    "When a certificate of the node expires, in Unix seconds."
  )
  static let storageActive = Of.gauge(
    "hvsmon_pve_storage_active",
    ["id"],
    "1 when an enabled storage works on the node; asked at the node, not from its last figures."
  )
  static let storageAvailable = Of.gauge(
    "hvsmon_pve_storage_available_bytes",
    unit: "bytes",
    ["id"],
    "Space left on the storage."
  )
  static let haMaster = Of.info("hvsmon_pve_ha_master_info", ["node"], "The HA manager's master.")
  static let haTimestamp = Of.gauge(
    "hvsmon_pve_ha_timestamp_seconds",
    unit: "seconds",
    ["node", "role"],
    "When the HA master or a node's local manager last gave a sign of life, in Unix seconds."
  )
  static let haService = Of.info(
    "hvsmon_pve_ha_service_info",
    ["sid", "node", "state", "requested"],
    "A guest under HA, its state and the one that is wanted."
  )
  static let tasksRunning = Of.gauge(
    "hvsmon_pve_tasks_running",
    ["node", "type"],
    "Tasks that run now; a type that ran none lately is absent."
  )
  static let tasksRecent = Of.gauge(
    "hvsmon_pve_tasks_recent",
    ["node", "type", "result"],
    "Finished tasks among the few that the cluster remembers: ok, warning, error, unknown."
  )
  static let tasksFinished = MetricDefinition(
    "hvsmon_pve_tasks_finished_total",
    .counter,
    labels: ["node", "type", "result"],
    help: "Tasks that ended while hvsmon watched: ok, warning, error, unknown."
  )
  static let notBackedUp = Of.info(
    "pve_not_backed_up_info",
    ["id"],
    "A guest that is in no backup job, one that is switched off counting as well."
  )
  /// The exporter's name, though it may fall.
  static let notBackedUpCount = Of.gauge(
    "pve_not_backed_up_total",
    ["id"],
    "How many guests are in no backup job; absent when not all guests may be seen."
  )
  static let volumeExcluded = Of.info(
    "hvsmon_pve_backup_volume_excluded_info",
    ["backup_job", "id", "volume", "reason"],
    "A volume of a guest that the backup job leaves out."
  )
  static let diskHealthy = Of.gauge(
    "hvsmon_pve_disk_healthy",
    ["node", "device", "model", "serial"],
    "1 when the disk's own check passes, 0 when it fails; absent when the disk does not say."
  )
  static let diskLife = Of.gauge(
    "hvsmon_pve_disk_life_left_ratio",
    unit: "ratio",
    ["node", "device", "model", "serial"],
    "Share of the disk's endurance that is left."
  )

  static let all =
    [
      version, qdeviceUp, qdeviceInfo, onboot, replicationInfo, replicationDuration,
      replicationLastSync, replicationLastTry, replicationNextSync, replicationFailed,
      subscriptionInfo, subscriptionStatus, subscriptionDue, privilege, votes, load, iowait,
      memoryAvailable, swapUsage, swapSize, rootAvailable, nodeVersion, timezone, pressure,
      guestSwapUsage, guestSwapSize, service, certificate, storageActive, storageAvailable,
      haMaster, haTimestamp, haService, tasksRunning, tasksRecent, tasksFinished, notBackedUp,
      notBackedUpCount, volumeExcluded, diskHealthy, diskLife,
    ] + CephSamples.metrics

  private static func replication(_ name: String, _ help: String) -> MetricDefinition {
    Of.gauge("pve_replication_\(name)_seconds", unit: "seconds", ["id"], help)
  }

  private static func nodeBytes(_ name: String, _ help: String) -> MetricDefinition {
    Of.gauge("hvsmon_pve_node_\(name)_bytes", unit: "bytes", ["node"], help)
  }
}
