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

  let maximumMembers: Int
  var settings: NotificationSettings
  var integrations: [String: [Integration]]
  var kept: [GroupID: NotificationGroup] = [:]
  var terms: [GroupID: GroupTerms] = [:]
  /// The groups that hold an alert, so that an alert whose route has changed is found again.
  var holders: [LabelSet: Set<GroupID>] = [:]
  var homes: [LabelSet: [AlertHome]] = [:]
  var memberCount = 0
  var changed: Set<GroupID> = []
  var lastStep = Timestamp.distantFuture
  var inhibition = Inhibition()
  /// What people said, as the last step was told.
  var silences = SilenceBook()
  /// What rules kept quiet at the last step.
  var ruleInhibition = RuleInhibition([], firing: [])
  var maintenance = Maintenance()
  /// The names of the time intervals that held the last step.
  var openWindows: Set<String> = []
  /// The groups that their routes kept quiet at the last step.
  var mutedGroups: Set<GroupID> = []
  /// The groups that said nothing since they were kept quiet.
  var unmutedGroups: Set<GroupID> = []

  var storms = StormWatch()
  /// How often each alert came and went lately.
  var flaps = FlapWatch()
  /// Receivers that were not reached, as the last step was told.
  var unreached: [String: Timestamp] = [:]

  /// Alerts that were not told because too many were in groups; each counts at every step.
  package internal(set) var refusedAlerts = 0

  /// Makes a planner.
  ///
  /// - Parameters:
  ///   - settings: Whom to tell.
  ///   - groups: The groups as the last plans left them, so that nothing is told twice.
  ///   - flaps: Which alerts came and went how often, as the last plans left it.
  ///   - maximumMembers: How many alerts groups hold at once in all.
  package init(
    settings: NotificationSettings,
    groups: [NotificationGroup] = [],
    flaps: [FlapHistory] = [],
    maximumMembers: Int = NotificationPlanner.standardMaximumMembers
  ) {
    self.maximumMembers = maximumMembers
    self.settings = settings
    self.flaps = FlapWatch(flaps)
    integrations = Dictionary(grouping: settings.integrations, by: \.id.receiver)
    for group in groups {
      kept[group.id] = group
      memberCount += group.members.count
      for labels in group.members.keys { holders[labels, default: []].insert(group.id) }
    }
    findTerms()
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
    findTerms()
  }

  /// Takes the present alerts and decides what to send now.
  ///
  /// - Parameters:
  ///   - alerts: Every alert that fires, and those that ended since the last step at least; their
  ///     label sets differ. One that is missing is waited for, not taken as resolved.
  ///   - silences: What people said of alerts; what is silenced is in no message, firing or ended,
  ///     and told once the silence is over.
  ///   - unreached: The receivers that take no message at present, each with the time at which the
  ///     oldest one was decided that none of its integrations took.
  ///   - knowledge: How the cluster stands; without it every alert is told by itself.
  ///   - now: The time of the step; going back does no harm.
  /// - Returns: What to store and send as one piece.
  package mutating func step(
    alerts: [Alert],
    silences: SilenceBook = SilenceBook(),
    unreached: [String: Timestamp] = [:],
    knowledge: ClusterKnowledge? = nil,
    now: Timestamp
  ) -> NotificationPlan {
    changed = []
    if now < lastStep { pullBackFutureTimes(to: now) }
    lastStep = now
    self.silences = silences
    self.unreached = unreached
    flaps.note(alerts, limit: settings.flapping, now: now)
    let told = alerts.map(\.labels).filter { isTold($0) }
    let screened = inhibition.screen(
      alerts,
      knowledge: knowledge,
      told: Set(told),
      now: now
    )
    let tellable = withFlapping(screened, now: now)
    for alert in tellable { take(alert, now: now) }
    for (labels, standing) in inhibition.standings where !standing.isTold { withhold(labels) }
    noteMissing(except: Set(alerts.map(\.labels)).union(flaps.flapping), now: now)
    noteFlapping(now: now)
    ruleInhibition = RuleInhibition(settings.inhibitRules, firing: firingLabels(of: alerts))
    maintenance.update(settings.maintenance, knowledge?.graph, now: now)
    noteQuiet(now: now)
    noteMuting(now: now)
    var plan = NotificationPlan()
    calmStorms(now: now)
    let due = kept.keys.filter { nextFlush(of: $0).map { $0 <= now } ?? false }
    let flushing = gatherStorms(due, now: now)
    for id in flushing.sorted(by: { ($0.receiver, $0.key) < ($1.receiver, $1.key) }) {
      plan.notifications += flush(id, now: now)
    }
    for id in kept.keys where kept[id]?.isSpent(at: now, timing: timing(of: id)) == true {
      kept[id] = nil
      terms[id] = nil
      storms.growth[id] = nil
      mutedGroups.remove(id)
      unmutedGroups.remove(id)
      changed.remove(id)
      plan.removedGroups.append(id)
    }
    plan.changedGroups = changed.compactMap { kept[$0] }
    (plan.changedFlaps, plan.removedFlaps) = flaps.takeChanges()
    return plan
  }

  /// When ``step(alerts:silences:unreached:knowledge:now:)`` must be called again although no alert changed; nil means never.
  package var nextDeadline: Timestamp? {
    var deadline = kept.keys.compactMap { nextFlush(of: $0) }.min()
    if let screening = inhibition.nextDeadline { deadline = min(deadline ?? screening, screening) }
    if !holders.isEmpty, let change = silences.nextChange(after: lastStep) {
      deadline = min(deadline ?? change, change)
    }
    let flapsEnd = flaps.nextCalm(settings.flapping)
    for other in [nextCalm, nextFallback, nextMaintenance, flapsEnd].compactMap({ $0 }) {
      deadline = min(deadline ?? other, other)
    }
    if !mutedGroups.isEmpty {
      let boundary = settings.timeWindows.values.map { $0.nextBoundary(after: lastStep) }.min()
      if let boundary { deadline = min(deadline ?? boundary, boundary) }
    }
    for group in kept.values {
      for member in group.members.values {
        guard let missing = member.missingSince, !member.alert.isResolved else { continue }
        let withdrawn = missing + Self.withdrawalDelay
        deadline = min(deadline ?? withdrawn, withdrawn)
      }
      if let escalation = nextEscalation(from: group) {
        deadline = min(deadline ?? escalation, escalation)
      }
    }
    return deadline
  }

  /// When a group of ``groups`` has something to say, as far as is known now.
  package func nextFlush(of id: GroupID) -> Timestamp? {
    guard !mutedGroups.contains(id) else { return nil }
    let known = integrations[id.receiver] ?? []
    return kept[id]?.nextFlush(integrations: known, timing: timing(of: id))
  }

  /// What keeps each alert that fires from being told by itself, if anything does.
  package var standings: [LabelSet: AlertStanding] { inhibition.standings }

  /// What must be asked at once, as messages wait for the answer.
  package var questions: Set<Component> { inhibition.questions }

  /// Somebody was told that the alert fires, and not yet that it ended.
  private func isTold(_ labels: LabelSet) -> Bool {
    (holders[labels] ?? []).contains { kept[$0]?.members[labels]?.toldTo.isEmpty == false }
  }

  func timing(of id: GroupID) -> GroupTiming { terms[id]?.timing ?? settings.root.timing }

  /// The alerts that fire as far as is known: those reported, and those waited for.
  private func firingLabels(of alerts: [Alert]) -> Set<LabelSet> {
    guard !settings.inhibitRules.isEmpty else { return [] }
    var firing = Set(alerts.lazy.filter { !$0.isResolved }.map(\.labels))
    for (labels, ids) in holders where !firing.contains(labels) {
      let isFiring = ids.contains { kept[$0]?.members[labels]?.alert.isResolved == false }
      // What flaps and does not fire now inhibits nothing.
      guard flaps.histories[labels]?.isPausing != true else { continue }
      if isFiring { firing.insert(labels) }
    }
    return firing
  }
}

// MARK: Clocks

extension NotificationPlanner {
  /// Without this a clock that was set back would hold every message until it has caught up.
  private mutating func pullBackFutureTimes(to now: Timestamp) {
    flaps.pullBack(to: now)
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
