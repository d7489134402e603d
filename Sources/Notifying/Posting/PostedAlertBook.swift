// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

/// The alerts that other programs post and that still fire; a value that reads no clock.
///
/// It is not stored: who posts an alert posts it again within a minute, and the planner waits longer
/// than that before it takes one as gone.
package struct PostedAlertBook: Sendable {
  /// Alerts that are kept; more are refused.
  package static let alertsMax = 10_000
  /// Bytes of their texts in all; more are refused.
  package static let bytesMax = 32 << 20
  /// An alert without an end is taken as over when it was not posted again for this long.
  package static let resolveTimeout = Duration.seconds(300)

  /// An alert and who posts it.
  package struct Entry: Equatable, Sendable {
    /// The alert, which fires.
    package fileprivate(set) var alert: Alert
    /// Who posted it last.
    package fileprivate(set) var postedBy: String
    /// When it was posted last.
    package fileprivate(set) var updatedAt: Timestamp
    /// It is over then, unless it is posted again.
    package fileprivate(set) var endsAt: Timestamp
    /// Nobody said when it ends.
    fileprivate var hasOpenEnd: Bool
    fileprivate var bytes: Int
  }

  /// What became of alerts that were posted together.
  package struct Outcome: Equatable, Sendable {
    /// Why some were not taken, in the order they came.
    package var faults: [String] = []
    /// Alerts that began with this post.
    package var begun: [LabelSet] = []
    /// Alerts that are over by what was posted.
    package var ended: [Alert] = []

    /// Makes the outcome of no alerts.
    package init() {}
  }

  private let alertsMax: Int
  private let bytesMax: Int
  /// What fires, by its labels.
  package private(set) var entries: [LabelSet: Entry] = [:]
  private var bytes = 0
  /// Alerts refused because the book was full.
  package private(set) var refused = 0

  /// Makes an empty book.
  package init(
    alertsMax: Int = PostedAlertBook.alertsMax,
    bytesMax: Int = PostedAlertBook.bytesMax
  ) {
    self.alertsMax = alertsMax
    self.bytesMax = bytesMax
  }

  /// Every alert that fires, in no order.
  package var firing: [Alert] { entries.values.map(\.alert) }

  /// When the next alert is over unless it is posted again; nil when none fires.
  package var nextEnd: Timestamp? { entries.values.map(\.endsAt).min() }

  /// Takes alerts; those with a fault are left out and the others taken.
  package mutating func take(_ posted: [PostedAlert], by sender: String, now: Timestamp) -> Outcome
  {
    var outcome = Outcome()
    for alert in posted {
      if let fault = alert.fault {
        outcome.faults.append(fault)
      } else {
        take(alert, by: sender, now: now, into: &outcome)
      }
    }
    return outcome
  }

  /// Takes out what is over by now.
  package mutating func end(at now: Timestamp) -> [Alert] {
    let over = entries.filter { $0.value.endsAt <= now }
    return over.values.map { entry in
      remove(entry.alert.labels)
      var alert = entry.alert
      alert.endsAt = entry.endsAt
      return alert
    }
  }

  private mutating func take(
    _ posted: PostedAlert,
    by sender: String,
    now: Timestamp,
    into outcome: inout Outcome
  ) {
    let known = entries[posted.labels]
    let startsAt = min(posted.startsAt ?? posted.endsAt ?? now, now)
    if let endsAt = posted.endsAt, endsAt <= now {
      // Its end before the start of what fires now is the end of an earlier time.
      if let known, endsAt < known.alert.startsAt { return }
      // An end is handed on also when nothing is known of the alert: the planner may remember it.
      let start = min(startsAt, known?.alert.startsAt ?? startsAt)
      outcome.ended.append(alert(of: posted, startsAt: start, endsAt: endsAt))
      remove(posted.labels)
      return
    }
    guard known != nil || (entries.count < alertsMax && bytes + posted.bytes <= bytesMax) else {
      refused += 1
      outcome.faults.append("more than \(alertsMax) alerts, or \(bytesMax) bytes of them, fire")
      return
    }
    var entry = Entry(
      alert: alert(of: posted, startsAt: min(startsAt, known?.alert.startsAt ?? startsAt)),
      postedBy: sender,
      updatedAt: now,
      endsAt: posted.endsAt ?? now + Self.resolveTimeout,
      hasOpenEnd: posted.endsAt == nil,
      bytes: posted.bytes
    )
    // An end that somebody said later than this one stands.
    if let known, !known.hasOpenEnd, known.endsAt > entry.endsAt { entry.endsAt = known.endsAt }
    if known == nil { outcome.begun.append(posted.labels) }
    bytes += entry.bytes - (known?.bytes ?? 0)
    entries[posted.labels] = entry
  }

  private func alert(
    of posted: PostedAlert,
    startsAt: Timestamp,
    endsAt: Timestamp? = nil
  ) -> Alert {
    Alert(
      labels: posted.labels,
      annotations: posted.annotations,
      startsAt: startsAt,
      endsAt: endsAt,
      sourceURL: posted.sourceURL
    )
  }

  private mutating func remove(_ labels: LabelSet) {
    guard let gone = entries.removeValue(forKey: labels) else { return }
    bytes -= gone.bytes
  }
}
