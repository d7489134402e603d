// SPDX-License-Identifier: MIT
package import MetricModel

/// What hvsmon tells of itself, and the series that alerts are.
package enum SelfMetrics {
  static let build = MetricDefinition(
    "hvsmon_build_info",
    .info,
    labels: ["version"],
    help: "The version of hvsmon."
  )
  static let residentMemory = MetricDefinition(
    "process_resident_memory_bytes",
    .gauge,
    unit: "bytes",
    help: "Resident memory of hvsmon."
  )
  static let cpu = MetricDefinition(
    "process_cpu_seconds_total",
    .counter,
    unit: "seconds",
    help: "User and system CPU time of hvsmon."
  )
  static let startTime = MetricDefinition(
    "process_start_time_seconds",
    .gauge,
    unit: "seconds",
    help: "When hvsmon started, in Unix seconds."
  )
  static let storeWritable = MetricDefinition(
    "hvsmon_store_writable",
    .gauge,
    help: "1 when the last flush of samples to disk went well, else 0."
  )
  static let storeSeries = MetricDefinition(
    "hvsmon_store_series",
    .gauge,
    help: "Series the store knows."
  )
  static let storeBytes = MetricDefinition(
    "hvsmon_store_file_bytes",
    .gauge,
    unit: "bytes",
    help: "Size of the store's files."
  )
  static let storeUnflushed = MetricDefinition(
    "hvsmon_store_unflushed_samples",
    .gauge,
    help: "Samples in memory that are not on disk yet."
  )
  static let storeDropped = MetricDefinition(
    "hvsmon_store_dropped_samples_total",
    .counter,
    help: "Samples dropped because the disk refused them for too long."
  )
  static let storeFlushFailures = MetricDefinition(
    "hvsmon_store_flush_failures_total",
    .counter,
    help: "Flushes that failed."
  )
  static let storeFlushSeconds = MetricDefinition(
    "hvsmon_store_last_flush_duration_seconds",
    .gauge,
    unit: "seconds",
    help: "How long the last flush took."
  )
  static let storeDamaged = MetricDefinition(
    "hvsmon_store_damaged_blocks",
    .gauge,
    help: "Blocks of samples that could not be read since the start."
  )
  static let ingested = MetricDefinition(
    "hvsmon_ingest_samples_total",
    .counter,
    help: "Samples handed to the store."
  )
  static let refused = MetricDefinition(
    "hvsmon_ingest_refused_samples_total",
    .counter,
    labels: ["reason"],
    help: "Samples refused, by reason."
  )
  static let groupDuration = MetricDefinition(
    "hvsmon_rule_group_last_duration_seconds",
    .gauge,
    unit: "seconds",
    labels: ["group"],
    help: "How long the last evaluation of a rule group took."
  )
  static let groupEvaluations = MetricDefinition(
    "hvsmon_rule_group_evaluations_total",
    .counter,
    labels: ["group"],
    help: "Evaluations of a rule group."
  )
  static let groupMissed = MetricDefinition(
    "hvsmon_rule_group_missed_evaluations_total",
    .counter,
    labels: ["group"],
    help: "Evaluations of a rule group that were left out because rules took too long."
  )
  static let groupFailing = MetricDefinition(
    "hvsmon_rule_group_failing",
    .gauge,
    labels: ["group"],
    help: "Rules of a group that could not be evaluated the last time."
  )
  static let queued = MetricDefinition(
    "hvsmon_notifications_waiting",
    .gauge,
    help: "Messages that wait for delivery."
  )
  static let delivered = MetricDefinition(
    "hvsmon_notifications_delivered_total",
    .counter,
    labels: ["receiver", "integration"],
    help: "Messages a receiver accepted."
  )
  static let failed = MetricDefinition(
    "hvsmon_notification_failures_total",
    .counter,
    labels: ["receiver", "integration"],
    help: "Deliveries that failed, those tried again later included."
  )
  static let lost = MetricDefinition(
    "hvsmon_notifications_lost_total",
    .counter,
    labels: ["reason"],
    help: "Messages given up (given_up) or dropped from a full queue (queue_full)."
  )
  static let reloadGood = MetricDefinition(
    "hvsmon_config_last_reload_successful",
    .gauge,
    help: "1 when the settings were accepted the last time they were loaded, else 0."
  )
  static let reloadTime = MetricDefinition(
    "hvsmon_config_last_reload_success_timestamp_seconds",
    .gauge,
    unit: "seconds",
    help: "When settings were last accepted, in Unix seconds."
  )
  static let alerts = MetricDefinition(
    "ALERTS",
    .gauge,
    labels: nil,
    help: "1 for each alert that is pending or firing."
  )
  static let alertsForState = MetricDefinition(
    "ALERTS_FOR_STATE",
    .gauge,
    labels: nil,
    help: "Since when the condition of an alert holds, in Unix seconds."
  )

  static let alertStandings = MetricDefinition(
    "hvsmon_alerts_firing",
    .gauge,
    labels: ["standing"],
    help: "Alerts that fire by what is told of them: own (by themselves), joined (in the message "
      + "about their cause), held (only their cause), asking (what they stand on is being asked), "
      + "recovering (their cause has just ended)."
  )

  static let alertsFlapping = MetricDefinition(
    "hvsmon_alerts_flapping",
    .gauge,
    help: "Alerts that begin and end too often to be told each time."
  )
  static let flapBeginnings = MetricDefinition(
    "hvsmon_alert_flaps_total",
    .counter,
    help: "How often an alert began to flap since the start."
  )

  /// All of them.
  package static let all =
    [
      build, residentMemory, cpu, startTime, storeWritable, storeSeries, storeBytes, storeUnflushed,
      storeDropped, storeFlushFailures, storeFlushSeconds, storeDamaged, ingested, refused,
      groupDuration,
      groupEvaluations, groupMissed, groupFailing, queued, delivered, failed, lost, reloadGood,
      reloadTime,
      alerts, alertsForState, alertStandings, alertsFlapping, flapBeginnings,
    ] + ForwardingMetrics.all + WatchdogMetrics.all + PeerMetrics.all
}
