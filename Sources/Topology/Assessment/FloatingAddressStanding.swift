// SPDX-License-Identifier: MIT
import Architecture

/// Who has the floating address of a tier.
package struct FloatingAddressStanding: Equatable, Sendable {
  /// Whose word counts most, from the first: masters say it themselves, at once; Proxmox is asked
  /// seldom.
  private static let witnesses = ["advertisements", "probe", "ssh", "proxmox"]

  /// What all witnesses together say.
  package let verdict: FoundFloatingAddress.Verdict
  /// The members that have it, in the order of the settings: one when all is well, none when nobody
  /// has it or nobody knows who.
  package let holders: [String]

  /// The only member that has it; nil when there is none, or not exactly one.
  package var holder: String? {
    switch verdict {
    case .one, .notPreferred: holders.count == 1 ? holders.first : nil
    case .electing, .none, .two, .disagree, .stale, .unknown: nil
    }
  }

  /// Judges what was found; `isGone` tells members that have nothing any more, whatever was last
  /// heard of them.
  init?(_ found: FoundFloatingAddress?, _ tier: DeclaredTier, isGone: (String) -> Bool) {
    guard let found, let verdict = found.verdict else { return nil }
    let told: Set<String>
    switch verdict {
    case .one, .notPreferred, .disagree:
      told = Self.witnesses.compactMap { found.holders[$0] }.first { !$0.isEmpty } ?? []
    case .two, .stale: told = found.holders.values.reduce(into: []) { $0.formUnion($1) }
    case .electing, .none, .unknown: told = []
    }
    self.verdict = verdict
    holders = tier.members.map(\.name).filter { told.contains($0) && !isGone($0) }
  }
}

extension ClusterAssessment {
  /// Who has the floating address of a tier; nil when it has none, or nobody was asked.
  package func floatingAddress(of tier: String) -> FloatingAddressStanding? {
    guard let index = graph.tierByName[tier] else { return nil }
    return FloatingAddressStanding(
      observed.floatingAddresses[tier],
      declared.tiers[index],
      isGone: isGone
    )
  }

  /// The member that would take the floating address over from another: of those that work the one
  /// of the highest declared priority; nil when the settings do not tell one.
  func heir(of tier: String, without lost: Set<String>) -> String? {
    guard let index = graph.tierByName[tier], let found = observed.floatingAddresses[tier] else {
      return nil
    }
    let candidates = declared.tiers[index].members.map(\.name).filter {
      !lost.contains($0) && state(of: .member($0)) == .working
    }
    let ranked = candidates.compactMap { name in
      found.declaredPriorities[name].map { (name: name, priority: $0) }
    }
    guard ranked.count == candidates.count, let best = ranked.map(\.priority).max() else {
      return nil
    }
    let first = ranked.filter { $0.priority == best }
    return first.count == 1 ? first[0].name : nil
  }

  /// The member's guest or node has failed.
  func isGone(_ member: String) -> Bool {
    guard let index = graph.placeByMember[member] else { return false }
    let place = graph.places[index]
    return place.node.map { state(of: .node($0)) == .failed } ?? false
      || place.member.guest.map { state(of: .guest($0)) == .failed } ?? false
  }
}
