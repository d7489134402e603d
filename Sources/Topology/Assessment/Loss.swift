// SPDX-License-Identifier: MIT
import Architecture

/// What would be left after parts of the cluster are lost, with nothing restarted elsewhere.
package struct Loss: Equatable, Sendable {
  /// What is lost.
  package let lost: [Component]
  /// The members that work now and would not any more, in the order of the settings.
  package let members: [String]
  /// The tiers that do not fail now and would, in the order of the settings.
  package let tiersLost: [String]
  /// The entries that would fail by it, in the order of the settings.
  package let entriesLost: [String]
  /// All tiers as they would be, in the order of the settings.
  package let tiers: [TierStanding]
  /// The votes as they would be; nil where nothing can be quorate.
  package let quorum: QuorumStanding?
  /// Working: all tiers, the quorum and all entries would work; unknown: it depends on something of
  /// which nobody knows.
  package let survives: ComponentState

  /// How many more members of the tier that bears least might fail then; nil without tiers.
  package var failuresTolerated: Int? { tiers.map(\.failuresTolerated).min() }
}

extension ClusterAssessment {
  /// What would be left without these components.
  ///
  /// A lost node takes its guests, a lost guest its members, a lost tier all of its members. The HA
  /// manager might restart some guests later; that is not counted on.
  package func loss(of components: [Component]) -> Loss {
    let redundancy = Redundancy(
      declared: declared,
      graph: graph,
      memberStates: memberStates,
      replicaSets: tiers.map(\.replicaSet)
    )
    let places = Set(components.flatMap { graph.places(on: $0) })
    let after = redundancy.tiers(losing: places)
    let quorum = quorum(losing: components)
    let entriesNow = declared.entries.map { entry in
      components.contains(.entry(entry.name)) ? .failed : state(of: .entry(entry.name))
    }
    let entries = redundancy.entries(after: after, now: entriesNow)
    let entriesBefore = redundancy.entries(
      after: tiers,
      now: declared.entries.map { state(of: .entry($0.name)) }
    )
    let entriesLost = declared.entries.indices.filter {
      entries[$0] == .failed && entriesBefore[$0] != .failed
    }
    let states = after.map(\.componentState) + entries + [quorum?.state ?? .working]
    return Loss(
      lost: components,
      members: places.sorted().filter { memberStates[$0] == .working }
        .map { graph.places[$0].member.name },
      tiersLost: zip(tiers, after).compactMap { now, then in
        now.state != .failed && then.state == .failed ? now.name : nil
      },
      entriesLost: entriesLost.map { declared.entries[$0].name },
      tiers: after,
      quorum: quorum,
      survives: .allNeeded(states)
    )
  }

  /// What the loss of each node that has not failed yet would leave, by name.
  package var nodeLosses: [(node: String, loss: Loss)] {
    graph.nodes.filter { state(of: .node($0)) != .failed }.map { ($0, loss(of: [.node($0)])) }
  }

  /// The votes of lost nodes are gone; without counts nobody knows what is left.
  private func quorum(losing components: [Component]) -> QuorumStanding? {
    guard let quorum else { return nil }
    if components.contains(.cluster) {
      return QuorumStanding(state: .failed, votesNeeded: quorum.votesNeeded, votesPresent: 0)
    }
    let nodes = Set(
      components.compactMap { component -> String? in
        guard case .node(let name) = component else { return nil }
        return observed.nodes[name]?.membership == .offline ? nil : name
      }
    )
    guard !nodes.isEmpty else { return quorum }
    let votes = nodes.reduce(0) { $0 + (observed.nodes[$1]?.votes ?? 1) }
    guard votes > 0 else { return quorum }
    guard let present = quorum.votesPresent, let needed = quorum.votesNeeded else {
      let state = quorum.state == .working ? .unknown : quorum.state
      return QuorumStanding(state: state, votesNeeded: nil, votesPresent: nil)
    }
    let left = max(present - votes, 0)
    let isQuorate = left >= needed
    return QuorumStanding(
      state: isQuorate ? quorum.state : .failed,
      votesNeeded: needed,
      votesPresent: left
    )
  }
}
