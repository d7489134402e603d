// SPDX-License-Identifier: MIT

import MetricModel

/// What became of the notifications of one integration since start.
package struct DeliveryStatistics: Equatable, Sendable {
  /// The upper bounds in seconds of ``latencyBuckets``; one more bucket takes the rest.
  package static let latencyBounds: [Double] = [0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3_600]

  /// Notifications that the peer accepted; messages sent as one count each.
  package var delivered = 0
  /// Tries that failed and will be repeated.
  package var retried = 0
  /// Notifications given up.
  package var failed = 0
  /// Calls to the receiver.
  package var requests = 0
  /// The seconds from decision to acceptance, summed over ``delivered``.
  package var latencySecondsSum = 0.0
  /// How many deliveries fell into each stretch between two bounds; not cumulative.
  package var latencyBuckets = [Int](repeating: 0, count: latencyBounds.count + 1)
  /// Why the latest try failed; nil when it went well.
  package var lastFailure: String?

  /// Makes statistics of zero.
  package init() {}

  mutating func recordDelivery(latency: Duration) {
    delivered += 1
    let seconds = max(0, latency.inSeconds)
    latencySecondsSum += seconds
    let bucket = Self.latencyBounds.firstIndex { seconds <= $0 } ?? Self.latencyBounds.count
    latencyBuckets[bucket] += 1
  }
}
