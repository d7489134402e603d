// SPDX-License-Identifier: MIT
import MetricModel
import Rules

// When more groups of one receiver begin than people can read, their alerts become members of one
// group, which is told, repeated and ended like any other. They stay there until they end, so that
// nothing needs to be told when the storm is over but that it is.

extension GroupID {
  /// The group that takes the alerts of a storm.
  package static func storm(at receiver: String) -> GroupID {
    GroupID(receiver: receiver, key: stormPrefix + receiver)
  }

  /// What the key of such a group begins with; routes begin otherwise.
  static let stormPrefix = "storm/"

  /// It takes the alerts of a storm at its receiver.
  package var isStorm: Bool { key == Self.stormPrefix + receiver }
}

/// The state of storms that is found anew after a restart.
struct StormWatch: Sendable {
  /// When groups began to be told lately, by receiver; never more than the limit and one step's.
  var beginnings: [String: [Timestamp]] = [:]
  /// When an alert came last, by the group of the storm.
  var growth: [GroupID: Timestamp] = [:]
  /// Storms that ended in this step.
  var ending: Set<GroupID> = []
}

extension NotificationPlanner {
  /// Further alerts of a storm are collected for this long, and so are its messages bounded.
  private static let collecting = (wait: Duration.seconds(15), interval: Duration.seconds(300))

  /// What holds for a group of a storm.
  func stormTerms(_ phase: StormPhase?, escalation: [EscalationStep] = []) -> GroupTerms {
    var timing = settings.root.timing
    if phase == .beginning {
      // What came so far is enough to know that it is a storm.
      timing.wait = .zero
    } else {
      timing.wait = Self.collecting.wait
      timing.interval = max(timing.interval, Self.collecting.interval)
    }
    return GroupTerms(timing: timing, escalation: escalation)
  }

  /// The same homes, but those of a storm where the alert is part of one.
  func withStorms(_ homes: [AlertHome], _ labels: LabelSet) -> [AlertHome] {
    guard !storms.growth.isEmpty else { return homes }
    var all: [AlertHome] = []
    for home in homes {
      let id = GroupID.storm(at: home.id.receiver)
      guard let storm = kept[id], storm.members[labels] != nil else {
        all.append(home)
        continue
      }
      guard !all.contains(where: { $0.id == id }) else { continue }
      let terms = stormTerms(storm.storm, escalation: home.terms.escalation)
      all.append(AlertHome(id: id, route: home.route, labels: .empty, terms: terms))
    }
    return all
  }

  /// Notes which storms are over.
  mutating func calmStorms(now: Timestamp) {
    storms.ending = []
    guard let limit = settings.storm else {
      for id in storms.growth.keys where kept[id]?.storm != .over { endStorm(id) }
      return
    }
    for (id, growth) in storms.growth where kept[id]?.storm != .over {
      // The clock may have been set back.
      storms.growth[id] = min(growth, now)
      if now - growth >= limit.within { endStorm(id) }
    }
  }

  private mutating func endStorm(_ id: GroupID) {
    guard kept[id] != nil else {
      storms.growth[id] = nil
      return
    }
    kept[id]?.storm = .over
    terms[id] = stormTerms(.over)
    changed.insert(id)
    storms.ending.insert(id)
  }

  /// When a storm is over unless it grows.
  var nextCalm: Timestamp? {
    guard let limit = settings.storm else { return nil }
    return storms.growth.filter { kept[$0.key]?.storm != .over }.values.min()
      .map { $0 + limit.within }
  }

  /// Moves what would begin to be told into a storm, where it is one.
  ///
  /// - Parameters:
  ///   - due: The groups that have something to say now.
  ///   - now: The time of the step.
  /// - Returns: The groups that have something to say now, after that.
  mutating func gatherStorms(_ due: [GroupID], now: Timestamp) -> Set<GroupID> {
    var flushing = Set(due).union(storms.ending)
    guard let limit = settings.storm else { return flushing }
    let beginning = Dictionary(grouping: due.filter { !$0.isStorm && begins($0) }, by: \.receiver)
    for (receiver, ids) in beginning {
      let known = storms.beginnings[receiver] ?? []
      let recent = known.filter { $0 <= now && now - $0 < limit.within }
      let id = GroupID.storm(at: receiver)
      let isRaging = kept[id]?.storm.map { $0 != .over } ?? false
      guard isRaging || recent.count + ids.count > limit.groups else {
        storms.beginnings[receiver] = recent + ids.map { _ in now }
        continue
      }
      storms.beginnings[receiver] = recent
      if !isRaging { openStorm(id, now: now) }
      for origin in ids { move(origin, into: id) }
      storms.growth[id] = now
      for id in ids + [id] {
        if let flush = nextFlush(of: id), flush <= now {
          flushing.insert(id)
        } else if !storms.ending.contains(id) {
          flushing.remove(id)
        }
      }
    }
    return flushing
  }

  /// Somebody is to be called for an alert of the group that nobody heard of.
  private func begins(_ id: GroupID) -> Bool {
    kept[id]?.members.values.contains { $0.isShownFiring && $0.toldTo.isEmpty } ?? false
  }

  private mutating func openStorm(_ id: GroupID, now: Timestamp) {
    kept[id, default: NotificationGroup(id: id, labels: .empty, createdAt: now)].storm = .beginning
    terms[id] = stormTerms(.beginning)
    storms.ending.remove(id)
    changed.insert(id)
  }

  private mutating func move(_ origin: GroupID, into storm: GroupID) {
    for (labels, member) in kept[origin]?.members ?? [:]
    where member.isShownFiring && member.toldTo.isEmpty {
      remove(labels, from: origin)
      guard kept[storm]?.members[labels] == nil else { continue }
      kept[storm]?.members[labels] = member
      holders[labels, default: []].insert(storm)
      memberCount += 1
    }
    changed.insert(storm)
  }
}
