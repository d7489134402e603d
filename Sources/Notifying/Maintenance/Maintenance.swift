// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
import Topology

/// What is being worked on at a step, by the settings and by what the cluster says of itself.
struct Maintenance: Sendable {
  /// So long after the end of work what it touched may still come back.
  static let grace = Duration.seconds(180)

  /// Work that ended lately, or goes on: in words, and when it ended.
  private var works: [Component: Work] = [:]
  private var windows: [MaintenanceWindow] = []
  private var graph: (any CauseGraph)?

  private struct Work: Sendable {
    var words: String
    var endedAt: Timestamp?
  }

  /// Takes what the settings and the cluster say now.
  mutating func update(
    _ announced: [MaintenanceWindow],
    _ graph: (any CauseGraph)?,
    now: Timestamp
  ) {
    windows = announced.filter { $0.isActive(at: now) }
    self.graph = graph
    guard let graph else { return }
    let present = graph.underWork
    for (component, work) in works where present[component] == nil {
      let endedAt = min(work.endedAt ?? now, now)
      works[component]?.endedAt = endedAt
      if now - endedAt >= Self.grace { works[component] = nil }
    }
    for (component, words) in present { works[component] = Work(words: words) }
  }

  /// Nothing is being worked on.
  var isIdle: Bool { works.isEmpty && windows.isEmpty }

  /// When work that is over no longer counts.
  var nextEnd: Timestamp? { works.values.compactMap(\.endedAt).min().map { $0 + Self.grace } }

  /// The work that touches an alert with these labels, in words.
  ///
  /// What calls people out of bed is told all the same: a copy that is being made explains a guest
  /// that pauses, not an outage.
  func words(about labels: LabelSet) -> [String] {
    var words = windows.filter { window in
      !window.matchers.isEmpty && window.matchers.allSatisfy { $0.matches(labels) }
    }.map { "maintenance: \($0.name)" }
    guard let graph, let subject = graph.component(of: labels) else { return words }
    let grounds = Set([subject] + graph.foundations(of: subject).filter(\.isPlace))
    words += windows.filter { !grounds.isDisjoint(with: $0.components) }
      .map { "maintenance: \($0.name)" }
    guard SeverityRank(labels["severity"]) != .page, subject.isOnOnePlace else { return words }
    return words + grounds.sorted().compactMap { works[$0]?.words }
  }
}

extension Component {
  /// Others run on it.
  fileprivate var isPlace: Bool {
    switch self {
    case .node, .guest: true
    case .monitor, .cluster, .storage, .member, .tier, .entry, .backup: false
    }
  }

  /// It is at one place, and pauses with it.
  fileprivate var isOnOnePlace: Bool {
    switch self {
    case .node, .guest, .storage, .member: true
    case .monitor, .cluster, .tier, .entry, .backup: false
    }
  }
}
