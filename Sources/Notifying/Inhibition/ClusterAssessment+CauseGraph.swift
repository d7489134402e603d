// SPDX-License-Identifier: MIT
import Architecture
package import Topology

extension ClusterAssessment: CauseGraph {
  package func members(of tier: String) -> [String] {
    declared.tiers.first { $0.name == tier }?.members.map(\.name) ?? []
  }

  package func lacksPrimary(_ tier: String) -> Bool {
    guard let set = tiers.first(where: { $0.name == tier })?.replicaSet, set.primary == nil else {
      return false
    }
    return set.withoutPrimarySince != nil || set.primarySilentSince != nil
  }

  package func isWorking(_ component: Component) -> Bool { state(of: component) == .working }

  package func name(of component: Component) -> String {
    switch component {
    case .monitor: "hvsmon"
    case .cluster: declared.name
    case .guest(let id): guestName(id)
    case .storage(let node, let name): "\(name) on \(node)"
    case .node(let name), .member(let name), .tier(let name), .entry(let name), .backup(let name):
      name
    }
  }

  package var situation: String { situationWords() }

  package var hasNodes: Bool { !declared.nodes.isEmpty || !observed.nodes.isEmpty }

  package var underWork: [Component: String] {
    var found: [Component: String] = [:]
    for guest in observed.guests.values {
      guard let work = guest.lock.flatMap({ Self.works[$0] }) else { continue }
      found[.guest(guest.id)] = "in maintenance: \(work) of \(guestName(guest.id)) runs"
    }
    for node in observed.nodes.values where node.haState == "maintenance" {
      found[.node(node.name)] = "in maintenance: HA maintenance of \(node.name)"
    }
    return found
  }

  /// What Proxmox does with a guest that holds a lock.
  private static let works = [
    "backup": "backup", "migrate": "migration", "snapshot": "snapshot", "rollback": "rollback",
    "snapshot-delete": "removal of a snapshot", "clone": "copy",
  ]

  /// The name of the member that works in the guest, else the guest's own.
  private func guestName(_ id: Int) -> String {
    for tier in declared.tiers {
      if let member = tier.members.first(where: { $0.guest == id }) { return member.name }
    }
    return observed.guests[id]?.name ?? "guest \(id)"
  }
}
