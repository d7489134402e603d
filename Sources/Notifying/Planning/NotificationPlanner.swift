// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules
package import Topology

/// Decides who is told what and when: routes, groups, waits, repeats, and who was told already.
///
/// A value that reads no clock: the same alerts at the same times give the same plans.
package struct NotificationPlanner: Sendable {
  /// Alerts in groups at once, counted per group; more are not told, and counted.
  package static let standardMaximumMembers = 20_000
  /// An alert that no rule reports for this long counts as withdrawn.
  package static let withdrawalDelay = Duration.seconds(300)

  private let maximumMembers: Int
  var settings: NotificationSettings
  var integrations: [String: [Integration]]
  var kept: [GroupID: NotificationGroup] = [:]
  private var timings: [GroupID: GroupTiming] = [:]
  /// The groups that hold an alert, so that an alert whose route has changed is found again.
  private var holders: [LabelSet: Set<GroupID>] = [:]
  private var homes: [LabelSet: [Home]] = [:]
  private var memberCount = 0
  var changed: Set<GroupID> = []
  private var lastStep = Timestamp.distantFuture
  private var inhibition = Inhibition()

  /// Alerts that were not told because too many were in groups; each counts at every step.
  package private(set) var refusedAlerts = 0

  /// Where an alert belongs by the settings.
  private struct Home {
    let id: GroupID
    let labels: LabelSet
    let timing: GroupTiming
  }

  /// Makes a planner.
  ///
  /// - Parameters:
  ///   - settings: Whom to tell.
  ///   - groups: The groups as the last plans left them, so that nothing is told twice.
  ///   - maximumMembers: How many alerts groups hold at once in all.
  package init(
    settings: NotificationSettings,
    groups: [NotificationGroup] = [],
    maximumMembers: Int = NotificationPlanner.standardMaximumMembers
  ) {
    self.maximumMembers = maximumMembers
    self.settings = settings
    integrations = Dictionary(grouping: settings.integrations, by: \.id.receiver)
    for group in groups {
      kept[group.id] = group
      memberCount += group.members.count
      for labels in group.members.keys { holders[labels, default: []].insert(group.id) }
    }
  }

  /// The groups as they stand, in no order.
  package var groups: [NotificationGroup] { Array(kept.values) }

  /// Goes on with other settings; who was told what is kept.
  ///
  /// An alert that now belongs to another group of the same receiver is not told again. One that
  /// no longer belongs to a receiver at all is still told to it as resolved, once.
  package mutating func adopt(_ settings: NotificationSettings) {
    self.settings = settings
    integrations = Dictionary(grouping: settings.integrations, by: \.id.receiver)
    homes = [:]
    timings = [:]
  }

  /// Takes the present alerts and decides what to send now.
  ///
  /// - Parameters:
  ///   - alerts: Every alert that fires, and those that ended since the last step at least; their
  ///     label sets differ. One that is missing is waited for, not taken as resolved.
  ///   - knowledge: How the cluster stands; without it every alert is told by itself.
  ///   - now: The time of the step; going back does no harm.
  /// - Returns: What to store and send as one piece.
  package mutating func step(
    alerts: [Alert],
    knowledge: ClusterKnowledge? = nil,
    now: Timestamp
  ) -> NotificationPlan {
    changed = []
    if now < lastStep { pullBackFutureTimes(to: now) }
    lastStep = now
    let told = alerts.map(\.labels).filter { isTold($0) }
    let screened = inhibition.screen(
      alerts,
      knowledge: knowledge,
      told: Set(told),
      now: now
    )
    for alert in screened { take(alert, now: now) }
    for (labels, standing) in inhibition.standings where !standing.isTold { withhold(labels) }
    noteMissing(except: Set(alerts.map(\.labels)), now: now)
    var plan = NotificationPlan()
    let due = kept.keys.filter { nextFlush(of: $0).map { $0 <= now } ?? false }
    for id in due.sorted(by: { ($0.receiver, $0.key) < ($1.receiver, $1.key) }) {
      plan.notifications += flush(id, now: now)
    }
    for id in kept.keys where kept[id]?.isSpent(at: now, timing: timing(of: id)) == true {
      kept[id] = nil
      timings[id] = nil
      changed.remove(id)
      plan.removedGroups.append(id)
    }
    plan.changedGroups = changed.compactMap { kept[$0] }
    return plan
  }

  /// When ``step(alerts:now:)`` must be called again although no alert changed; nil means never.
  package var nextDeadline: Timestamp? {
    var deadline = kept.keys.compactMap { nextFlush(of: $0) }.min()
    if let screening = inhibition.nextDeadline { deadline = min(deadline ?? screening, screening) }
    for group in kept.values {
      for member in group.members.values {
        guard let missing = member.missingSince, !member.alert.isResolved else { continue }
        let withdrawn = missing + Self.withdrawalDelay
        deadline = min(deadline ?? withdrawn, withdrawn)
      }
    }
    return deadline
  }

  /// When a group of ``groups`` has something to say, as far as is known now.
  package func nextFlush(of id: GroupID) -> Timestamp? {
    kept[id]?.nextFlush(integrations: integrations[id.receiver] ?? [], timing: timing(of: id))
  }

  /// What keeps each alert that fires from being told by itself, if anything does.
  package var standings: [LabelSet: AlertStanding] { inhibition.standings }

  /// What must be asked at once, as messages wait for the answer.
  package var questions: Set<Component> { inhibition.questions }

  /// Somebody was told that the alert fires, and not yet that it ended.
  private func isTold(_ labels: LabelSet) -> Bool {
    (holders[labels] ?? []).contains { kept[$0]?.members[labels]?.toldTo.isEmpty == false }
  }

  func timing(of id: GroupID) -> GroupTiming { timings[id] ?? settings.root.timing }
}

