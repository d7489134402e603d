// SPDX-License-Identifier: MIT
package import MetricModel

/// One thing that somebody changed through the API: who, when, what.
package struct AuditEntry: Equatable, Sendable {
  /// What was done.
  package enum Action: String, Sendable, CaseIterable {
    case silenceMade = "silence_made"
    case silenceChanged = "silence_changed"
    case silenceExpired = "silence_expired"
    case alertAcknowledged = "alert_acknowledged"
    case acknowledgementWithdrawn = "acknowledgement_withdrawn"
    case alertsPosted = "alerts_posted"
    case testSent = "test_sent"
    case settingsReloaded = "settings_reloaded"
  }

  /// The longest text of an entry, in bytes; longer ones are cut.
  package static let textBytesMax = 2 << 10

  /// When.
  package let at: Timestamp
  /// The name of the token that was shown; without one, where the request came from.
  package let by: String
  /// What was done.
  package let action: Action
  /// What it was done to: the id of a silence, an alert, a receiver.
  package let subject: String
  /// More about it, such as matchers and comment; no secret.
  package let detail: String

  /// Describes what was done.
  package init(
    at: Timestamp,
    by: String,
    action: Action,
    subject: String,
    detail: String = ""
  ) {
    self.at = at
    self.by = Self.cut(by)
    self.action = action
    self.subject = Self.cut(subject)
    self.detail = Self.cut(detail)
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > textBytesMax else { return text }
    var cut = text.unicodeScalars.prefix(textBytesMax)
    while String(cut).utf8.count > textBytesMax - 3 { cut.removeLast() }
    return String(cut) + "…"
  }
}
