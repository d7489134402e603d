// SPDX-License-Identifier: MIT
import MetricModel
import Rules

extension NotificationPlanner {
  /// Decides what one group says now, and notes who knows what by it.
  mutating func flush(_ id: GroupID, now: Timestamp) -> [AlertNotification] {
    guard var group = kept[id] else { return [] }
    let timing = timing(of: id)
    var sent: [AlertNotification] = []
    let known = integrations[id.receiver] ?? []
    for integration in known {
      if let notification = message(to: integration, group: group, timing: timing, now: now) {
        let entry = NotificationLogEntry(sequence: notification.sequence, sentAt: now)
        group.log[integration.id] = entry
        sent.append(notification)
      }
      for (labels, member) in group.members
      where member.isShownFiring || member.alert.isResolved {
        if member.alert.isResolved {
          group.members[labels]?.toldTo.remove(integration.id)
        } else {
          group.members[labels]?.toldTo.insert(integration.id)
        }
      }
    }
    for (labels, member) in group.members where !member.alert.isResolved && member.quiet == nil {
      group.members[labels]?.toldSeverity = member.alert.severity
      group.members[labels]?.released = nil
      group.members[labels]?.flap = member.flap == nil || member.flap == .calm ? nil : .told
      if !sent.isEmpty, member.firstToldAt == nil { group.members[labels]?.firstToldAt = now }
    }
    unmutedGroups.remove(id)
    if !sent.isEmpty {
      group.flushes = (group.flushes + [now]).suffix(NotificationGroup.maximumFlushes)
    }
    if group.storm == .beginning {
      group.storm = .raging
      let raging = stormTerms(.raging).timing
      terms[id]?.timing = raging
    }
    kept[id] = group
    changed.insert(id)
    // Integrations that the settings no longer know cannot be told of the end.
    for labels in group.members.keys where group.members[labels]?.alert.isResolved == true {
      remove(labels, from: id)
    }
    return sent
  }

  private func message(
    to integration: Integration,
    group: NotificationGroup,
    timing: GroupTiming,
    now: Timestamp
  ) -> AlertNotification? {
    let firing = group.members.values.filter(\.isShownFiring)
    let new = firing.filter {
      !$0.toldTo.contains(integration.id) || $0.isWorseThanTold || $0.released != nil
        || $0.isFlapNews
    }
    let ended = group.members.values.filter {
      $0.alert.isResolved && $0.toldTo.contains(integration.id) && integration.sendsResolved
    }
    let entry = group.log[integration.id]
    let reason: NotificationReason
    if storms.ending.contains(group.id), entry != nil, !firing.isEmpty {
      reason = .stormEnded
    } else if !new.isEmpty {
      reason = self.reason(telling: new, of: firing, in: group)
    } else if !ended.isEmpty {
      reason = firing.isEmpty ? .resolved : .partlyResolved
    } else if let entry, now - entry.sentAt >= timing.repetition,
      firing.contains(where: { !$0.isAcknowledged })
    {
      reason = .repeated
    } else {
      return nil
    }
    let sequence = (entry?.sequence ?? 0) + 1
    let members = (firing + ended).map { member in
      NotifiedAlert(
        member.alert,
        isNew: !member.alert.isResolved
          && (!member.toldTo.contains(integration.id) || member.isWorseThanTold),
        isWithdrawn: member.isWithdrawn
      )
    }
    return AlertNotification(
      eventID: Self.eventID(integration.id, group, sequence: sequence),
      integration: integration.id,
      groupKey: group.id.key,
      groupLabels: group.labels,
      sequence: sequence,
      reason: reason,
      alerts: members,
      externalURL: settings.externalURL,
      createdAt: now
    )
  }

  /// Why a message is sent that tells of alerts which the integration did not know.
  private func reason(
    telling new: [GroupMember],
    of firing: [GroupMember],
    in group: NotificationGroup
  ) -> NotificationReason {
    if group.storm == .beginning { return .storm }
    switch terms[group.id]?.origin {
    case .escalation: return .escalated
    case .fallback: return .fallback
    case .route, nil: break
    }
    if new.allSatisfy({ $0.released != nil }) { return .silenceEnded }
    if new.allSatisfy({ $0.flap == .untold || $0.flap == .told }) { return .flapping }
    if new.allSatisfy({ $0.flap == .calm }) { return .flappingEnded }
    if unmutedGroups.contains(group.id) { return .muteEnded }
    return new.count == firing.count ? .firing : .moreFiring
  }

  /// A name of one message that is as short as a header wants it: the place and the group as a
  /// hash, then which life of the group, then which of its messages.
  private static func eventID(
    _ integration: IntegrationID,
    _ group: NotificationGroup,
    sequence: Int
  ) -> String {
    let place = Alert(
      labels: LabelSet(["integration": integration.description, "group": group.id.key]),
      startsAt: group.createdAt
    )
    let life = String(group.createdAt.unixMilliseconds, radix: 36)
    return "\(place.fingerprint)-\(life)-\(sequence)"
  }
}
