// SPDX-License-Identifier: MIT
package import MetricModel

/// Names what one place is told about one group of alerts.
package struct ToldKey: Hashable, Sendable {
  /// The place.
  package let integration: IntegrationID
  /// The group.
  package let groupKey: String

  /// Names a place and a group.
  package init(_ integration: IntegrationID, _ groupKey: String) {
    self.integration = integration
    self.groupKey = groupKey
  }

  init(_ notification: AlertNotification) {
    self.init(notification.integration, notification.groupKey)
  }
}

/// What one place was told last of one alert; of two the newer counts.
package struct ToldAlert: Equatable, Sendable {
  /// What the people there believe of it.
  package enum State: Int, Sendable, CaseIterable {
    /// It fires.
    case firing
    /// It ended.
    case ended
    /// It fires; that is over, and nobody is told so.
    case forgotten
  }

  /// What they believe.
  package let state: State
  /// How urgent it was said to be.
  package let severity: SeverityRank
  /// Rises with each change: the time in Unix milliseconds, or more when a change came before it.
  package let version: Int64
  /// The instance that told it.
  package let by: String

  /// Describes what was told.
  package init(_ state: State, _ severity: SeverityRank, version: Int64, by name: String) {
    self.state = state
    self.severity = severity
    self.version = version
    by = name
  }

  func isNewer(than other: ToldAlert) -> Bool {
    (version, state.rawValue, severity.rawValue, by)
      > (other.version, other.state.rawValue, other.severity.rawValue, other.by)
  }
}

/// The message that a place took last about a group.
package struct ToldMessage: Equatable, Sendable {
  /// As of ``ToldAlert/version``.
  package let version: Int64
  /// When it was taken.
  package let sentAt: Timestamp
  /// The instance that sent it.
  package let by: String
  /// What the service calls it, while it can be edited.
  package let message: SentMessage?

  /// Describes a message.
  package init(version: Int64, sentAt: Timestamp, by name: String, message: SentMessage?) {
    self.version = version
    self.sentAt = sentAt
    by = name
    self.message = message
  }

  func isNewer(than other: ToldMessage) -> Bool {
    guard version == other.version, by == other.by else {
      return (version, by) > (other.version, other.by)
    }
    let (mine, theirs) = (message?.reference.text ?? "", other.message?.reference.text ?? "")
    guard mine == theirs else { return mine > theirs }
    return sentAt > other.sentAt
  }
}

/// Everything that one place was told about one group, by whichever instance.
///
/// Two of these join in any order and any number of times to the same value: each part is the newest
/// or the largest of its kind.
package struct ToldGroup: Equatable, Sendable {
  /// The most alerts that are kept of one; those told first make room.
  package static let alertsMax = 15_000
  /// What ended is kept for this long after it, so that no older word of it comes back.
  static let endedKept = Duration.seconds(120 * 3_600)

  /// By the alerts' fingerprints.
  package private(set) var alerts: [String: ToldAlert]
  /// The latest message; nil when none is known.
  package private(set) var last: ToldMessage?
  /// The number of the latest message by which its event id is made.
  package private(set) var serial: Int64
  /// Nobody needs to know of it after that.
  package private(set) var expiresAt: Timestamp
  /// The newest version of anything in it.
  private(set) var newestVersion: Int64

  /// Describes what was told.
  package init(
    alerts: [String: ToldAlert] = [:],
    last: ToldMessage? = nil,
    serial: Int64 = 0,
    expiresAt: Timestamp
  ) {
    self.alerts = alerts
    self.last = last
    self.serial = serial
    self.expiresAt = expiresAt
    newestVersion = max(alerts.values.lazy.map(\.version).max() ?? 0, last?.version ?? 0)
    trim()
  }

  /// Takes the newer part of each; true when that changed anything.
  package mutating func merge(_ other: ToldGroup) -> Bool {
    var isChanged = serial < other.serial || expiresAt < other.expiresAt
    var added: [String] = []
    for (fingerprint, theirs) in other.alerts {
      if let known = alerts[fingerprint] {
        guard theirs.isNewer(than: known) else { continue }
        isChanged = true
      } else {
        added.append(fingerprint)
      }
      alerts[fingerprint] = theirs
    }
    if let theirs = other.last, last.map({ theirs.isNewer(than: $0) }) ?? true {
      last = theirs
      isChanged = true
    }
    serial = max(serial, other.serial)
    expiresAt = max(expiresAt, other.expiresAt)
    newestVersion = max(newestVersion, other.newestVersion)
    trim()
    // What did not stay is no news: instances would hand it to each other for ever.
    return isChanged || added.contains { alerts[$0] != nil }
  }

  /// Notes that alerts that the place believes to fire ended, and that it is not told so; false when
  /// it believes that of none of them.
  mutating func forget(_ fingerprints: [String], by name: String, now: Timestamp) -> Bool {
    // Later than all that is known, whatever the clocks of the instances say.
    let version = max(now.unixMilliseconds, newestVersion + 1)
    var isChanged = false
    for fingerprint in fingerprints {
      guard let known = alerts[fingerprint], known.state == .firing else { continue }
      alerts[fingerprint] = ToldAlert(.forgotten, known.severity, version: version, by: name)
      isChanged = true
    }
    guard isChanged else { return false }
    newestVersion = version
    trim()
    return true
  }

  private mutating func trim() {
    let oldest = newestVersion - Self.endedKept.wholeMilliseconds
    if alerts.contains(where: { $0.value.state != .firing && $0.value.version < oldest }) {
      alerts = alerts.filter { $0.value.state == .firing || $0.value.version >= oldest }
    }
    guard alerts.count > Self.alertsMax else { return }
    let newest = alerts.sorted {
      ($0.value.version, $0.key) > ($1.value.version, $1.key)
    }
    alerts = Dictionary(uniqueKeysWithValues: newest.prefix(Self.alertsMax).map { ($0, $1) })
  }
}
