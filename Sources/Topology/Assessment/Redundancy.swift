// SPDX-License-Identifier: MIT
import Architecture

/// Counts which tiers and entries work with the members there are, or with fewer.
struct Redundancy: Sendable {
  private struct Count {
    var working = 0
    var failed = 0
  }

  let declared: DeclaredCluster
  let graph: PlacementGraph
  private let memberStates: [ComponentState]
  private let counts: [Count]
  /// In the order of the tiers.
  private let replicaSets: [ReplicaSetStanding?]

  init(
    declared: DeclaredCluster,
    graph: PlacementGraph,
    memberStates: [ComponentState],
    replicaSets: [ReplicaSetStanding?]
  ) {
    self.replicaSets = replicaSets
    self.declared = declared
    self.graph = graph
    self.memberStates = memberStates
    counts = graph.placesByTier.map { places in
      var count = Count()
      for place in places {
        switch memberStates[place] {
        case .working: count.working += 1
        case .failed: count.failed += 1
        case .unknown: break
        }
      }
      return count
    }
  }

  /// The tiers in the order of the settings, with the members at `lost` taken for failed.
  func tiers(losing lost: Set<Int> = []) -> [TierStanding] {
    var counts = counts
    for place in lost {
      switch memberStates[place] {
      case .working: counts[graph.places[place].tier].working -= 1
      case .unknown, .failed: break
      }
      if memberStates[place] != .failed { counts[graph.places[place].tier].failed += 1 }
    }
    let own = declared.tiers.indices.map { index in
      let tier = declared.tiers[index]
      let count = counts[index]
      return Self.state(
        tier,
        working: count.working,
        failed: count.failed,
        primary: tier.needs == .majority ? replicaSets[index]?.state : nil
      )
    }
    return declared.tiers.indices.map { index in
      let tier = declared.tiers[index]
      var state = own[index]
      var cause: String?
      let failed = graph.supports[index].first { own[$0] == .failed }
      let unknown = graph.supports[index].first { own[$0] == .unknown }
      if state != .failed, let failed {
        (state, cause) = (.failed, declared.tiers[failed].name)
      } else if state == .working || state == .degraded, let unknown {
        (state, cause) = (.unknown, declared.tiers[unknown].name)
      }
      return TierStanding(
        name: tier.name,
        declared: tier.members.count,
        working: counts[index].working,
        failed: counts[index].failed,
        needed: tier.membersNeeded,
        state: state,
        cause: cause,
        replicaSet: replicaSets[index]
      )
    }
  }

  /// The entries in the order of the settings: the probe says it, or else the tiers do.
  func entries(_ tiers: [TierStanding], probes: [String: Bool]) -> [Verdict] {
    declared.entries.indices.map { index in
      let entry = declared.entries[index]
      if let isAnswered = probes[entry.name] {
        return isAnswered ? Verdict(.working) : Verdict(.failed, "the probe fails")
      }
      guard !graph.supportsByEntry[index].isEmpty else { return Verdict(.unknown, "not probed") }
      return Verdict(fromTiers(index, tiers), "not probed: told from its tiers")
    }
  }

  /// The entries after a loss; none gets better by it.
  func entries(after tiers: [TierStanding], now: [ComponentState]) -> [ComponentState] {
    declared.entries.indices.map { index in
      let needsTiers = !graph.supportsByEntry[index].isEmpty
      return .allNeeded([now[index]] + (needsTiers ? [fromTiers(index, tiers)] : []))
    }
  }

  private func fromTiers(_ entry: Int, _ tiers: [TierStanding]) -> ComponentState {
    .allNeeded(graph.supportsByEntry[entry].lazy.map { tiers[$0].componentState })
  }

  private static func state(
    _ tier: DeclaredTier,
    working: Int,
    failed: Int,
    primary: ComponentState?
  ) -> TierStanding.State {
    let declared = tier.members.count
    if declared - failed < tier.membersNeeded || primary == .failed { return .failed }
    if working < tier.membersNeeded || primary == .unknown { return .unknown }
    return working == declared ? .working : .degraded
  }
}

extension DeclaredTier {
  /// How many members must work.
  package var membersNeeded: Int {
    switch needs {
    case .members(let count): count
    case .majority: members.count / 2 + 1
    }
  }
}
