// SPDX-License-Identifier: MIT
import Architecture

/// One point in which what was found is not what is declared.
package struct Deviation: Hashable, Sendable {
  /// The kind of part: `member`, `tier` or `node`.
  package let component: String
  /// The part's name.
  package let name: String
  /// What differs: `node`, `guest`, `state`, `name`, `replica_set`, `vrrp_priority`, `vrrp_role` of a
  /// member, `replica_set` and `replica_set_name` of a tier, `membership` of a node.
  package let aspect: String
  /// What is declared.
  package let expected: String
  /// What was found.
  package let found: String
}

extension ClusterAssessment {
  /// Where reality is not the declared architecture: members in the order of the settings, then
  /// roles tier by tier, then nodes by name.
  ///
  /// Of what nobody knows nothing is said.
  package var deviations: [Deviation] { memberDeviations + roleDeviations + nodeDeviations }

  private var memberDeviations: [Deviation] {
    graph.places.flatMap { place -> [Deviation] in
      guard let number = place.member.guest else { return [] }
      func deviation(_ aspect: String, _ expected: String, _ found: String) -> Deviation {
        Deviation(
          component: "member",
          name: place.member.name,
          aspect: aspect,
          expected: expected,
          found: found
        )
      }
      guard let guest = observed.guests[number] else {
        // It may be there all the same when Proxmox did not answer, or not tell everything.
        guard observed.isGuestListWhole else { return [] }
        return [deviation("guest", String(number), "missing")]
      }
      var points: [Deviation] = []
      if guest.isTemplate { points.append(deviation("guest", String(number), "template")) }
      if let node = place.member.node, let found = guest.node, node != found {
        points.append(deviation("node", node, found))
      }
      if guest.state == .stopped, !guest.isTemplate {
        points.append(deviation("state", "running", "stopped"))
      }
      if let name = guest.name, name != place.member.name {
        points.append(deviation("name", place.member.name, name))
      }
      return points
    }
  }

  private var nodeDeviations: [Deviation] {
    let found = Set(observed.nodes.values.filter { $0.membership != nil }.map(\.name))
    let meant = Set(declared.nodes.map(\.name))
    guard !found.isEmpty, !meant.isEmpty else { return [] }
    func deviation(_ name: String, _ expected: String, _ found: String) -> Deviation {
      Deviation(
        component: "node",
        name: name,
        aspect: "membership",
        expected: expected,
        found: found
      )
    }
    return meant.union(found).sorted().compactMap { name in
      switch (meant.contains(name), found.contains(name)) {
      case (true, false): deviation(name, "member", "not in the cluster")
      case (false, true): deviation(name, "not declared", "member")
      default: nil
      }
    }
  }
}
