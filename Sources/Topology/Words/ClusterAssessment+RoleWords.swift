// SPDX-License-Identifier: MIT
import Architecture

extension ClusterAssessment {
  /// More roles than these are not told.
  private static let rolesMax = 3

  /// Who has each floating address and who is primary of each replica set, in the order of the
  /// tiers; each as words that begin no sentence.
  var roleWords: [String] {
    let parts = tiers.flatMap { tier -> [String] in
      let address = floatingAddress(of: tier.name).map { words(for: $0, of: tier.name) }
      return [address, tier.replicaSet.map(words(for:))].compactMap(\.self)
    }
    return Array(parts.prefix(Self.rolesMax))
  }

  /// What it means that a member with a role is lost.
  struct MovedRole: Equatable {
    /// Who has the role now and what follows, without a full stop.
    let remark: String
    /// What follows, as a sentence.
    let sentence: String
  }

  /// The roles that members have which would be lost, of tiers that would go on.
  func movedRoles(_ loss: Loss) -> [MovedRole] {
    let lost = Set(loss.members)
    return zip(tiers, loss.tiers).flatMap { now, then -> [MovedRole] in
      guard then.state != .failed else { return [] }
      var moved: [MovedRole] = []
      if let holder = floatingAddress(of: now.name)?.holder, lost.contains(holder) {
        let address = addressWords(of: now.name)
        let heir = heir(of: now.name, without: lost).map(Phrase.name) ?? "another member"
        moved.append(
          MovedRole(
            remark: "\(Phrase.name(holder)) has \(address): it moves to \(heir)",
            sentence: "\(address.capitalizedFirst) moves to \(heir)."
          )
        )
      }
      if let set = now.replicaSet, let primary = set.primary, lost.contains(primary) {
        let (member, title) = (Phrase.name(primary), Phrase.name(set.title))
        let span = "about 12 s long unless \(member) steps down first"
        moved.append(
          MovedRole(
            remark: "\(member) is the primary of \(title): an election follows, \(span)",
            sentence: "An election of \(title) follows, \(span)."
          )
        )
      }
      return moved
    }
  }

  private func words(for set: ReplicaSetStanding) -> String {
    let name = Phrase.name(set.title)
    if let claimants = set.claimants, claimants > 1 { return "\(name) has \(claimants) primaries" }
    if let primary = set.primary { return "\(name) has a primary (\(Phrase.name(primary)))" }
    return set.withoutPrimarySince == nil
      ? "whether \(name) has a primary is unknown" : "\(name) has no primary"
  }

  private func words(for address: FloatingAddressStanding, of tier: String) -> String {
    let name = addressWords(of: tier)
    switch address.verdict {
    case .one, .notPreferred:
      guard let holder = address.holder else { return "who has \(name) is unknown" }
      return "\(name) is on \(Phrase.name(holder))"
    case .electing: return "\(name) is moving"
    case .none: return "nobody has \(name)"
    case .two:
      guard address.holders.count > 1 else { return "two members have \(name)" }
      return "\(Phrase.list(address.holders)) all have \(name)"
    case .stale: return "a member that is not master answers for \(name)"
    case .disagree: return "who has \(name) is in dispute"
    case .unknown: return "who has \(name) is unknown"
    }
  }

  /// The tier is named where there are several.
  private func addressWords(of tier: String) -> String {
    observed.floatingAddresses.count > 1
      ? "the floating IP of \(Phrase.name(tier))" : "the floating IP"
  }
}
