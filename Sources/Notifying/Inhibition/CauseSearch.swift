// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Topology

/// Finds what explains an alert among the failures that other alerts tell of; pure.
///
/// An alert with the label `fault="down"` says that what it is about has failed. Only such an alert
/// can be a cause: whoever reads its message knows why the rest is quiet.
struct CauseSearch {
  /// An entry that fails this long before or after a part below it is explained by that part, and so
  /// is what stands on a replica set that lost its primary.
  static let entryWindow = Duration.seconds(60)
  /// No chain of causes is longer.
  private static let depthMax = 8

  /// A failure that an alert tells of.
  struct Cause: Equatable {
    /// The alert that tells of it.
    var labels: LabelSet
    /// When that alert began.
    var startsAt: Timestamp
    /// When it ended; nil while it fires.
    var endedAt: Timestamp?
  }

  private let graph: any CauseGraph
  private let causes: [Component: Cause]
  /// The tiers that are told as down, each with the members that it lacks, in the order of components.
  private let lacking: [(tier: Component, members: Set<String>)]

  init(graph: any CauseGraph, causes: [Component: Cause]) {
    self.graph = graph
    self.causes = causes
    lacking = causes.keys.sorted().compactMap { component in
      guard case .tier(let name) = component else { return nil }
      return (component, Set(graph.missingMembers(of: name)))
    }
  }

  static func isDown(_ labels: LabelSet) -> Bool { labels["fault"] == "down" }

  /// It tells where or what something is, not whether it works.
  private static func isDrift(_ labels: LabelSet) -> Bool {
    labels["component"] != nil && labels["aspect"] != nil && labels["instance"] == nil
  }

  /// The failures at the root that together explain the alert; empty when nothing does.
  ///
  /// `subject` is what its labels are about.
  func roots(of labels: LabelSet, about subject: Component, startsAt: Timestamp) -> [Component] {
    guard subject != .monitor else { return [] }
    // What cannot be reached tells nothing of itself.
    if causes[.monitor] != nil { return [.monitor] }
    let found = roots(of: subject, labels, startsAt: startsAt)
    guard found.isEmpty, !Self.isDown(labels) else { return found }
    // The figures that a replica set has of one of its members mean nothing while it is down.
    if let whole = graph.component(of: labels, without: "member"), causes[whole] != nil {
      return roots(of: whole, labels, startsAt: startsAt)
    }
    // A guest's copies are made by its backup.
    guard labels["backup"] != nil, let backup = graph.component(of: labels, without: "id") else {
      return []
    }
    return roots(of: backup, labels, startsAt: startsAt)
  }

  private func roots(
    of subject: Component,
    _ labels: LabelSet,
    startsAt: Timestamp
  ) -> [Component] {
    let isDown = Self.isDown(labels)
    var found: Set<Component> = []
    // A guest that moves is down for a moment, which does not explain where it is.
    var first =
      Self.isDrift(labels) ? [] : reasons(of: subject, isDown: isDown, startsAt: startsAt)
    if first.isEmpty { first = reasons(ofPlacing: labels) }
    var open = first.map { ($0, 1) }
    var seen: Set<Component> = isDown ? [subject] : []
    while let (component, depth) = open.popLast() {
      guard seen.insert(component).inserted else { continue }
      let start = causes[component]?.startsAt ?? startsAt
      let deeper =
        depth < Self.depthMax ? reasons(of: component, isDown: true, startsAt: start) : []
      if deeper.isEmpty || deeper.allSatisfy(seen.contains) {
        found.insert(component)
      } else {
        open += deeper.map { ($0, depth + 1) }
      }
    }
    return found.sorted()
  }

