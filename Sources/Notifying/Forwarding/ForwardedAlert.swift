// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

/// An alert as it is told to an Alertmanager.
package struct ForwardedAlert: Equatable, Sendable {
  /// The alert; its ``Alert/endsAt`` tells whether it still fires.
  package let alert: Alert
  /// Its end, or when the Alertmanager is to take it as over if it hears no more.
  package let endsAt: Timestamp

  /// Describes an alert.
  package init(_ alert: Alert, endsAt: Timestamp) {
    self.alert = alert
    self.endsAt = endsAt
  }
}

/// Decides which alerts are due to be told to Alertmanagers; a value that reads no clock.
///
/// Source: Prometheus' alert generator: a firing alert is told at once and then each minute, with an
/// end that lies four minutes ahead, so that it ends by itself when nobody tells it any more; one
/// that has ended is told at once and then each minute for fifteen.
package struct ForwardingSchedule: Sendable {
  /// What is told is told again after this long.
  package static let repetition = Duration.seconds(60)
  /// The end of a firing alert lies this far ahead.
  package static let validity = repetition * 4
  /// An alert that has ended is told again for this long.
  package static let memory = Duration.seconds(900)
  /// Alerts that are looked after; more are left out.
  package static let alertsMax = 20_000

  private struct Entry {
    var alert: Alert
    var toldAt: Timestamp?
  }

  private var entries: [LabelSet: Entry] = [:]

  /// Makes a schedule of nothing.
  package init() {}

  /// Takes what fires and what has ended since the last call.
  ///
  /// - Returns: How many were left out because there are too many.
  package mutating func take(firing: [Alert], ended: [Alert]) -> Int {
    var leftOut = 0
    for alert in firing + ended {
      guard var known = entries[alert.labels] else {
        // The end of what nobody was told of is no news; after a restart it may be.
        guard entries.count < Self.alertsMax else {
          leftOut += 1
          continue
        }
        entries[alert.labels] = Entry(alert: alert)
        continue
      }
      let isNews =
        known.alert.isResolved != alert.isResolved || known.alert.startsAt != alert.startsAt
      // The first end stands.
      if known.alert.isResolved, alert.isResolved, !isNews { continue }
      known.alert = alert
      if isNews { known.toldAt = nil }
      entries[alert.labels] = known
    }
    return leftOut
  }

  /// What is due by now; it counts as told.
  package mutating func due(at now: Timestamp) -> [ForwardedAlert] {
    var due: [ForwardedAlert] = []
    for (labels, entry) in entries {
      if let ended = entry.alert.endsAt, now - ended > Self.memory {
        entries[labels] = nil
        continue
      }
      // A clock that was set back must not keep an alert from being told.
      if let told = entry.toldAt, told <= now, now - told < Self.repetition { continue }
      entries[labels]?.toldAt = now
      due.append(
        ForwardedAlert(entry.alert, endsAt: entry.alert.endsAt ?? now + Self.validity)
      )
    }
    return due.sorted { $0.alert.labels < $1.alert.labels }
  }

  /// When something is due next; nil when nothing is.
  package var nextDue: Timestamp? {
    entries.values.map { $0.toldAt.map { $0 + Self.repetition } ?? .distantPast }.min()
  }
}
