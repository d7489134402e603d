// SPDX-License-Identifier: MIT
import MetricModel

/// What is told of nginx by its host, besides `hvsmon_deviation`.
enum NginxHostMetrics {
  static let configuration = MetricDefinition(
    "hvsmon_nginx_config_info",
    .info,
    labels: ["hash"],
    help: "A digest of the compared directives; members of a tier are meant to have the same."
  )
  static let differs = gauge(
    "config_differs",
    "1 when the compared directives are not those of most members of the tier, else 0."
  )
  static let movedClients = gauge(
    "moved_clients_ratio",
    "The largest share of networks whose clients another member's ip_hash gives to another server: "
      + "they would lose their sessions at a fail-over.",
    unit: "ratio"
  )
  static let valid = gauge(
    "config_valid",
    "1 when `nginx -T` accepts the configuration, 0 when nginx would not start with it."
  )
  static let reloadPending = gauge(
    "config_reload_pending",
    "1 when a file of the configuration is newer than nginx's workers: it is not in force."
  )
  static let connectionsMax = gauge(
    "worker_connections_limit",
    "Connections that all workers together may have; a proxied request takes two."
  )
  static let workers = gauge("workers", "Worker processes.")
  static let start = gauge(
    "start_time_seconds",
    "When nginx's master began, in Unix time by the host's clock; a reload keeps it.",
    unit: "seconds"
  )
  static let workerStart = gauge(
    "worker_start_time_seconds",
    "When the youngest worker began, in Unix time by the host's clock; a reload renews it.",
    unit: "seconds"
  )
  static let certificateExpiry = gauge(
    "certificate_expiry_timestamp_seconds",
    "When the certificate in the file expires, in Unix time.",
    labels: ["path"],
    unit: "seconds"
  )
  static let certificate = MetricDefinition(
    "hvsmon_nginx_certificate_info",
    .info,
    labels: ["path", "serial"],
    help: "The certificate in a file that nginx is configured to use."
  )
  static let certificatePending = gauge(
    "certificate_reload_pending",
    "1 when the certificate in the file was renewed after nginx's workers began: they use the old.",
    labels: ["path"]
  )
  static let limited = counter(
    "limited_requests_total",
    "Requests past a rate limit since hvsmon watches, by its zone; outcome is rejected, delayed, or "
      + "dry_run for a limit that is only tried out.",
    ["zone", "outcome"]
  )
  static let upstreamFailures = counter(
    "upstream_failures_total",
    "Requests that failed at a server of an upstream since hvsmon watches, by what the error log "
      + "says; nginx mostly passes them on to another. A server that is a declared member is named.",
    ["server", "reason", "member"]
  )
  static let upstreamDisabled = counter(
    "upstream_disabled_total",
    "How often a server was left out for its fail_timeout since hvsmon watches; told only where "
      + "error_log has the level warn.",
    ["server"]
  )
  static let withoutServer = counter(
    "upstream_exhausted_total",
    "Requests since hvsmon watches for which an upstream had no server left.",
    ["upstream"]
  )
  static let exhausted = counter(
    "worker_connections_exhausted_total",
    "Connections turned away since hvsmon watches because worker_connections is used up.",
    []
  )
  static let reused = counter(
    "worker_connections_reused_total",
    "Lines since hvsmon watches that say that idle connections were closed to make room.",
    []
  )
  static let severe = counter(
    "error_log_lines_total",
    "Lines of the error log since hvsmon watches, of the levels emerg, alert and crit.",
    ["level"]
  )

  static let all = [
    configuration, differs, movedClients, valid, reloadPending, connectionsMax, workers, start,
    workerStart,
    certificateExpiry, certificate, certificatePending, limited, upstreamFailures,
    upstreamDisabled, withoutServer, exhausted, reused, severe,
  ]

  private static func gauge(
    _ name: String,
    _ help: String,
    labels: Set<String> = [],
    unit: String? = nil
  ) -> MetricDefinition {
    MetricDefinition("hvsmon_nginx_\(name)", .gauge, unit: unit, labels: labels, help: help)
  }

  private static func counter(
    _ name: String,
    _ help: String,
    _ labels: Set<String>
  ) -> MetricDefinition {
    MetricDefinition("hvsmon_nginx_\(name)", .counter, labels: labels, help: help)
  }
}

extension NginxLogCounts {
  /// The counts, in which servers that are declared members are named; `members` are by address.
  func samples(naming members: [String: String]) -> [CollectedSample] {
    typealias Metrics = NginxHostMetrics
    var samples = [
      CollectedSample(Metrics.exhausted, Double(connectionsExhausted)),
      CollectedSample(Metrics.reused, Double(connectionsReused)),
    ]
    samples += limited.map { key, count in
      let labels = ["zone": key.zone, "outcome": key.outcome.rawValue]
      return CollectedSample(Metrics.limited, Double(count), labels)
    }
    samples += failures.map { key, count in
      var labels = ["server": key.server, "reason": key.reason.rawValue]
      labels["member"] = members[Self.host(of: key.server)]
      return CollectedSample(Metrics.upstreamFailures, Double(count), labels)
    }
    samples += disabled.map { server, count in
      CollectedSample(Metrics.upstreamDisabled, Double(count), ["server": server])
    }
    samples += withoutServer.map { upstream, count in
      CollectedSample(Metrics.withoutServer, Double(count), ["upstream": upstream])
    }
    return samples
      + severe.map { level, count in
        CollectedSample(Metrics.severe, Double(count), ["level": level])
      }
  }

  /// The address in `192.168.30.106:3000` or `[fd00::1]:3000`.
  private static func host(of server: String) -> String {
    if server.hasPrefix("[") { return String(server.dropFirst().prefix { $0 != "]" }) }
    return String(server.prefix { $0 != ":" })
  }
}
