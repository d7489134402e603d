// SPDX-License-Identifier: MIT
import MetricModel

/// What hvsmon finds out about its own place in the network.
enum MonitorMetrics {
  static let isolated = MetricDefinition(
    "hvsmon_monitor_isolated",
    .gauge,
    help: "1 while neither the gateway nor any witness gives a sign of life: hvsmon is cut off."
  )
  static let witnessUp = MetricDefinition(
    "hvsmon_monitor_witness_up",
    .gauge,
    labels: ["witness"],
    help: "1 when the gateway or a witness outside the cluster gave a sign of life, else 0."
  )

  static let all = [isolated, witnessUp]
}
