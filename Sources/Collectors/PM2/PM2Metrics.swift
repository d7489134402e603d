// SPDX-License-Identifier: MIT
import MetricModel

/// What the PM2 collector emits, besides `hvsmon_deviation`.
enum PM2Metrics {
  static let up = MetricDefinition(
    "hvsmon_pm2_up",
    .gauge,
    help: "1 when PM2's daemon runs and each declared process has an instance online, else 0."
  )
  static let daemonUp = MetricDefinition(
    "hvsmon_pm2_daemon_up",
    .gauge,
    help: "1 when PM2's daemon of the user runs and answers, 0 when there is none."
  )
  static let daemonInfo = MetricDefinition(
    "hvsmon_pm2_daemon_info",
    .info,
    labels: ["version"],
    help: "The version of PM2's daemon."
  )
  static let declared = MetricDefinition(
    "hvsmon_pm2_instances_declared",
    .gauge,
    labels: ["process"],
    help: "Instances of the process that the settings declare."
  )
  static let online = MetricDefinition(
    "hvsmon_pm2_instances_online",
    .gauge,
    labels: ["process"],
    help: "Instances of the process that are online; 0 for a declared process that PM2 lacks."
  )
  static let found = MetricDefinition(
    "hvsmon_pm2_instances_found",
    .gauge,
    labels: ["process"],
    help: "Instances of the process in PM2's list, whatever their state."
  )
  static let info = MetricDefinition(
    "hvsmon_pm2_process_info",
    .info,
    labels: ["process", "id", "namespace", "mode", "version", "node_version", "build"],
    help: "What PM2 runs: mode fork or cluster, versions, and the id of its Next.js build."
  )
  static let state = process(
    "state",
    .gauge,
    also: ["state"],
    "1 for the state the process is in, by PM2's word for it, 0 for the others."
  )
  static let restarts = process(
    "restarts_total",
    .counter,
    "Restarts since the process was added to PM2, those by hand and by reloads included."
  )
  static let unstableRestarts = process(
    "unstable_restarts",
    .gauge,
    "Ends soon after a start, in a row; PM2 sets it to 0 when it gives the process up."
  )
  static let memory = process(
    "memory_bytes",
    .gauge,
    "Resident memory of the process alone: of a script that starts node, the script's.",
    unit: "bytes"
  )
  static let memoryLimit = process(
    "memory_limit_bytes",
    .gauge,
    "Past it PM2 starts the process anew; absent without such a limit.",
    unit: "bytes"
  )
  static let cpu = process(
    "cpu_ratio",
    .gauge,
    "Share of one core that the process uses; may exceed 1.",
    unit: "ratio"
  )
  static let start = process(
    "start_time_seconds",
    .gauge,
    "When the process' run of now began, in Unix time by the host's clock.",
    unit: "seconds"
  )
  static let exitCode = process("exit_code", .gauge, "The exit status of the last run that ended.")
  static let unitEnabled = MetricDefinition(
    "hvsmon_pm2_unit_enabled",
    .gauge,
    labels: ["unit"],
    help: "1 when systemd starts PM2 with the machine, 0 when it does not or has no such unit."
  )

  /// The metric of a figure that a process tells of itself.
  static let figures: [PM2Figure: MetricDefinition] = [
    .heapUsed: process("heap_used_bytes", .gauge, "Heap that is in use.", unit: "bytes"),
    .heapSize: process("heap_size_bytes", .gauge, "Heap that is allocated.", unit: "bytes"),
    .eventLoop: process(
      "event_loop_latency_seconds",
      .gauge,
      "Delay of the event loop, its median.",
      unit: "seconds"
    ),
    .eventLoopP95: process(
      "event_loop_latency_p95_seconds",
      .gauge,
      "Delay of the event loop, its 95th percentile.",
      unit: "seconds"
    ),
    .handles: process("active_handles", .gauge, "Handles that node keeps open."),
    .requests: process("active_requests", .gauge, "Requests to the system that node waits for."),
    .httpRate: process(
      "http_requests_per_second",
      .gauge,
      "HTTP requests a second, as the process counts them."
    ),
    .httpMean: process(
      "http_latency_mean_seconds",
      .gauge,
      "Mean time of HTTP answers, as the process measures it.",
      unit: "seconds"
    ),
    .httpP95: process(
      "http_latency_p95_seconds",
      .gauge,
      "95th percentile of the time of HTTP answers, as the process measures it.",
      unit: "seconds"
    ),
  ]

  static let all =
    [
      up, daemonUp, daemonInfo, declared, online, found, info, state, restarts, unstableRestarts,
      memory, memoryLimit, cpu, start, exitCode, unitEnabled,
    ] + PM2Figure.allCases.compactMap { figures[$0] }

  private static func process(
    _ name: String,
    _ kind: MetricDefinition.Kind,
    also labels: Set<String> = [],
    _ help: String,
    unit: String? = nil
  ) -> MetricDefinition {
    MetricDefinition(
      "hvsmon_pm2_process_\(name)",
      kind,
      unit: unit,
      labels: labels.union(["process", "id"]),
      help: help
    )
  }
}
