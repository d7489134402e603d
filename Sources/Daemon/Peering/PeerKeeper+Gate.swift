// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying
import Polling

extension PeerKeeper: DeliveryGating {
  func verdict(on waiting: [QueuedNotification], now: Timestamp) -> DeliveryVerdict {
    let verdict = judge(waiting, now: now)
    if case .leave(let ids, let teller) = verdict { noteLeft(to: teller, ids.count) }
    return verdict
  }

  func noteDelivered(
    _ notification: AlertNotification,
    leaving message: SentMessage?,
    at time: Timestamp
  ) {
    noteTold(notification, message, time)
  }

  /// What there is to tell.
  func samples() -> [CollectedSample] {
    guard let settings, let replica else { return [] }
    let now = surroundings.clock.now
    var samples = [
      CollectedSample(PeerMetrics.ahead, Double(replica.ahead(at: now).count))
    ]
    for peer in settings.others.map(\.name) {
      let labels = ["peer": peer]
      let known = statistics[peer] ?? PeerStatistics()
      samples += [
        CollectedSample(PeerMetrics.isUp, replica.isAlive(peer, at: now) ? 1 : 0, labels),
        CollectedSample(PeerMetrics.failures, Double(known.failures), labels),
        CollectedSample(PeerMetrics.deduplicated, Double(known.deduplicated), labels),
        CollectedSample(PeerMetrics.oversized, Double(known.oversized), labels),
      ]
      if let time = known.exchangedAt {
        samples.append(CollectedSample(PeerMetrics.exchanged, time.unixSeconds, labels))
      }
      if let offset = replica.link(to: peer)?.clockOffset, known.exchangedAt != nil {
        samples.append(CollectedSample(PeerMetrics.clockOffset, offset.inSeconds, labels))
      }
    }
    return samples
  }
}

/// What became of exchanges with one other instance since the start.
struct PeerStatistics: Equatable, Sendable {
  /// When something was given and taken last.
  var exchangedAt: Timestamp?
  /// Exchanges that failed.
  var failures = 0
  /// Messages that were not sent from here because it had told the same.
  var deduplicated = 0
  /// Things that it was not given, as no message can hold them.
  var oversized = 0
  /// Why the latest exchange failed; nil when it went well.
  var lastFailure: String?
}

/// What hvsmon tells of the other instances on the same cluster.
enum PeerMetrics {
  static let isUp = MetricDefinition(
    "hvsmon_peer_up",
    .gauge,
    labels: ["peer"],
    help: "1 while the other instance gives signs of life, else 0."
  )
  static let ahead = MetricDefinition(
    "hvsmon_peers_ahead",
    .gauge,
    help: "Live instances that tell people before this one: 0 means that it is the one that does."
  )
  static let exchanged = MetricDefinition(
    "hvsmon_peer_last_exchange_timestamp_seconds",
    .gauge,
    unit: "seconds",
    labels: ["peer"],
    help: "When something was last exchanged with the other instance, in Unix seconds."
  )
  static let failures = MetricDefinition(
    "hvsmon_peer_exchange_failures_total",
    .counter,
    labels: ["peer"],
    help: "Exchanges with the other instance that failed."
  )
  static let deduplicated = MetricDefinition(
    "hvsmon_peer_deduplicated_notifications_total",
    .counter,
    labels: ["peer"],
    help: "Messages that were not sent from here because the other instance had told the same."
  )
  static let oversized = MetricDefinition(
    "hvsmon_peer_oversized_things_total",
    .counter,
    labels: ["peer"],
    help: "What the other instance was not given because no message can hold it."
  )
  static let clockOffset = MetricDefinition(
    "hvsmon_peer_clock_offset_seconds",
    .gauge,
    unit: "seconds",
    labels: ["peer"],
    help: "How far the clock of the other instance is ahead of this one's, transmission included."
  )

  static let all = [isUp, ahead, exchanged, failures, deduplicated, oversized, clockOffset]
}
