// SPDX-License-Identifier: MIT
package import MetricModel

/// What to do with messages that could be delivered now.
package enum DeliveryVerdict: Equatable, Sendable {
  /// They are this instance's to deliver.
  case deliver
  /// Look again then, which lies ahead.
  case rest(until: Timestamp)
  /// Those of these ids were told by another instance.
  case leave([Int64], toldBy: String)
}

/// Knows whether another instance on the same cluster tells people, and hears what was told here.
package protocol DeliveryGating: Sendable {
  /// Judges all messages that wait for one place about one group, oldest first.
  func verdict(on waiting: [QueuedNotification], now: Timestamp) async -> DeliveryVerdict

  /// Hears that a place took a message.
  ///
  /// - Parameters:
  ///   - notification: What it took.
  ///   - message: What is remembered of it for edits.
  ///   - time: When.
  func noteDelivered(
    _ notification: AlertNotification,
    leaving message: SentMessage?,
    at time: Timestamp
  ) async
}

/// For an instance that is alone: everything is its own to deliver.
package struct OpenGate: DeliveryGating {
  /// Makes a gate that is always open.
  package init() {}

  package func verdict(on waiting: [QueuedNotification], now: Timestamp) -> DeliveryVerdict {
    .deliver
  }

  package func noteDelivered(
    _ notification: AlertNotification,
    leaving message: SentMessage?,
    at time: Timestamp
  ) {}
}
