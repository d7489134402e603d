// SPDX-License-Identifier: MIT
package import MetricModel

/// What one step of the planner decided: it is stored as one piece, messages and state together.
package struct NotificationPlan: Equatable, Sendable {
  /// The messages to send, in order.
  package var notifications: [AlertNotification] = []
  /// The groups whose kept state must be replaced.
  package var changedGroups: [NotificationGroup] = []
  /// The groups whose kept state must be dropped.
  package var removedGroups: [GroupID] = []
  /// What must be kept of alerts that come and go.
  package var changedFlaps: [FlapHistory] = []
  /// The alerts of which nothing of that kind must be kept any more.
  package var removedFlaps: [LabelSet] = []

  /// Makes a plan that changes nothing.
  package init() {}

  /// There is nothing to store.
  package var isEmpty: Bool {
    notifications.isEmpty && changedGroups.isEmpty && removedGroups.isEmpty
      && changedFlaps.isEmpty && removedFlaps.isEmpty
  }
}
