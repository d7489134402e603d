// SPDX-License-Identifier: MIT
import Snapshot

/// Which branches of a tree were opened or closed by hand.
package struct Folding: Equatable, Sendable {
  /// Branches that are open although all is well in them.
  var opened: Set<String> = []
  /// Branches that are closed although something is wrong in them.
  var closed: Set<String> = []

  func isOpen(_ key: String, hasProblem: Bool) -> Bool {
    hasProblem ? !closed.contains(key) : opened.contains(key)
  }
}

extension Tables {
  /// The tree that fits a view: nodes with their guests, or tiers with their members.
  func tree(for tab: Tab, _ folding: Folding) -> Table {
    let columns = [
      Column(title: "NAME", width: .fitting(12, most: 36), priority: 9), Self.state, Self.cpu,
      Self.memory, Self.uptime,
      Column(title: "ROLE", width: .fitting(4, most: 12), priority: 5, name: "role"), Self.note,
    ]
    let isOfNodes = tab == .nodes || tab == .guests || tab == .backups
    return Table(
      columns: columns,
      rows: isOfNodes ? nodeBranches(folding) : tierBranches(folding),
      emptyWords: "nothing is known that could be drawn as a tree"
    )
  }

  private func nodeBranches(_ folding: Folding) -> [Row] {
    var byNode: [String: [GuestRow]] = [:]
    for guest in snapshot.guests { byNode[guest.node ?? "", default: []].append(guest) }
    let roles = roles
    var rows: [Row] = []
    for node in snapshot.nodes {
      let guests = byNode.removeValue(forKey: node.name) ?? []
      let leaves = guests.map { leaf($0, role: $0.member.flatMap { roles[$0] }) }
      let stem = Row(
        key: "node/\(node.name)",
        level: node.condition.level,
        state: node.condition.word,
        entries: [
          .word(node.name), stateEntry(node.condition.level, node.condition.word),
          percent(node.cpuRatio), percent(node.memoryUsedBytes, of: node.memorySizeBytes),
          span(node.uptimeSeconds), .word("node"),
          .word(node.evidence ?? counted(leaves, "guest")),
        ],
        facets: [("node", node.name), ("state", node.condition.word)]
      )
      rows += branch(stem, leaves, folding)
    }
    let homeless = byNode.values.flatMap { $0 }.sorted { $0.id < $1.id }
    return rows + homeless.map { leaf($0, role: nil) }
  }

  private func tierBranches(_ folding: Folding) -> [Row] {
    let guests = Dictionary(snapshot.guests.map { ($0.member ?? $0.id, $0) }) { first, _ in first }
    let conditions = conditions
    let roles = roles
    return snapshot.tiers.flatMap { tier -> [Row] in
      let leaves = tier.members.map { name in
        let condition = conditions[name] ?? guests[name]?.condition ?? Condition()
        let guest = guests[name]
        return Row(
          key: "member/\(name)",
          level: condition.level,
          state: condition.word,
          entries: [
            .word(name), stateEntry(condition.level, condition.word), percent(guest?.cpuRatio),
            percent(guest?.memoryUsedBytes, of: guest?.memorySizeBytes),
            span(guest?.uptimeSeconds), roles[name].map { .word($0) } ?? .none,
            .word(condition.note ?? guest?.node.map { "on \($0)" } ?? ""),
          ],
          facets: facets(condition, guest?.node, tier.name)
        )
      }
      let stem = Row(
        key: "tier/\(tier.name)",
        level: tier.condition.level,
        state: tier.condition.word,
        entries: [
          .word(tier.name), stateEntry(tier.condition.level, tier.condition.word), .none, .none,
          .none, .word("tier"), .word(TopScreen.spareWords(tier)),
        ],
        facets: facets(tier.condition, nil, tier.name)
      )
      return branch(stem, leaves, folding)
    }
  }

  private func leaf(_ guest: GuestRow, role: String?) -> Row {
    Row(
      key: "guest/\(guest.id)",
      level: guest.condition.level,
      state: guest.condition.word,
      entries: [
        .word(guest.name), stateEntry(guest.condition.level, guest.condition.word),
        percent(guest.cpuRatio), percent(guest.memoryUsedBytes, of: guest.memorySizeBytes),
        span(guest.uptimeSeconds), role.map { .word($0) } ?? .none,
        .word(guest.condition.note ?? guest.tier ?? ""),
      ],
      facets: facets(guest.condition, guest.node, guest.tier ?? "") + [("id", guest.id)]
    )
  }

  /// A stem with its leaves below it, or without when all is well in them.
  private func branch(_ stem: Row, _ leaves: [Row], _ folding: Folding) -> [Row] {
    let hasProblem = stem.level.isProblem || leaves.contains { $0.level.isProblem }
    let isOpen = folding.isOpen(stem.key, hasProblem: hasProblem)
    var stem = stem
    stem.lead = leaves.isEmpty ? "  " : (isOpen ? glyphs.unfolded : glyphs.folded) + " "
    guard isOpen else { return [stem] }
    return [stem]
      + leaves.enumerated().map { index, leaf in
        var leaf = leaf
        leaf.depth = 1
        leaf.lead = "  " + (index == leaves.count - 1 ? glyphs.lastBranch : glyphs.branch)
        return leaf
      }
  }

  private func counted(_ leaves: [Row], _ noun: String) -> String {
    let bad = leaves.count { $0.level.isProblem }
    let all = "\(leaves.count) \(noun)\(leaves.count == 1 ? "" : "s")"
    return bad == 0 ? all : "\(all), \(bad) not well"
  }

  /// How each member stands.
  private var conditions: [String: Condition] {
    var found: [String: Condition] = [:]
    for one in snapshot.loadBalancers { found[one.name] = one.condition }
    for one in snapshot.apps { found[one.name] = one.condition }
    for one in snapshot.databases { found[one.name] = one.condition }
    return found
  }

  /// What each member is among its equals.
  private var roles: [String: String] {
    var found: [String: String] = [:]
    for one in snapshot.loadBalancers { found[one.name] = one.vrrpState }
    for one in snapshot.databases { found[one.name] = one.role }
    return found
  }
}
