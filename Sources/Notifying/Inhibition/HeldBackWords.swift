// SPDX-License-Identifier: MIT
import Topology

/// Names what fails only because of something else.
enum HeldBackWords {
  private static let namesMax = 12

  /// One sentence without a full stop; empty when nothing but itself is concerned.
  static func text(about cause: Component, _ graph: any CauseGraph) -> String {
    guard let (names, isOne) = failing(on: cause, graph) else { return "" }
    return "\(names) \(isOne ? "is" : "are") held back"
  }

  /// The same of a cause that has ended.
  static func text(afterEndOf cause: Component, _ graph: any CauseGraph) -> String {
    guard let (names, isOne) = failing(on: cause, graph) else { return "" }
    let minutes = Inhibition.grace.components.seconds / 60
    return "\(names) \(isOne ? "has" : "have") \(minutes) minutes to come back"
  }

  private static func failing(
    on cause: Component,
    _ graph: any CauseGraph
  ) -> (names: String, isOne: Bool)? {
    // On these no guest and no member stands.
    switch cause {
    case .member, .entry, .storage, .backup: return nil
    case .monitor, .cluster, .node, .guest, .tier: break
    }
    let own = graph.name(of: cause)
    var names: [String] = []
    for component in graph.dependents(of: cause) where !graph.isWorking(component) {
      switch component {
      case .guest, .member:
        let name = graph.name(of: component)
        if name != own, !names.contains(name) { names.append(name) }
      case .monitor, .cluster, .node, .storage, .tier, .entry, .backup: continue
      }
    }
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(namesMax).joined(separator: ", ")
    let rest = names.count - namesMax
    return (rest > 0 ? "\(shown) and \(rest) more" : shown, names.count == 1)
  }
}
