// SPDX-License-Identifier: MIT
import MetricModel
import Rules

// An alert that nobody acknowledges in time, or that a receiver could not be told of, becomes a member
// of one more group, with the same key and another receiver: what is told there, repeated and ended,
// is like any other group's.
extension NotificationPlanner {
  /// The homes of an alert, and those where it is told because it was of no use, or not possible, to
  /// tell it there.
  func withOtherReceivers(_ homes: [AlertHome], _ alert: Alert, now: Timestamp) -> [AlertHome] {
    var all = homes
    for home in homes {
      for step in home.terms.escalation {
        let id = GroupID(receiver: step.receiver, key: home.id.key)
        guard !all.contains(where: { $0.id == id }) else { continue }
        let isToldThere = kept[id]?.members[alert.labels]?.toldTo.isEmpty == false
        guard isToldThere || isUnattended(alert, home.id, now: now, { $0 + step.after <= now })
        else { continue }
        all.append(home.copied(to: id, .escalation))
      }
      guard let fallback = settings.fallbacks[home.id.receiver] else { continue }
      let id = GroupID(receiver: fallback.receiver, key: home.id.key)
      guard !all.contains(where: { $0.id == id }) else { continue }
      let isToldThere = kept[id]?.members[alert.labels]?.toldTo.isEmpty == false
      let isLost = unreached[home.id.receiver].map { since in
        // What was told before that has arrived.
        since + fallback.after <= now && isUnattended(alert, home.id, now: now) { $0 >= since }
      }
      if isToldThere || isLost == true { all.append(home.copied(to: id, .fallback)) }
    }
    return all
  }

  /// The alert fires, messages of the group name it, nobody acknowledged it, and it was told first
  /// when `isSo` says.
  private func isUnattended(
    _ alert: Alert,
    _ id: GroupID,
    now: Timestamp,
    _ isSo: (_ toldAt: Timestamp) -> Bool
  ) -> Bool {
    guard !alert.isResolved, let member = kept[id]?.members[alert.labels], member.quiet == nil,
      let told = member.firstToldAt, isSo(told)
    else { return false }
    return silences.acknowledgement(of: alert, inGroup: id.key) == nil
  }

  /// When the next receiver has not been reached for too long.
  var nextFallback: Timestamp? {
    unreached.compactMap { receiver, since -> Timestamp? in
      guard let fallback = settings.fallbacks[receiver] else { return nil }
      let due = since + fallback.after
      return due > lastStep ? due : nil
    }.min()
  }

  /// When the next alert of a group is told to more receivers unless somebody acknowledges it.
  func nextEscalation(from group: NotificationGroup) -> Timestamp? {
    guard let steps = terms[group.id]?.escalation, !steps.isEmpty else { return nil }
    var next: Timestamp?
    for (labels, member) in group.members where member.isShownFiring && !member.isAcknowledged {
      guard let told = member.firstToldAt else { continue }
      for step in steps {
        let id = GroupID(receiver: step.receiver, key: group.id.key)
        guard kept[id]?.members[labels] == nil else { continue }
        // What is due but was not reported since waits for a report, not for a time.
        let due = told + step.after
        if due > lastStep { next = min(next ?? due, due) }
      }
    }
    return next
  }

  /// Finds what the settings say of the groups that are there, by the alerts in them.
  mutating func findTerms() {
    terms = [:]
    for group in kept.values {
      if group.id.isStorm {
        terms[group.id] = stormTerms(group.storm)
        // Since when it was quiet is not known: as if it had grown now.
        if storms.growth[group.id] == nil { storms.growth[group.id] = .distantFuture }
        continue
      }
      for labels in group.members.keys {
        let homes = foundHomes(of: labels)
        if let home = homes.first(where: { $0.id == group.id }) {
          terms[group.id] = home.terms
          break
        }
        guard let home = homes.first(where: { $0.id.key == group.id.key }) else { continue }
        let isEscalation = home.terms.escalation.contains { $0.receiver == group.id.receiver }
        terms[group.id] = home.terms.copied(isEscalation ? .escalation : .fallback)
        break
      }
    }
  }
}

extension AlertHome {
  /// The same group, told to another receiver.
  fileprivate func copied(to id: GroupID, _ origin: GroupOrigin) -> AlertHome {
    AlertHome(id: id, route: route, labels: labels, terms: terms.copied(origin))
  }
}
