// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

// What other instances on the same cluster told, as far as it matters for what is decided here.
extension NotificationPlanner {
  /// Takes note of messages that other instances sent: a repetition counts from them.
  ///
  /// - Parameters:
  ///   - messages: When the latest message of a group reached a place.
  ///   - now: The present.
  package mutating func noteTold(_ messages: [ToldKey: Timestamp], now: Timestamp) {
    for (key, time) in messages {
      let id = GroupID(receiver: key.integration.receiver, key: key.groupKey)
      guard let known = kept[id]?.log[key.integration], known.sentAt < min(time, now) else {
        continue
      }
      kept[id]?.log[key.integration]?.sentAt = min(time, now)
    }
  }

  /// The ends of alerts that a step noted and no message of its plan tells of.
  ///
  /// - Parameters:
  ///   - before: The planner before the step.
  ///   - plan: What the step decided.
  /// - Returns: Of each alert who had been told of it.
  package func silentEnds(since before: NotificationPlanner, _ plan: NotificationPlan)
    -> [SilentEnd]
  {
    let changed = plan.changedGroups.map(\.id) + plan.removedGroups
    var told: Set<SilentEnd> = []
    for notification in plan.notifications {
      let key = ToldKey(notification)
      for ended in notification.resolved {
        told.insert(SilentEnd(key, fingerprint: ended.alert.fingerprint))
      }
    }
    var ends: [SilentEnd] = []
    for id in changed {
      guard let old = before.kept[id] else { continue }
      for (labels, member) in old.members {
        let knowing = kept[id]?.members[labels]?.toldTo ?? []
        for integration in member.toldTo where !knowing.contains(integration) {
          let end = SilentEnd(ToldKey(integration, id.key), fingerprint: member.alert.fingerprint)
          if !told.contains(end) { ends.append(end) }
        }
      }
    }
    return ends
  }
}

extension AlertNotification {
  /// The same message under an id that follows from what it says and a number.
  func named(serial: Int64) -> AlertNotification {
    let told = alerts.map { told in
      let alert = told.alert
      return "\(alert.fingerprint) \(alert.isResolved ? "-" : String(alert.severity.rawValue))"
    }
    let content = LabelSet([
      "integration": integration.description, "group": groupKey,
      "alerts": told.sorted().joined(separator: ","),
    ])
    let fingerprint = Alert(labels: content, startsAt: createdAt).fingerprint
    return AlertNotification(
      eventID: "\(fingerprint)-\(String(serial, radix: 36))",
      integration: integration,
      groupKey: groupKey,
      groupLabels: groupLabels,
      sequence: sequence,
      reason: reason,
      alerts: alerts,
      externalURL: externalURL,
      createdAt: createdAt,
      delayedSince: delayedSince
    )
  }
}
