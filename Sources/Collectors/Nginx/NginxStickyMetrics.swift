// SPDX-License-Identifier: MIT
import MetricModel

/// What is told of the way of one client through a tier of load balancers.
enum NginxStickyMetrics {
  static let sticky = MetricDefinition(
    "hvsmon_nginx_sticky",
    .gauge,
    help: "1 when all requests of hvsmon in one poll reached the same server, else 0."
  )
  static let server = MetricDefinition(
    "hvsmon_nginx_sticky_server_info",
    .info,
    labels: ["server"],
    help: "Each server that requests of hvsmon reached in the last poll."
  )
  static let asHashed = MetricDefinition(
    "hvsmon_nginx_sticky_as_hashed",
    .gauge,
    help:
      "1 when requests of hvsmon reach the server that ip_hash computes for its address, else 0; "
      + "only where the configuration is known by ssh."
  )

  static let all = [sticky, server, asHashed]
}
