// SPDX-License-Identifier: MIT
import Snapshot

extension PageBody {
  /// How much more of each tier may fail: a box for each member.
  func redundancy(_ markup: inout Markup) {
    guard !snapshot.tiers.isEmpty || snapshot.quorum != nil else { return }
    markup.element("section", ("aria-label", "Redundancy")) { section in
      section.raw("<h2>Redundancy</h2><ul class=\"tiles meters\">")
      if let quorum = snapshot.quorum { meter(quorum, &section) }
      for tier in snapshot.tiers { meter(tier, &section) }
      section.raw("</ul>")
    }
  }

  private func meter(_ tier: TierRow, _ markup: inout Markup) {
    let level = tier.condition.state == .failed ? Level.critical : tier.condition.level
    markup.element("li", ("class", level.styleClass)) { tile in
      tile.element("strong") { $0.outside(tier.name) }
      tile.text(" \(tier.working)/\(tier.declared) ")
      boxes(working: tier.working, failed: tier.failed, of: tier.declared, &tile)
      tile.element("span", ("class", "words"), text: " \(Self.spareWords(tier))")
    }
  }

  private func meter(_ quorum: QuorumRow, _ markup: inout Markup) {
    let up = snapshot.nodes.count { $0.condition.state == .working }
    let down = snapshot.nodes.count { $0.condition.state == .failed }
    let level: Level =
      switch quorum.condition.state {
      case .failed: .critical
      case .unknown: .unknown
      case .working: quorum.votesSpare.map { $0 < 1 ? .warning : .ok } ?? .unknown
      }
    let words =
      switch quorum.condition.state {
      case .failed: "no quorum: nothing can be started or moved"
      case .unknown: "quorum unknown"
      case .working:
        quorum.votesSpare.map { $0 < 1 ? "no spare vote" : "\($0) more may fail" } ?? "quorate"
      }
    markup.element("li", ("class", level.styleClass)) { tile in
      tile.raw("<strong>nodes</strong>")
      tile.text(" \(up)/\(snapshot.nodes.count) ")
      boxes(working: up, failed: down, of: snapshot.nodes.count, &tile)
      tile.element("span", ("class", "words"), text: " \(words)")
    }
  }

  private func boxes(working: Int, failed: Int, of all: Int, _ markup: inout Markup) {
    markup.element("span", ("class", "boxes"), ("aria-hidden", "true")) { boxes in
      for index in 0..<min(40, max(0, all)) {
        let kind = index < working ? "up" : index < working + failed ? "down" : "unclear"
        boxes.element("i", ("class", kind), text: "")
      }
    }
  }

  static func spareWords(_ tier: TierRow) -> String {
    switch tier.condition.state {
    case .failed: "down"
    case .unknown: "unknown"
    case .working:
      tier.failuresTolerated > 0
        ? "\(tier.failuresTolerated) more may fail" : "no spare: the next failure stops it"
    }
  }

  /// The cluster drawn: nodes as columns, tiers as rows, what leads in bold, the floating IP where
  /// it is.
  func map(_ markup: inout Markup) {
    let nodes = snapshot.nodes.prefix(16)
    guard !nodes.isEmpty, !snapshot.tiers.isEmpty else { return }
    let members = PlacedMember.all(of: snapshot)
    markup.element("section", ("class", "map"), ("aria-label", "The cluster")) { section in
      section.raw("<h2>The cluster</h2><div class=\"scroll\"><table><thead><tr><td></td>")
      for node in nodes {
        section.element("th", ("scope", "col"), ("class", node.condition.level.styleClass)) {
          head in
          head.outside(node.name)
          head.raw("<br>")
          head.badge(node.condition.level, node.condition.word)
        }
      }
      section.raw("</tr></thead><tbody>")
      for tier in snapshot.tiers {
        section.raw("<tr>")
        section.element("th", ("scope", "row")) { $0.outside(tier.name) }
        for node in nodes {
          section.element("td") { cell in
            for member in members where member.tier == tier.name && member.node == node.name {
              draw(member, &cell)
            }
          }
        }
        section.raw("</tr>")
      }
      section.raw("</tbody></table></div>")
      let homeless = members.filter { member in !nodes.contains { $0.name == member.node } }
      if !homeless.isEmpty {
        section.element("p") { line in
          line.raw("Not on any of these nodes: ")
          for member in homeless.prefix(40) { draw(member, &line) }
        }
      }
    }
  }

  private func draw(_ member: PlacedMember, _ markup: inout Markup) {
    let level = member.condition.level
    markup.element("div", ("class", "member \(level.styleClass)")) { box in
      box.element("span", ("class", "sign"), ("aria-hidden", "true"), text: level.sign)
      box.text(" ")
      box.outside(member.name)
      if level != .ok { box.text(" \(member.condition.word)") }
      if let role = member.role {
        box.text(" ")
        box.element("small", ("class", member.leads ? "leads" : "follows")) { $0.outside(role) }
      }
      if member.hasFloatingAddress { box.raw(" <small class=\"vip\">floating IP</small>") }
    }
  }
}

/// A member where it is drawn.
private struct PlacedMember {
  let name: String
  let tier: String
  let node: String?
  let condition: Condition
  var role: String?
  var leads = false
  var hasFloatingAddress = false

  static func all(of snapshot: ClusterSnapshot) -> [PlacedMember] {
    var found: [PlacedMember] = []
    var known: Set<String> = []
    func add(_ member: PlacedMember) {
      guard known.insert(member.name).inserted else { return }
      found.append(member)
    }
    for one in snapshot.loadBalancers {
      var member = PlacedMember(
        name: one.name,
        tier: one.tier,
        node: one.node,
        condition: one.condition
      )
      member.role = one.hasFloatingAddress == nil ? nil : one.vrrpState
      member.leads = one.vrrpState == "MASTER"
      member.hasFloatingAddress = one.hasFloatingAddress == true
      add(member)
    }
    for one in snapshot.databases {
      var member = PlacedMember(
        name: one.name,
        tier: one.tier,
        node: one.node,
        condition: one.condition
      )
      member.role = one.role
      member.leads = one.role == "PRIMARY"
      add(member)
    }
    for one in snapshot.apps {
      add(PlacedMember(name: one.name, tier: one.tier, node: one.node, condition: one.condition))
    }
    for guest in snapshot.guests {
      guard let name = guest.member, let tier = guest.tier else { continue }
      add(PlacedMember(name: name, tier: tier, node: guest.node, condition: guest.condition))
    }
    return found
  }
}
