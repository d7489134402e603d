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
    /// Alerts that were told, with what they are about.
    var told: [LabelSet: String] = [:]
  }

  private let state = Mutex(State())

  /// The changes, the newest first.
  var rows: [ChangeRow] { state.withLock { $0.rows.reversed() } }

  /// Takes up what differs between two looks at the cluster.
  func note(_ before: ClusterAssessment, _ after: ClusterAssessment) {
    guard !before.observed.isEmpty else { return }
    state.withLock { state in
      for component in after.components {
        guard let new = after.standing(of: component), let old = before.standing(of: component),
          new.state != old.state
        else { continue }
        switch new.state {
        case .failed:
          state.failed.insert(component)
          let words = new.note.map { "failed: \($0)" } ?? "failed"
          let isHeld = after.foundations(of: component).contains {
            after.state(of: $0) == .failed
          }
          state.add(after, component, isHeld ? .held : .critical, words)
        case .working:
          guard state.failed.remove(component) != nil else { continue }
          state.add(after, component, .ok, "works again")
        case .unknown:
          let words = new.note.map { "is unknown: \($0)" } ?? "is unknown"
          state.add(after, component, .unknown, words)
        }
      }
      noteRoles(before, after, &state)
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
