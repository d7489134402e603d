// SPDX-License-Identifier: MIT
package import MetricModel
package import Notifying

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

  /// Describes the end of a notification.
  package init(_ notification: AlertNotification, endedAt: Timestamp, failure: String? = nil) {
    self.init(
      eventID: notification.eventID,
      integration: notification.integration,
      groupKey: notification.groupKey,
      reason: notification.reason,
      decidedAt: notification.createdAt,
      endedAt: endedAt,
      failure: failure
    )
  }

  init(
    eventID: String,
    integration: IntegrationID,
    groupKey: String,
    reason: NotificationReason,
    decidedAt: Timestamp,
    endedAt: Timestamp,
    failure: String?
  ) {
    self.eventID = eventID
    self.integration = integration
    self.groupKey = groupKey
    self.reason = reason
    self.decidedAt = decidedAt
    self.endedAt = endedAt
    self.failure = failure
  }
}
