// SPDX-License-Identifier: MIT
import Snapshot

/// Where `:` can go: to a view by its title, or to a thing by its name.
struct JumpTargets {
  private let things: [(name: String, tab: Tab, key: String)]

  init(_ snapshot: ClusterSnapshot?) {
    guard let snapshot else {
      things = []
      return
    }
    // A member comes before its guest of the same name: more is known of it.
    things =
      snapshot.nodes.map { ($0.name, .nodes, "node/\($0.name)") }
      + snapshot.loadBalancers.map { ($0.name, .balancers, "member/\($0.name)") }
      + snapshot.apps.map { ($0.name, .apps, "member/\($0.name)") }
      + snapshot.databases.map { ($0.name, .databases, "member/\($0.name)") }
      + snapshot.guests.map { ($0.name, .guests, "guest/\($0.id)") }
      + snapshot.guests.map { ($0.id, .guests, "guest/\($0.id)") }
  }

  /// A view, a thing, or a thing of one kind (`node pve3`); the first whose name begins so.
  func target(of text: String) -> (tab: Tab, key: String?)? {
    let words = text.split(separator: " ").map(String.init)
    guard let first = words.first else { return nil }
    if words.count > 1, let tab = Tab(word: first) {
      return thing(words[1], in: tab).map { ($0.tab, $0.key) } ?? (tab, nil)
    }
    if let exact = things.first(where: { $0.name == first }) { return (exact.tab, exact.key) }
    if let tab = Tab(word: first) { return (tab, nil) }
    if let found = thing(first, in: nil) { return (found.tab, found.key) }
    return Tab.allCases.first { $0.title.hasPrefix(first.lowercased()) }.map { ($0, nil) }
  }

  private func thing(_ name: String, in tab: Tab?) -> (tab: Tab, key: String)? {
    let lower = name.lowercased()
    let fitting = things.filter { tab == nil || $0.tab == tab }
    let found =
      fitting.first { $0.name.lowercased() == lower }
      ?? fitting.first { $0.name.lowercased().hasPrefix(lower) }
    return found.map { ($0.tab, $0.key) }
  }

  /// The text made longer as far as all that begin with it agree; nil when nothing does.
  func completion(of text: String) -> String? {
    guard !text.isEmpty else { return nil }
    let names = (Tab.allCases.map(\.title) + things.map(\.name)).filter {
      $0.lowercased().hasPrefix(text.lowercased())
    }
    guard var shared = names.first else { return nil }
    for name in names.dropFirst() {
      while !name.lowercased().hasPrefix(shared.lowercased()) { shared.removeLast() }
    }
    return shared
  }
}
