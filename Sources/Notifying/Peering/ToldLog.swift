// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

/// An alert that a place was told of ended, and nobody is told so: it was silenced, for example.
package struct SilentEnd: Hashable, Sendable {
  /// Who had been told of it, in which group.
  package let key: ToldKey
  /// The alert.
  package let fingerprint: String

  /// Names an end.
  package init(_ key: ToldKey, fingerprint: String) {
    self.key = key
    self.fingerprint = fingerprint
  }
}

/// What every place was told about every group, by all instances together.
package struct ToldLog: Sendable {
  /// Groups that are kept; the one that is of use for the shortest time makes room.
  package static let groupsMax = 10_000

  /// What is known, by place and group.
  package private(set) var groups: [ToldKey: ToldGroup] = [:]
  private var pushedOut: [ToldKey] = []

  /// Goes on with what was stored, as far as there is room for it.
  package init(_ groups: [ToldKey: ToldGroup] = [:]) {
    self.groups = groups
    guard groups.count > Self.groupsMax else { return }
    let latest = groups.sorted { ($0.value.expiresAt, $0.key) > ($1.value.expiresAt, $1.key) }
    self.groups = Dictionary(uniqueKeysWithValues: latest.prefix(Self.groupsMax).map { ($0, $1) })
  }

  /// Notes that a place took a message.
  ///
  /// - Parameters:
  ///   - notification: What it took.
  ///   - message: What is to be remembered of it for edits.
  ///   - name: The instance that sent it.
  ///   - serial: The number by which its event id was made; nil for one more than before.
  ///   - lifetime: How long that is of use.
  ///   - now: When it was taken.
  package mutating func note(
    _ notification: AlertNotification,
    leaving message: SentMessage?,
    by name: String,
    serial: Int64?,
    lifetime: Duration,
    now: Timestamp
  ) {
    let key = ToldKey(notification)
    // Later than all that is known, whatever the clocks of the instances say.
    let version = max(now.unixMilliseconds, (groups[key]?.newestVersion ?? 0) + 1)
    var alerts: [String: ToldAlert] = [:]
    for told in notification.alerts {
      let state: ToldAlert.State = told.alert.isResolved ? .ended : .firing
      let severity = told.alert.severity
      alerts[told.alert.fingerprint] = ToldAlert(state, severity, version: version, by: name)
    }
    let told = ToldGroup(
      alerts: alerts,
      last: ToldMessage(version: version, sentAt: now, by: name, message: message),
      serial: serial ?? (groups[key]?.serial ?? 0) + 1,
      expiresAt: now + lifetime
    )
    _ = merge(told, for: key, now: now)
  }

  /// Notes ends that nobody is told of.
  ///
  /// - Returns: What is known otherwise now; an end of which nobody was told the begin changes
  ///   nothing.
  package mutating func note(_ ends: [SilentEnd], by name: String, now: Timestamp) -> [ToldKey] {
    var changed: [ToldKey] = []
    for (key, ends) in Dictionary(grouping: ends, by: \.key) {
      guard let expiry = groups[key]?.expiresAt, expiry > now else { continue }
      let isChanged = groups[key]?.forget(ends.map(\.fingerprint), by: name, now: now)
      if isChanged == true { changed.append(key) }
    }
    return changed
  }

  /// Takes in what is known elsewhere; false when it is nothing new, or of no use any more.
  package mutating func merge(_ told: ToldGroup, for key: ToldKey, now: Timestamp) -> Bool {
    guard told.expiresAt > now else { return false }
    if groups[key] != nil { return groups[key]?.merge(told) == true }
    if groups.count >= Self.groupsMax {
      let first = groups.min { ($0.value.expiresAt, $0.key) < ($1.value.expiresAt, $1.key) }
      if let first {
        groups[first.key] = nil
        pushedOut.append(first.key)
      }
    }
    groups[key] = told
    return true
  }

  /// The groups that made room since this was asked last; some may have come back.
  mutating func takePushedOut() -> [ToldKey] {
    defer { pushedOut = [] }
    return pushedOut
  }

  /// Drops what is of no use any more.
  package mutating func prune(now: Timestamp) -> [ToldKey] {
    let over = groups.filter { $0.value.expiresAt <= now }.map(\.key)
    for key in over { groups[key] = nil }
    return over
  }
}

// MARK: Who told it

extension ToldLog {
  /// Who has told all that waits for a place about a group.
  ///
  /// What the people there believe is compared with what they would be told; what was told by this
  /// instance alone, before that was decided, is for its planner to judge.
  ///
  /// - Parameters:
  ///   - waiting: The messages of one group for one place, oldest first.
  ///   - name: This instance.
  ///   - tolerance: How far the clocks and the views of the instances may be apart.
  /// - Returns: The instance; nil when none has.
  package func teller(
    of waiting: [AlertNotification],
    besides name: String,
    tolerance: Duration
  ) -> String? {
    guard let combined = AlertNotification.combining(waiting, wasTried: false) else { return nil }
    let key = ToldKey(combined)
    let known = registers(for: key)
    guard !known.isEmpty else { return nil }
    var ended: [LabelSet: Timestamp] = [:]
    for earlier in waiting.dropLast() {
      for told in earlier.resolved { ended[told.alert.labels] = told.alert.endsAt }
    }
    let least = combined.reason.isReminder ? combined.createdAt - tolerance : .distantPast
    var teller: String?
    for alert in combined.alerts.map(\.alert) {
      guard let register = known[alert.fingerprint] else { return nil }
      let toldAt = Timestamp(unixMilliseconds: register.version)
      if alert.isResolved {
        // An end that was told before this one began is another's.
        guard register.state == .ended, toldAt >= alert.startsAt - tolerance else { return nil }
      } else {
        guard register.state == .firing, register.severity >= alert.severity, toldAt >= least
        else { return nil }
        // It ended and came back while nobody was told.
        if let end = ended[alert.labels], toldAt <= end { return nil }
      }
      // What was told here since it was decided was told before a crash.
      if register.by != name || toldAt > combined.createdAt { teller = register.by }
    }
    return teller
  }

  /// What the place believes of alerts, in this group or, as an instance may have seen a storm where
  /// another saw none, in the group of a storm.
  private func registers(for key: ToldKey) -> [String: ToldAlert] {
    let storm = ToldKey(key.integration, GroupID.storm(at: key.integration.receiver).key)
    if key == storm {
      var all: [String: ToldAlert] = [:]
      for (other, group) in groups where other.integration == key.integration {
        all.merge(group.alerts) { $0.isNewer(than: $1) ? $0 : $1 }
      }
      return all
    }
    let own = groups[key]?.alerts ?? [:]
    guard let others = groups[storm]?.alerts, !others.isEmpty else { return own }
    return own.merging(others) { $0.isNewer(than: $1) ? $0 : $1 }
  }
}

extension NotificationReason {
  /// It says again what is known, because people are to hear it again.
  var isReminder: Bool {
    switch self {
    case .repeated, .silenceEnded, .stormEnded, .flapping, .flappingEnded: true
    case .firing, .moreFiring, .resolved, .partlyResolved, .muteEnded, .escalated, .fallback,
      .storm:
      false
    }
  }
}

extension ToldKey: Comparable {
  package static func < (left: ToldKey, right: ToldKey) -> Bool {
    (left.integration, left.groupKey) < (right.integration, right.groupKey)
  }
}
