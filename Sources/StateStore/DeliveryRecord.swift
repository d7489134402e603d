// SPDX-License-Identifier: MIT
package import MetricModel
package import Notifying
import Rules

/// What became of one notification, kept to answer who was told and who was not.
package struct DeliveryRecord: Equatable, Sendable {
  /// The notification's event id.
  package let eventID: String
  /// Where it went.
  package let integration: IntegrationID
  /// Which group it was about.
  package let groupKey: String
  /// Why it was sent.
  package let reason: NotificationReason
  /// When it was decided.
  package let decidedAt: Timestamp
  /// When it was delivered or given up.
  package let endedAt: Timestamp
  /// Why it was given up; nil when it was delivered.
  package let failure: String?
  /// What the service said when it took it; empty when it was given up, or before that was kept.
  package let answer: String
  /// How many tries had failed before.
  package let failedTries: Int
  /// The fingerprints of its alerts, at most ``fingerprintsMax``; empty before that was kept.
  package let fingerprints: [String]
  /// The latest tries that had failed before, oldest first.
  package let tries: [FailedTry]

  /// Of the alerts of a larger notification only the first are noted.
  package static let fingerprintsMax = 100

  /// It was about this alert, as far as was noted.
  package func concerns(_ fingerprint: String, inGroups keys: Set<String>) -> Bool {
    if fingerprints.contains(fingerprint) { return true }
    // What is not noted may be left out by the limit.
    let isWhole = (1..<Self.fingerprintsMax).contains(fingerprints.count)
    return !isWhole && keys.contains(groupKey)
  }

  /// Describes the end of a notification.
  package init(
    _ notification: AlertNotification,
    endedAt: Timestamp,
    failure: String? = nil,
    answer: String = "",
    failedTries: Int = 0,
    tries: [FailedTry] = []
  ) {
    self.init(
      eventID: notification.eventID,
      integration: notification.integration,
      groupKey: notification.groupKey,
      reason: notification.reason,
      decidedAt: notification.createdAt,
      endedAt: endedAt,
      failure: failure,
      answer: answer,
      failedTries: failedTries,
      fingerprints: notification.alerts.prefix(Self.fingerprintsMax).map(\.alert.fingerprint),
      tries: tries
    )
  }

  init(
    eventID: String,
    integration: IntegrationID,
    groupKey: String,
    reason: NotificationReason,
    decidedAt: Timestamp,
    endedAt: Timestamp,
    failure: String?,
    answer: String,
    failedTries: Int,
    fingerprints: [String],
    tries: [FailedTry]
  ) {
    self.eventID = eventID
    self.integration = integration
    self.groupKey = groupKey
    self.reason = reason
    self.decidedAt = decidedAt
    self.endedAt = endedAt
    self.failure = failure
    self.answer = answer
    self.failedTries = failedTries
    self.fingerprints = fingerprints
    self.tries = tries
  }
}