// MARK: Alerts into groups

extension NotificationPlanner {
  private mutating func take(_ screened: ScreenedAlert, now: Timestamp) {
    let alert = screened.alert
    let homes = homes(of: screened.routing)
    let homeIDs = Set(homes.map(\.id))
    var movedTo: [String: Set<IntegrationID>] = [:]
    for id in holders[alert.labels] ?? [] where !homeIDs.contains(id) {
      let told = leave(id, alert, homes: homeIDs, now: now)
      movedTo[id.receiver, default: []].formUnion(told)
    }
    for home in homes {
      timings[home.id] = home.timing
      let told = movedTo.removeValue(forKey: home.id.receiver) ?? []
      if kept[home.id]?.members[alert.labels] != nil {
        update(home.id, alert, alsoToldTo: told, now: now)
      } else if !alert.isResolved || !told.isEmpty {
        add(alert, to: home, toldTo: told, now: now)
      }
    }
  }

  private mutating func homes(of labels: LabelSet) -> [Home] {
    if let known = homes[labels] { return known }
    if homes.count >= maximumMembers { homes = [:] }
    var found: [Home] = []
    for route in settings.root.routes(for: labels) {
      let groupLabels = route.grouping.labels(of: labels)
      let id = GroupID(route, groupLabels)
      guard !found.contains(where: { $0.id == id }) else { continue }
      found.append(Home(id: id, labels: groupLabels, timing: route.timing))
    }
    homes[labels] = found
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
    to home: Home,
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
  private mutating func withhold(_ labels: LabelSet) {
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

  private mutating func noteMissing(except reported: Set<LabelSet>, now: Timestamp) {
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

  /// Without this a clock that was set back would hold every message until it has caught up.
  private mutating func pullBackFutureTimes(to now: Timestamp) {
    for (id, group) in kept {
      var pulled = group
      pulled.createdAt = min(group.createdAt, now)
      pulled.flushes = group.flushes.map { min($0, now) }
      for (key, entry) in group.log where entry.sentAt > now { pulled.log[key]?.sentAt = now }
      for (labels, member) in group.members {
        if member.changedAt > now { pulled.members[labels]?.changedAt = now }
        if let since = member.missingSince, since > now {
          pulled.members[labels]?.missingSince = now
        }
      }
      if pulled != group {
        kept[id] = pulled
        changed.insert(id)
      }
    }
  }
}
