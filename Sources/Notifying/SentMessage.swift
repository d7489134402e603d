// SPDX-License-Identifier: MIT
package import MetricModel

/// What a service calls a message that it took, by which the message is found again.
package struct MessageReference: Hashable, Sendable {
  /// A longer text is no reference.
  package static let maximumBytes = 1_024

  /// The receiver's own words; they hold no secret.
  package let text: String

  /// Keeps a text; nil when it is empty or longer than ``maximumBytes``.
  package init?(_ text: String) {
    guard !text.isEmpty, text.utf8.count <= Self.maximumBytes else { return nil }
    self.text = text
  }
}

/// The message about a group that an integration was sent last, while the group goes on.
package struct SentMessage: Equatable, Sendable {
  /// What the service calls it.
  package let reference: MessageReference
  /// When the service showed it to people; an edit does not show it anew.
  package let sentAt: Timestamp
  /// How urgent its most urgent alert is, or was; nil when it tells of ended alerts only.
  package let severity: SeverityRank?

  /// Describes a message.
  package init(reference: MessageReference, sentAt: Timestamp, severity: SeverityRank?) {
    self.reference = reference
    self.sentAt = sentAt
    self.severity = severity
  }
}

/// How a message relates to the one before it about the same group.
package enum MessageRelation: Equatable, Sendable {
  /// There is none before it, or none that could be found again.
  case first
  /// It is news that people must be called for: a message of its own, which may name the earlier.
  case following(MessageReference)
  /// It takes the place of the earlier one where the service can edit; an edit calls nobody.
  case replacing(MessageReference)
}

extension AlertNotification {
  /// A message takes further alerts into itself no longer than this: later nobody looks at it.
  package static let longestGrowth = Duration.seconds(300)

  /// How the message relates to the one sent before.
  ///
  /// What ends is edited in. What begins is edited in while the message is young and only when it
  /// is no more urgent; otherwise, and for a reminder, people are called again.
  ///
  /// - Parameters:
  ///   - earlier: The group's message that was sent last; nil for none.
  ///   - now: The time of the delivery.
  /// - Returns: The relation.
  package func relation(to earlier: SentMessage?, now: Timestamp) -> MessageRelation {
    guard let earlier, sequence > 1 else { return .first }
    switch reason {
    case .resolved, .partlyResolved: return .replacing(earlier.reference)
    case .moreFiring:
      let isYoung = now - earlier.sentAt <= Self.longestGrowth
      guard isYoung, let known = earlier.severity, let worst = firing.map(\.alert.severity).max(),
        worst <= known
      else { return .following(earlier.reference) }
      return .replacing(earlier.reference)
    case .firing, .repeated, .silenceEnded, .muteEnded, .escalated, .fallback, .storm, .stormEnded,
      .flapping, .flappingEnded:
      return .following(earlier.reference)
    }
  }

  /// What is to be remembered once the message was taken.
  ///
  /// - Parameters:
  ///   - reference: What the service calls it; nil when it cannot be found again.
  ///   - earlier: The message that was known before.
  ///   - now: The time of the delivery.
  /// - Returns: Nil when there is no such message, or the group has ended with it.
  package func message(
    called reference: MessageReference?,
    after earlier: SentMessage?,
    now: Timestamp
  ) -> SentMessage? {
    guard let reference, !isResolved else { return nil }
    let severity = firing.map(\.alert.severity).max()
    guard let earlier, earlier.reference == reference else {
      return SentMessage(reference: reference, sentAt: now, severity: severity)
    }
    let known = [earlier.severity, severity].compactMap { $0 }.max()
    return SentMessage(reference: reference, sentAt: earlier.sentAt, severity: known)
  }
}
