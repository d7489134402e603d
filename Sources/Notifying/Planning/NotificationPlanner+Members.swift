// SPDX-License-Identifier: MIT
import MetricModel
import Rules

/// Where an alert belongs by the settings.
struct AlertHome: Sendable {
  let id: GroupID
  let route: String
  let labels: LabelSet
  let terms: GroupTerms
}

extension NotificationPlanner {
  mutating func take(_ screened: ScreenedAlert, now: Timestamp) {
    let alert = screened.alert
    // Apart: as an argument of a call to `self` it would copy what it remembers.
    let found = homes(of: screened.routing)
    let natural = withStorms(found, alert.labels)
    let homes = withOtherReceivers(natural, alert, now: now)
    let homeIDs = Set(homes.map(\.id))
    var movedTo: [String: Set<IntegrationID>] = [:]
    for id in holders[alert.labels] ?? [] where !homeIDs.contains(id) {
      let told = leave(id, alert, homes: homeIDs, now: now)
      movedTo[id.receiver, default: []].formUnion(told)
    }
    for home in homes {
      terms[home.id] = home.terms
      let told = movedTo.removeValue(forKey: home.id.receiver) ?? []
      if kept[home.id]?.members[alert.labels] != nil {
        update(home.id, alert, alsoToldTo: told, now: now)
      } else if !alert.isResolved || !told.isEmpty {
        add(alert, to: home, toldTo: told, now: now)
      }
    }
  }

  private mutating func homes(of labels: LabelSet) -> [AlertHome] {
    if let known = homes[labels] { return known }
    if homes.count >= maximumMembers { homes = [:] }
    let found = foundHomes(of: labels)
    homes[labels] = found
    return found
  }

  /// The groups that the settings put an alert into, in the order of the routing tree.
  func foundHomes(of labels: LabelSet) -> [AlertHome] {
    var found: [AlertHome] = []
    for route in settings.root.routes(for: labels) {
      let groupLabels = route.grouping.labels(of: labels)
      let id = GroupID(route, groupLabels)
      guard !found.contains(where: { $0.id == id }) else { continue }
      found.append(
        AlertHome(id: id, route: route.key, labels: groupLabels, terms: route.terms)
      )
    }
    return found
  }

  /// Handles an alert in a group that the settings no longer put it into.
  ///
  /// - Returns: Who knows that it fires, when another group of the same receiver takes over.
  private mutating func leave(
    _ id: GroupID,
    _ alert: Alert,
    homes: Set<GroupID>,
    now: Timestamp
  ) -> Set<IntegrationID> {
    guard var member = kept[id]?.members[alert.labels] else { return [] }
    if member.toldTo.isEmpty || homes.contains(where: { $0.receiver == id.receiver }) {
      remove(alert.labels, from: id)
      return member.toldTo
    }
    if member.alert.isResolved != alert.isResolved {
      member.changedAt = now
      changed.insert(id)
    }
    member.alert = alert
    member.missingSince = nil
    member.hasLeft = true
    kept[id]?.members[alert.labels] = member
    return []
  }

  private mutating func add(
    _ alert: Alert,
    to home: AlertHome,
    toldTo told: Set<IntegrationID>,
    now: Timestamp
  ) {
    guard memberCount < maximumMembers else {
      refusedAlerts += 1
      return
    }
    let fresh = NotificationGroup(id: home.id, labels: home.labels, createdAt: now)
    let member = GroupMember(alert: alert, changedAt: now, toldTo: told)
    kept[home.id, default: fresh].members[alert.labels] = member
    holders[alert.labels, default: []].insert(home.id)
    memberCount += 1
    changed.insert(home.id)
  }

  private mutating func update(
    _ id: GroupID,
    _ alert: Alert,
    alsoToldTo told: Set<IntegrationID>,
    now: Timestamp
  ) {
    guard var member = kept[id]?.members[alert.labels] else { return }
    if !told.isSubset(of: member.toldTo) {
      member.toldTo.formUnion(told)
      changed.insert(id)
    }
    member.missingSince = nil
    member.hasLeft = false
    switch (was: member.alert.isResolved, is: alert.isResolved) {
    case (was: true, is: true):
      // The first report of its end stands.
      break
    case (was: false, is: true) where member.toldTo.isEmpty:
      remove(alert.labels, from: id)
      return
    case (was: false, is: true), (was: true, is: false):
      member.alert = alert
      member.isWithdrawn = false
      member.changedAt = now
      changed.insert(id)
    case (was: false, is: false):
      if member.alert.startsAt != alert.startsAt { changed.insert(id) }
      if alert.severity > member.alert.severity, alert.severity > member.toldSeverity ?? .page {
        member.changedAt = now
        changed.insert(id)
      }
      member.alert = alert
    }
    kept[id]?.members[alert.labels] = member
  }

  /// Takes back an alert that waits in its groups and is not to be told after all.
  mutating func withhold(_ labels: LabelSet) {
    for id in holders[labels] ?? [] where kept[id]?.members[labels]?.toldTo.isEmpty == true {
      remove(labels, from: id)
    }
  }

  mutating func remove(_ labels: LabelSet, from id: GroupID) {
    guard kept[id]?.members.removeValue(forKey: labels) != nil else { return }
    memberCount -= 1
    changed.insert(id)
    holders[labels]?.remove(id)
    if holders[labels]?.isEmpty == true { holders[labels] = nil }
  }

  mutating func noteMissing(except reported: Set<LabelSet>, now: Timestamp) {
    for (labels, ids) in holders where !reported.contains(labels) {
      for id in ids {
        guard var member = kept[id]?.members[labels], !member.alert.isResolved else { continue }
        let since = member.missingSince ?? now
        member.missingSince = since
        kept[id]?.members[labels] = member
        guard now - since >= Self.withdrawalDelay else { continue }
        if member.toldTo.isEmpty {
          remove(labels, from: id)
        } else {
          member.alert.endsAt = since
          member.isWithdrawn = true
          member.changedAt = now
          kept[id]?.members[labels] = member
          changed.insert(id)
        }
      }
    }
  }
}
