// SPDX-License-Identifier: MIT
import MetricModel
import Polling

/// The newest values of the metrics that a snapshot shows, found by what they are about.
struct LatestFigures {
  /// Every metric that is read.
  static let metricNames: Set<String> = [
    "pve_cpu_usage_ratio", "pve_disk_usage_bytes", "pve_disk_size_bytes", "pve_uptime_seconds",
    "hvsmon_pve_node_load", "pve_version_info", "hvsmon_pve_node_version_info",
    "keepalived_vrrp_state", "hvsmon_vrrp_priority", "hvsmon_vrrp_declared_priority",
    "hvsmon_vrrp_failover_gap_seconds", "hvsmon_vrrp_last_transition_timestamp_seconds",
    "nginx_up", "nginx_connections_active", "hvsmon_nginx_config_differs",
    "hvsmon_nginx_certificate_expiry_timestamp_seconds",
    "probe_success", "probe_http_status_code", "probe_duration_seconds",
    "hvsmon_pm2_daemon_up", "hvsmon_pm2_process_state", "hvsmon_pm2_process_restarts_total",
    "hvsmon_pm2_process_cpu_ratio", "hvsmon_pm2_process_memory_bytes",
    "hvsmon_pm2_process_start_time_seconds", "hvsmon_pm2_process_info",
    "hvsmon_pm2_process_http_requests_per_second", "hvsmon_pm2_instances_declared",
    "hvsmon_pm2_instances_online",
    "mongodb_rs_myState", "hvsmon_mongodb_replication_lag_seconds",
    "hvsmon_mongodb_oplog_window_seconds", "mongodb_ss_connections", "mongodb_ss_uptime",
    "mongodb_version_info", "mongodb_ss_wt_cache_bytes_currently_in_the_cache",
    "mongodb_ss_wt_cache_maximum_bytes_configured",
    "hvsmon_backup_newest_timestamp_seconds", "hvsmon_backup_size_bytes",
    "hvsmon_backup_archives", "hvsmon_backup_archives_declared",
    "hvsmon_backup_duration_seconds", "hvsmon_backup_run_missed", "hvsmon_backup_run_failed",
    "hvsmon_backup_guest_uncovered", "hvsmon_backup_next_run_timestamp_seconds",
  ]

  typealias Series = (labels: LabelSet, value: Double)

  private let found: [String: [Series]]

  init(_ latest: LatestSamples) {
    found = latest.samples(named: Self.metricNames)
  }

  /// The series of a metric, in no order.
  func series(_ metric: String) -> [Series] { found[metric] ?? [] }

  /// The values of a metric by one of its labels; of equal ones the greatest.
  func values(_ metric: String, by label: String) -> [String: Double] {
    var values: [String: Double] = [:]
    for (labels, value) in series(metric) where value.isFinite {
      guard let key = labels[label] else { continue }
      values[key] = values[key].map { max($0, value) } ?? value
    }
    return values
  }

  /// The values of one label of a metric by another; of several the first in order.
  func words(_ label: String, of metric: String, by key: String) -> [String: String] {
    var words: [String: String] = [:]
    for (labels, value) in series(metric) where value == 1 {
      guard let key = labels[key], let word = labels[label] else { continue }
      words[key] = words[key].map { min($0, word) } ?? word
    }
    return words
  }
}
