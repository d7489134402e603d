// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Notifying
import Rules
import Snapshot
import Synchronization
import Topology

/// Remembers what changed lately: states of parts, who leads what, and alerts that were told.
///
/// It begins empty at a start; the oldest are forgotten.
final class RecentChanges: Sendable {
  /// So many are remembered.
  static let countMax = 200

  fileprivate struct State {
    var rows: [ChangeRow] = []
    /// Parts that were seen to fail, so that their return is news.
    var failed: Set<Component> = []
    /// Parts of which it was known whether they work.
    var known: Set<Component> = []
    /// Alerts that were told, with what they are about.
    var told: [LabelSet: String] = [:]
  }

  private let state = Mutex(State())

  /// The changes, the newest first.
  var rows: [ChangeRow] { state.withLock { $0.rows.reversed() } }

  /// Takes up what differs between two looks at the cluster.
  func note(_ before: ClusterAssessment, _ after: ClusterAssessment) {
    guard !after.observed.isEmpty else { return }
    state.withLock { state in
      let components = after.components
      // Of guests that are gone nothing is kept.
      if state.known.count > 2 * components.count { state.known.formIntersection(components) }
      for component in components {
        guard let new = after.standing(of: component) else { continue }
        let isFirst = new.state != .unknown && state.known.insert(component).inserted
        // What works at the first look is no news, and neither is what nobody knows yet.
        guard let old = before.observed.isEmpty ? nil : before.standing(of: component) else {
          if isFirst, new.state == .failed, after.isDeclared(component) {
            state.fail(after, component, new.note, isFirst: true)
          }
          continue
        }
        guard new.state != old.state else { continue }
        switch new.state {
        case .failed: state.fail(after, component, new.note, isFirst: isFirst)
        case .working:
          guard state.failed.remove(component) != nil else { continue }
          state.add(after, component, .ok, "works again")
        case .unknown:
          let words = new.note.map { "is unknown: \($0)" } ?? "is unknown"
          state.add(after, component, .unknown, words)
        }
      }
      if !before.observed.isEmpty { noteRoles(before, after, &state) }
    }
  }

  private func noteRoles(
    _ before: ClusterAssessment,
    _ after: ClusterAssessment,
    _ state: inout State
  ) {
    for tier in after.tiers {
      let name = tier.name
      let old = before.floatingAddress(of: name)
      if let new = after.floatingAddress(of: name), let old, new.holders != old.holders {
        let words =
          new.holders.isEmpty
          ? "nobody has the floating IP"
          : "the floating IP is on \(new.holders.joined(separator: " and "))"
        let isOne = new.holder != nil
        state.add(after, .tier(name), isOne ? .info : .warning, words)
      }
      let oldSet = before.tiers.first { $0.name == name }?.replicaSet
      guard let set = tier.replicaSet, let oldSet, set.primary != oldSet.primary else { continue }
      let words = set.primary.map { "\($0) is primary of \(set.title)" }
      state.add(
        after,
        .tier(name),
        words == nil ? .warning : .info,
        words ?? "\(set.title) has no primary that is known"
      )
    }
  }

  /// Takes up which alerts are told by themselves now.
  func note(_ firing: [Alert], _ standings: [LabelSet: AlertStanding], at now: Timestamp) {
    state.withLock { state in
      let present = Set(firing.map(\.labels))
      for (labels, object) in state.told where !present.contains(labels) {
        state.told[labels] = nil
        let name = labels["alertname"] ?? "an alert"
        state.add(now, object, .ok, "\(name) is resolved")
      }
      for alert in firing where state.told[alert.labels] == nil {
        guard (standings[alert.labels] ?? .own) == .own else { continue }
        let object = alert.objectWords
        state.told[alert.labels] = object
        let name = alert.labels["alertname"] ?? "an alert"
        state.add(now, object, alert.level, "\(name) fires\(alert.summary.map { ": \($0)" } ?? "")")
      }
    }
  }
}

extension RecentChanges.State {
  /// A part failed, or was found failed when it was known for the first time whether it works.
  fileprivate mutating func fail(
    _ assessment: ClusterAssessment,
    _ component: Component,
    _ note: String?,
    isFirst: Bool
  ) {
    failed.insert(component)
    let isHeld = assessment.foundations(of: component).contains {
      assessment.state(of: $0) == .failed
    }
    let verb = isFirst ? "is down since before hvsmon looked" : "failed"
    let words = note.map { "\(verb): \($0)" } ?? verb
    add(assessment, component, isHeld ? .held : .critical, words)
  }

  fileprivate mutating func add(
    _ assessment: ClusterAssessment,
    _ component: Component,
    _ level: Level,
    _ words: String
  ) {
    add(assessment.now, assessment.title(of: component), level, words)
  }

  fileprivate mutating func add(
    _ time: Timestamp,
    _ object: String,
    _ level: Level,
    _ words: String
  ) {
    var row = ChangeRow()
    row.time = time
    row.object = object
    row.level = level
    row.words = words
    rows.append(row)
    if rows.count > RecentChanges.countMax { rows.removeFirst() }
  }
}

extension Alert {
  /// How urgent it is.
  var level: Level {
    switch severity {
    case .page: .critical
    case .warning: .warning
    case .info: .info
    }
  }

  /// What it says in one sentence.
  var summary: String? { annotations.first { $0.name == "summary" }?.value }

  /// What its labels say it is about; empty when they do not.
  var objectWords: String {
    for name in ["instance", "member", "name", "node", "tier", "backup", "id"] {
      if let value = labels[name] { return value }
    }
    return ""
  }
}

extension ClusterAssessment {
  /// Everything that can fail, what carries before what stands on it.
  var components: [Component] {
    let numbers = Set(observed.guests.keys)
      .union(declared.tiers.flatMap { $0.members.compactMap(\.guest) })
    return [.cluster] + nodes.map { .node($0) } + numbers.sorted().map { .guest($0) }
      + declared.tiers.flatMap { $0.members.map { .member($0.name) } }
      + declared.tiers.map { .tier($0.name) } + declared.entries.map { .entry($0.name) }
  }

  /// It is meant to work: any other guest may be stopped on purpose.
  fileprivate func isDeclared(_ component: Component) -> Bool {
    guard case .guest(let number) = component else { return true }
    return declared.tiers.contains { $0.members.contains { $0.guest == number } }
  }

  /// A part's kind and name.
  func title(of component: Component) -> String {
    switch component {
    case .monitor: "hvsmon"
    case .cluster: "quorum"
    case .node(let name): "node \(name)"
    case .guest(let number): "guest \(observed.guests[number]?.name ?? String(number))"
    case .member(let name): name
    case .tier(let name): "tier \(name)"
    case .entry(let name): "entry \(name)"
    case .storage(_, let name): "storage \(name)"
    case .backup(let name): "backup \(name)"
    }
  }
}
