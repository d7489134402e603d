// SPDX-License-Identifier: MIT
package import MetricModel

/// One target and its last settled poll.
package struct TargetReport: Equatable, Sendable {
  /// What its last settled poll found.
  package enum Health: String, Sendable {
    case up
    case down
    /// It was not polled yet.
    case unknown
  }

  /// Identifies it among all targets.
  package var key: String
  /// What all its series carry.
  package var labels: LabelSet
  /// The distance of its polls.
  package var interval: Duration
  /// The time a poll may take.
  package var timeout: Duration
  /// What its last settled poll found.
  package var health: Health
  /// Why it counts as failing; empty when it works.
  package var lastError: String
  /// When the last settled poll began; nil before the first.
  package var polledAt: Timestamp?
  /// How long that poll took.
  package var took: Duration

  /// Describes a target.
  package init(
    key: String,
    labels: LabelSet,
    interval: Duration,
    timeout: Duration,
    health: Health = .unknown,
    lastError: String = "",
    polledAt: Timestamp? = nil,
    took: Duration = .zero
  ) {
    self.key = key
    self.labels = labels
    self.interval = interval
    self.timeout = timeout
    self.health = health
    self.lastError = lastError
    self.polledAt = polledAt
    self.took = took
  }

  /// The label `job`.
  var job: String { labels["job"] ?? "" }
}
