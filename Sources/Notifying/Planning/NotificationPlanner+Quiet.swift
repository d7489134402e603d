// SPDX-License-Identifier: MIT
import MetricModel
package import Rules

extension NotificationPlanner {
  /// Notes of every alert in a group what keeps it out of messages from now on, and what no longer
  /// does.
  mutating func noteQuiet(now: Timestamp) {
    var leaving: [(LabelSet, GroupID)] = []
    for (labels, ids) in holders {
      let found = quietReasons(of: labels).kind
      for id in ids {
        guard var member = kept[id]?.members[labels] else { continue }
        // Work on it does not take back what was told.
        let kind = found == .maintenance && !member.toldTo.isEmpty ? nil : found
        if kind != nil, member.alert.isResolved {
          // As Alertmanager does: who silences an alert does not hear of its end either.
          leaving.append((labels, id))
          continue
        }
        let acknowledged =
          !member.alert.isResolved
          && silences.acknowledgement(of: member.alert, inGroup: id.key) != nil
        guard member.isAcknowledged != acknowledged || member.quiet != kind else { continue }
        member.isAcknowledged = acknowledged
        if member.quiet != kind {
          member.turn(quiet: kind, now: now)
          changed.insert(id)
        }
        kept[id]?.members[labels] = member
      }
    }
    for (labels, id) in leaving { remove(labels, from: id) }
  }

  /// When work begins or ends next that may keep an alert quiet.
  var nextMaintenance: Timestamp? {
    guard !holders.isEmpty else { return nil }
    let announced = settings.maintenance.compactMap { $0.nextChange(after: lastStep) }.min()
    return [announced, maintenance.nextEnd].compactMap { $0 }.min()
  }

  /// What keeps an alert with these labels out of messages, as of the last step.
  func quietReasons(of labels: LabelSet) -> QuietReasons {
    var reasons = QuietReasons()
    reasons.silences = silences.active(for: labels, at: lastStep).map(\.id).sorted()
    if !maintenance.isIdle { reasons.maintenance = maintenance.words(about: labels) }
    reasons.inhibitors = ruleInhibition.inhibitors(of: labels)
    return reasons
  }

  /// Notes which groups their routes keep quiet now, and which no longer.
  mutating func noteMuting(now: Timestamp) {
    guard !settings.timeWindows.isEmpty else {
      mutedGroups = []
      return
    }
    openWindows = Set(settings.timeWindows.values.lazy.filter { $0.contains(now) }.map(\.name))
    for id in kept.keys {
      guard let muting = terms[id]?.muting, !muting.isEmpty else {
        mutedGroups.remove(id)
        continue
      }
      if !muting.mutedBy(openWindows).isEmpty {
        mutedGroups.insert(id)
      } else if mutedGroups.remove(id) != nil {
        unmutedGroups.insert(id)
      }
    }
  }

  /// When a group said something last, and when it has something to say.
  private struct MessageTimes {
    let last: Timestamp?
    let next: Timestamp?
  }

  /// Why an alert that fires is told to whom, or not, as of the last step.
  package func explanation(of alert: Alert) -> AlertExplanation {
    var times: [GroupID: MessageTimes] = [:]
    return explanation(of: alert, &times)
  }

  /// The same of each of many alerts.
  package func explanations(of alerts: [Alert]) -> [AlertExplanation] {
    // What a group has to say takes a walk through its members: once for each group.
    var times: [GroupID: MessageTimes] = [:]
    return alerts.map { explanation(of: $0, &times) }
  }

  private func explanation(
    of alert: Alert,
    _ known: inout [GroupID: MessageTimes]
  ) -> AlertExplanation {
    let labels = alert.labels
    let destinations = foundHomes(of: inhibition.routing(of: labels)).map { home in
      let group = kept[home.id]
      let times =
        known[home.id]
        ?? MessageTimes(last: group?.log.values.map(\.sentAt).max(), next: nextFlush(of: home.id))
      known[home.id] = times
      return AlertExplanation.Destination(
        group: home.id,
        route: home.route,
        mutedBy: home.terms.muting.mutedBy(openWindows),
        toldTo: group?.members[labels]?.toldTo.sorted() ?? [],
        lastMessageAt: times.last,
        nextMessageAt: times.next,
        acknowledgement: silences.acknowledgement(of: alert, inGroup: home.id.key)
      )
    }
    return AlertExplanation(
      labels: labels,
      standing: standings[labels] ?? .own,
      quiet: quietReasons(of: labels),
      flapping: flapReport(of: labels),
      destinations: destinations
    )
  }
}

extension QuietReasons {
  /// The reason that counts: people's own word first.
  var kind: QuietKind? {
    if !silences.isEmpty { return .silence }
    if !maintenance.isEmpty { return .maintenance }
    return inhibitors.isEmpty ? nil : .inhibition
  }
}

extension GroupMember {
  /// Becomes quiet, quiet for another reason, or heard again.
  fileprivate mutating func turn(quiet kind: QuietKind?, now: Timestamp) {
    let before = quiet
    quiet = kind
    guard kind == nil, let before, !alert.isResolved else {
      released = nil
      return
    }
    changedAt = now
    firstToldAt = nil
    // Who works on it, or was told before it was inhibited, knows.
    if before != .inhibition, !isAcknowledged || toldTo.isEmpty { released = before }
  }
}
