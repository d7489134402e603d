// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

/// What one Alertmanager is still to be told: of each alert the newest state.
package struct ForwardingBacklog: Sendable {
  /// The most alerts of one request.
  package static let batchMax = 256
  /// The most alerts that wait; the oldest make room.
  package static let alertsMax = 10_000

  private let alertsMax: Int
  private var waiting: [LabelSet: (number: Int, alert: ForwardedAlert)] = [:]
  /// The order in which they came, with numbers that stand no longer.
  private var order: [(number: Int, labels: LabelSet)] = []
  private var nextNumber = 0
  /// Alerts that were dropped, as there were too many or their news had grown old.
  package private(set) var dropped = 0

  /// Makes an empty backlog.
  package init(alertsMax: Int = ForwardingBacklog.alertsMax) {
    self.alertsMax = alertsMax
  }

  /// How many wait.
  package var count: Int { waiting.count }

  /// Adds alerts; each takes the place of an older state of the same alert.
  package mutating func add(_ alerts: [ForwardedAlert]) {
    for alert in alerts {
      let labels = alert.alert.labels
      // It keeps its place: what waits longest is told first.
      if let known = waiting[labels] {
        waiting[labels] = (known.number, alert)
        continue
      }
      waiting[labels] = (nextNumber, alert)
      order.append((nextNumber, labels))
      nextNumber += 1
    }
    while waiting.count > alertsMax { dropOldest() }
  }

  /// The next request's alerts, which stay until they are ``remove(_:)``-d.
  ///
  /// An alert that is no news any more is dropped: its end, of which nobody was to think that it
  /// fires any longer, has passed without its having been told.
  package mutating func batch(at now: Timestamp) -> [ForwardedAlert] {
    var batch: [ForwardedAlert] = []
    var kept: [(number: Int, labels: LabelSet)] = []
    var rest = order[...]
    while let next = rest.popFirst() {
      guard let entry = waiting[next.labels], entry.number == next.number else { continue }
      if !entry.alert.alert.isResolved, entry.alert.endsAt <= now {
        waiting[next.labels] = nil
        dropped += 1
        continue
      }
      kept.append(next)
      batch.append(entry.alert)
      if batch.count == Self.batchMax { break }
    }
    order = kept + rest
    return batch
  }

  /// Removes what was told; an alert whose state is another one by now stays.
  package mutating func remove(_ told: [ForwardedAlert]) {
    for alert in told where waiting[alert.alert.labels]?.alert == alert {
      waiting[alert.alert.labels] = nil
    }
  }

  private mutating func dropOldest() {
    while !order.isEmpty {
      let oldest = order.removeFirst()
      guard waiting[oldest.labels]?.number == oldest.number else { continue }
      waiting[oldest.labels] = nil
      dropped += 1
      return
    }
  }
}
