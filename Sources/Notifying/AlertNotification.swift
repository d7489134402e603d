// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

/// Why a notification is sent.
package enum NotificationReason: String, Sendable, CaseIterable {
  /// The first alerts of a group fire.
  case firing
  /// More alerts fire in a group that was already told.
  case moreFiring
  /// Every alert of the group has ended.
  case resolved
  /// Some alerts of the group have ended, others still fire.
  case partlyResolved
  /// Nothing changed for the repeat interval.
  case repeated
  /// A silence, or the work on what the alerts are about, is over, and they still fire.
  case silenceEnded
  /// The time in which the route is quiet is over.
  case muteEnded
  /// Nobody acknowledged the alerts for the time that the route allows.
  case escalated
  /// Another receiver should have been told and could not be reached.
  case fallback
  /// More groups begin to fire at once than are told one by one.
  case storm
  /// Groups are told one by one again.
  case stormEnded
  /// Alerts begin and end too often to be told each time.
  case flapping
  /// Alerts that flapped are calm, and fire.
  case flappingEnded
}

/// One alert inside a notification.
package struct NotifiedAlert: Equatable, Sendable {
  /// The alert as it was when the notification was made.
  package let alert: Alert
  /// This receiver had not been told before that it fires.
  package let isNew: Bool
  /// It counts as resolved only because no rule reports it any more; nobody saw it recover.
  package let isWithdrawn: Bool

  /// Describes an alert of a notification.
  package init(_ alert: Alert, isNew: Bool = false, isWithdrawn: Bool = false) {
    self.alert = alert
    self.isNew = isNew
    self.isWithdrawn = isWithdrawn
  }
}

/// One message to one integration about one group of alerts.
package struct AlertNotification: Equatable, Sendable {
  /// The same over retries and restarts, different for every other message.
  package let eventID: String
  /// Where it goes.
  package let integration: IntegrationID
  /// The route and the group in Alertmanager's notation, such as
  /// `{}/{severity="page"}:{alertname="A"}`.
  package let groupKey: String
  /// The labels that all alerts of the group share because it is grouped by them.
  package let groupLabels: LabelSet
  /// Counts the group's messages to this integration, from 1.
  package let sequence: Int
  /// Why it is sent.
  package let reason: NotificationReason
  /// Every firing alert of the group and those that ended since the last message; never empty;
  /// sorted by `job`, `instance`, then all labels.
  package let alerts: [NotifiedAlert]
  /// The address of this hvsmon for links; empty when none is configured.
  package let externalURL: String
  /// When it was decided.
  package let createdAt: Timestamp
  /// Set when earlier messages of the group could not be delivered and are part of this one: when
  /// the oldest of them was decided.
  package let delayedSince: Timestamp?
  /// What it says in place of hvsmon's own words; made for each delivery, and never stored.
  package var wording: MessageWording?

  /// Describes a notification; the alerts may come in any order.
  package init(
    eventID: String,
    integration: IntegrationID,
    groupKey: String,
    groupLabels: LabelSet,
    sequence: Int,
    reason: NotificationReason,
    alerts: [NotifiedAlert],
    externalURL: String = "",
    createdAt: Timestamp,
    delayedSince: Timestamp? = nil
  ) {
    self.eventID = eventID
    self.integration = integration
    self.groupKey = groupKey
    self.groupLabels = groupLabels
    self.sequence = sequence
    self.reason = reason
    self.alerts = alerts.sorted { $0.alert.labels.precedesInMessages($1.alert.labels) }
    self.externalURL = externalURL
    self.createdAt = createdAt
    self.delayedSince = delayedSince
  }

  /// It tells of the alerts of a storm.
  package var isStorm: Bool { groupKey.hasPrefix(GroupID.stormPrefix) }

  /// Every alert of it has ended.
  package var isResolved: Bool { alerts.allSatisfy { $0.alert.isResolved } }

  /// The alerts that fire.
  package var firing: [NotifiedAlert] { alerts.filter { !$0.alert.isResolved } }

  /// The alerts that have ended.
  package var resolved: [NotifiedAlert] { alerts.filter { $0.alert.isResolved } }

  /// The labels that have the same value in every alert.
  package var commonLabels: LabelSet {
    LabelSet(Self.common(alerts.map { Array($0.alert.labels) }))
  }

  /// The annotations that have the same text in every alert, sorted by name.
  package var commonAnnotations: [Label] { Self.common(alerts.map(\.alert.annotations)) }

  /// The query that an alert stems from; nil when this hvsmon's address is not known.
  ///
  /// Of an alert that another program posted, what that said.
  package func sourceURL(of alert: Alert) -> String? {
    guard alert.sourceURL.isEmpty else { return alert.sourceURL }
    return alert.graphURL(below: externalURL)
  }

  private static func common(_ lists: [[Label]]) -> [Label] {
    guard var shared = lists.first else { return [] }
    for list in lists.dropFirst() where !shared.isEmpty {
      let present = Set(list)
      shared.removeAll { !present.contains($0) }
    }
    return shared
  }
}