  /// The failures next to it that explain what an alert says of `subject`.
  private func reasons(of subject: Component, isDown: Bool, startsAt: Timestamp) -> [Component] {
    if !isDown, causes[subject] != nil, isSilencedByOwnFailure(subject) { return [subject] }
    if let near = graph.foundations(of: subject).first(where: { causes[$0] != nil }) {
      return [near]
    }
    if let lost = lostPrimary(below: subject, startsAt: startsAt) { return [lost] }
    switch subject {
    case .member(let name):
      // A tier that is down says more than each of its members.
      return lacking.filter { $0.members.contains(name) }.map(\.tier)
    case .tier(let tier): return reasons(ofTier: tier, isDown: isDown)
    case .entry: return recentReasons(below: subject, startsAt: startsAt)
    case .cluster: return all(of: graph.offlineNodes.map { [.node($0)] })
    case .monitor, .node, .storage, .guest, .backup: return []
    }
  }

  /// What is not where it was declared may have left a node that failed; and without a quorum nothing
  /// can be put right, nor does the HA manager work.
  private func reasons(ofPlacing labels: LabelSet) -> [Component] {
    guard Self.isDrift(labels) || labels["sid"] != nil else { return [] }
    if labels["aspect"] == "node", let home = labels["expected"], causes[.node(home)] != nil {
      return [.node(home)]
    }
    return causes[.cluster] == nil ? [] : [.cluster]
  }

  /// Alerts about the figures of something that is down say nothing new; of a guest its backups are
  /// made all the same.
  private func isSilencedByOwnFailure(_ subject: Component) -> Bool {
    if case .guest = subject { false } else { true }
  }

  /// A tier lacks members: what each of them stands on, or itself while the tier still works.
  private func reasons(ofTier tier: String, isDown: Bool) -> [Component] {
    let missing = graph.missingMembers(of: tier)
    if missing.isEmpty, !isDown { return recovered(tier) }
    return all(
      of: missing.map { name in
        let member = Component.member(name)
        return graph.foundations(of: member) + (isDown ? [] : [member])
      }
    )
  }

  /// What took a member that has come back: roles move once more while a tier gets whole.
  private func recovered(_ tier: String) -> [Component] {
    let grounds = graph.members(of: tier).flatMap { name in
      graph.foundations(of: .member(name)) + [.member(name)]
    }
    return grounds.filter { causes[$0]?.endedAt != nil }.min().map { [$0] } ?? []
  }

  /// The first known cause in each list; none unless every list has one.
  private func all(of lists: [[Component]]) -> [Component] {
    let found = lists.compactMap { list in list.first { causes[$0] != nil } }
    return found.count == lists.count ? found : []
  }

  /// What took a member of a replica set that `subject` stands on and that has no primary since:
  /// until one is elected nobody can write, on whatever node they are.
  private func lostPrimary(below subject: Component, startsAt: Timestamp) -> Component? {
    let leaderless = graph.foundations(of: subject).lazy.compactMap { component -> String? in
      guard case .tier(let tier) = component, graph.lacksPrimary(tier) else { return nil }
      return tier
    }
    return leaderless.flatMap { tier -> [Component] in
      graph.members(of: tier).compactMap { name in
        let member = Component.member(name)
        return (graph.foundations(of: member) + [member]).first { isRecent($0, startsAt) }
      }
    }.min()
  }

  private func isRecent(_ component: Component, _ startsAt: Timestamp) -> Bool {
    guard let cause = causes[component] else { return false }
    let distance =
      cause.startsAt > startsAt ? cause.startsAt - startsAt : startsAt - cause.startsAt
    return distance <= Self.entryWindow
  }

  /// What failed at about the same time below `entry`: an address on its way, a queue to drain.
  private func recentReasons(below entry: Component, startsAt: Timestamp) -> [Component] {
    let recent = causes.keys.filter { component in
      guard component < entry, isRecent(component, startsAt) else { return false }
      return graph.dependents(of: component).contains(entry)
    }
    return recent.min().map { [$0] } ?? []
  }
}

extension CauseGraph {
  /// What the labels are about without one of them, when that is something else.
  fileprivate func component(of labels: LabelSet, without name: String) -> Component? {
    guard labels[name] != nil else { return nil }
    let whole = component(of: LabelSet(labels.filter { $0.name != name }))
    return whole == component(of: labels) ? nil : whole
  }
}
