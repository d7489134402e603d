// SPDX-License-Identifier: MIT
import Architecture

extension ClusterAssessment {
  /// Where members do not have the part in their tier that the settings give them.
  var roleDeviations: [Deviation] {
    declared.tiers.flatMap { replicaSetDeviations($0) + floatingAddressDeviations($0) }
  }

  /// Declared members that the set does not know, and members of the set that are not declared.
  ///
  /// A set may know its members by names of which the settings say nothing: then, or while a
  /// declared member says itself that it has a part in a set, nothing is said.
  private func replicaSetDeviations(_ tier: DeclaredTier) -> [Deviation] {
    guard let set = observed.replicaSets[tier.name], !set.members.isEmpty else { return [] }
    let names = SetMemberNames(tier.members)
    let known = Set(set.members.keys.compactMap(names.member(called:)))
    guard !known.isEmpty else { return [] }
    let missing = tier.members.map(\.name).filter { name in
      guard !known.contains(name) else { return false }
      let state = observed.databaseStates[name]
      return state == nil || state == DatabaseState.removed || state == DatabaseState.startup
    }
    let hasAlias = known.count + missing.count < tier.members.count
    let strangers = hasAlias ? [] : set.members.keys.filter { names.member(called: $0) == nil }
    return missing.map {
      Deviation(
        component: "member",
        name: $0,
        aspect: "replica_set",
        expected: set.name,
        found: "no member"
      )
    }
      + strangers.sorted().map {
        Deviation(
          component: "tier",
          name: tier.name,
          aspect: "replica_set",
          expected: "not declared",
          found: $0
        )
      }
  }

  /// The priority with which the address is held, and who holds it.
  private func floatingAddressDeviations(_ tier: DeclaredTier) -> [Deviation] {
    guard let found = observed.floatingAddresses[tier.name],
      let holder = floatingAddress(of: tier.name)?.holder
    else { return [] }
    func deviation(_ name: String, _ aspect: String, _ expected: String, _ found: String)
      -> Deviation
    {
      Deviation(
        component: "member",
        name: name,
        aspect: aspect,
        expected: expected,
        found: found
      )
    }
    var points: [Deviation] = []
    let isMaster = found.holders["advertisements"]?.contains(holder) == true
    if isMaster, let meant = found.declaredPriorities[holder],
      let told = found.advertisedPriorities[holder], meant != told
    {
      points.append(deviation(holder, "vrrp_priority", String(meant), String(told)))
    }
    if let best = heir(of: tier.name, without: []), best != holder,
      state(of: .member(holder)) == .working
    {
      points.append(deviation(best, "vrrp_role", "master", "backup"))
    }
    return points
  }
}
