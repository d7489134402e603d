// SPDX-License-Identifier: MIT
package import MetricModel

/// The metrics that ``Ingest`` writes itself.
package enum IngestMetrics {
  static let up = MetricDefinition(
    "up",
    .gauge,
    help: "1 when the target's last settled poll was answered, 0 when it was not."
  )
  static let duration = MetricDefinition(
    "scrape_duration_seconds",
    .gauge,
    unit: "seconds",
    help: "How long the last settled poll of the target took."
  )
  static let samples = MetricDefinition(
    "scrape_samples_scraped",
    .gauge,
    help: "Samples in the answer to the last settled poll of the target."
  )
  static let keptSamples = MetricDefinition(
    "scrape_samples_post_metric_relabeling",
    .gauge,
    help: "Samples of the last settled scrape that relabelling left."
  )
  static let addedSeries = MetricDefinition(
    "scrape_series_added",
    .gauge,
    help: "Series of the last settled scrape that were not in the one before."
  )
  static let polls = MetricDefinition(
    "hvsmon_target_polls_total",
    .counter,
    help: "Polls of the target, confirmations included."
  )
  static let failures = MetricDefinition(
    "hvsmon_target_poll_failures_total",
    .counter,
    labels: ["reason"],
    help: "Failed polls of the target by reason, confirmations included."
  )
  static let connectionsClosed = MetricDefinition(
    "hvsmon_target_connections_closed_total",
    .counter,
    help: "Polls made at once because the target closed a held connection or told of a change."
  )
  /// What a collector could not ask although the target answered; collectors emit it themselves.
  package static let collectorPartial = MetricDefinition(
    "hvsmon_collector_partial",
    .gauge,
    labels: ["part", "node", "reason"],
    help: "1 for each part of the target that could not be asked; its series are left out."
  )

  /// The reasons that say of a part with a node that nothing is known of the node.
  package static let wholeNodeReasons: Set<String> = ["node_down", "no_figures"]

  /// All of them.
  package static let all = [
    up, duration, samples, keptSamples, addedSeries, polls, failures, connectionsClosed,
    collectorPartial,
  ]

  /// Those that a target has itself, by name.
  static let ofTargets = MetricCatalog(all.filter { $0 != collectorPartial })
}

/// What ``Ingest`` took and refused since the start.
package struct IngestStatistics: Equatable, Sendable {
  /// Samples handed to the store.
  package var appended = 0
  /// Samples refused by reason: `undefined_metric`, `undefined_label`, `long_label`,
  /// `staleness_marker`, `too_many_samples`, `store_limit`, `store_failure`, `duplicate`, `too_old`,
  /// and of scraped and written ones `too_new`, `bad_labels`, `histogram`.
  package var refused: [String: Int] = [:]

  /// Makes zeros.
  package init() {}
}

/// Tells that samples have arrived.
package struct IngestEvent: Sendable {
  /// The timestamp of the samples.
  package let time: Timestamp
  /// The names of the metrics that got a sample or a staleness marker.
  package let metricNames: Set<String>
  /// The names among them of which a series has another value than before, or came, or ended.
  package let changedNames: Set<String>
  /// A target went up or down, series ended, or somebody waits for these samples: rules should look
  /// at once.
  package let isUrgent: Bool
}