extension AlertNotification {
  /// Joins messages of one group that wait together for one integration into the one to send now.
  ///
  /// The newest says how things stand; an alert that only an older one mentions is kept, so that a
  /// firing that was never delivered and its recovery arrive together and in one piece.
  ///
  /// - Parameters:
  ///   - waiting: At least one message of the same group and integration, oldest first.
  ///   - wasTried: The oldest was tried before and failed.
  /// - Returns: The newest when it is alone; otherwise a message with its event id.
  package static func combining(_ waiting: [AlertNotification], wasTried: Bool) -> Self? {
    guard let newest = waiting.last, let oldest = waiting.first else { return nil }
    var alerts: [LabelSet: NotifiedAlert] = [:]
    for notification in waiting {
      for told in notification.alerts {
        // What was new in a message that never arrived is still new to the people.
        let isNew = told.isNew || alerts[told.alert.labels]?.isNew == true
        alerts[told.alert.labels] = NotifiedAlert(
          told.alert,
          isNew: isNew,
          isWithdrawn: told.isWithdrawn
        )
      }
    }
    return AlertNotification(
      eventID: newest.eventID,
      integration: newest.integration,
      groupKey: newest.groupKey,
      groupLabels: newest.groupLabels,
      sequence: newest.sequence,
      reason: combinedReason(waiting, alerts: Array(alerts.values)),
      alerts: Array(alerts.values),
      externalURL: newest.externalURL,
      createdAt: newest.createdAt,
      delayedSince: wasTried || waiting.count > 1 ? oldest.createdAt : nil
    )
  }

  private static func combinedReason(
    _ waiting: [AlertNotification],
    alerts: [NotifiedAlert]
  ) -> NotificationReason {
    if alerts.allSatisfy({ $0.alert.isResolved }) { return .resolved }
    if waiting.contains(where: { $0.reason == .firing }) { return .firing }
    if waiting.contains(where: { $0.reason == .moreFiring }) { return .moreFiring }
    let others: [NotificationReason] = [
      .storm, .stormEnded, .escalated, .fallback, .silenceEnded, .muteEnded, .flapping,
      .flappingEnded,
    ]
    if let told = others.first(where: { reason in waiting.contains { $0.reason == reason } }) {
      return told
    }
    return alerts.contains { $0.alert.isResolved } ? .partlyResolved : .repeated
  }
}

extension LabelSet {
  /// Alertmanager's order of alerts in a message.
  fileprivate func precedesInMessages(_ other: LabelSet) -> Bool {
    for name in ["job", "instance"] {
      let (mine, theirs) = (self[name] ?? "", other[name] ?? "")
      if mine != theirs { return mine.utf8.lexicographicallyPrecedes(theirs.utf8) }
    }
    return self < other
  }
}

extension Alert {
  /// The graph of its expression; nil when that, or hvsmon's own address, is not known.
  package func graphURL(below externalURL: String) -> String? {
    guard !externalURL.isEmpty, !expression.isEmpty else { return nil }
    let query = EscapedText.query(expression).replacing("+", with: "%20")
    return "\(externalURL)/graph?query=\(query)"
  }
}
