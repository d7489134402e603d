// SPDX-License-Identifier: MIT
import Architecture
package import MetricModel

extension ClusterAssessment {
  /// What an alert's or series' labels are about; nil when that is no part of the cluster.
  ///
  /// The first that applies: a member by `instance`; an entry by `instance` without `tier`; a member
  /// by `tier` and `member`, as a replica set calls it; a tier by `tier`; what `id` names in Proxmox'
  /// way (of a replication job its guest); a guest by `guest` or `sid`; what `component` and `name`
  /// say; a declared backup by `backup`; a known node by `node`, or by `instance` of job `pve_node`.
  package func component(of labels: LabelSet) -> Component? {
    let tier = labels["tier"]
    if let instance = labels["instance"] {
      if let place = graph.placeByMember[instance],
        tier == nil || tier == declared.tiers[graph.places[place].tier].name
      {
        return .member(instance)
      }
      if tier == nil, graph.entryByName[instance] != nil { return .entry(instance) }
    }
    if let tier, let index = graph.tierByName[tier], let name = labels["member"],
      let member = SetMemberNames(declared.tiers[index].members).member(called: name)
    {
      return .member(member)
    }
    if let tier, graph.tierByName[tier] != nil { return .tier(tier) }
    if let component = labels["id"].flatMap(component(ofID:)) { return component }
    if let guest = labels["guest"].flatMap(guest(_:)) { return .guest(guest) }
    if let guest = labels["sid"].flatMap(ObservationReader.guest(ofService:)) {
      return .guest(guest)
    }
    if let component = named(labels["component"], labels["name"]) { return component }
    if let backup = labels["backup"], declared.backups.contains(where: { $0.name == backup }) {
      return .backup(backup)
    }
    if let node = labels["node"], standings[.node(node)] != nil { return .node(node) }
    if labels["job"] == "pve_node", let node = labels["instance"], standings[.node(node)] != nil {
      return .node(node)
    }
    return nil
  }

  /// Everything a component stands on where the failure of one part suffices to explain its own,
  /// nearest first.
  ///
  /// A member: its guest, its node, the tiers its tier depends on. A guest, a storage: its node. An
  /// entry: its tiers and theirs. A tier: the tiers it depends on. A backup: its storage as each node
  /// sees it, and the cluster, which starts no backup without a quorum. Anything else: nothing.
  package func foundations(of component: Component) -> [Component] {
    switch component {
    case .monitor, .cluster, .node: return []
    case .storage(let node, _): return standings[.node(node)] == nil ? [] : [.node(node)]
    case .guest(let number): return graph.nodeByGuest[number].map { [.node($0)] } ?? []
    case .member(let name):
      guard let index = graph.placeByMember[name] else { return [] }
      let place = graph.places[index]
      let ground = [place.member.guest.map(Component.guest), place.node.map(Component.node)]
      return ground.compactMap { $0 } + tiers(graph.supports[place.tier])
    case .tier(let name): return tiers(graph.tierByName[name].map { graph.supports[$0] } ?? [])
    case .entry(let name):
      return tiers(graph.entryByName[name].map { graph.supportsByEntry[$0] } ?? [])
    case .backup(let name):
      guard let backup = declared.backups.first(where: { $0.name == name }) else { return [] }
      let storage = backup.storage.map { name in
        graph.nodes.map { Component.storage(node: $0, name: name) }
      }
      return (storage ?? []) + [.cluster]
    }
  }

  /// All that stands on a component, also through others, in order; it may survive its loss.
  ///
  /// A node: its guests, their members, the tiers of these and those that depend on them, and the
  /// entries over all of these tiers. A tier: the tiers that depend on it with their members, and
  /// the entries. A storage: the backups that it takes. The cluster: every declared backup.
  package func dependents(of component: Component) -> [Component] {
    var found: Set<Component> = []
    var reachedTiers: Set<Int> = []
    let places = graph.places(on: component)
    switch component {
    case .monitor:
      return standings.keys.filter { $0 != .cluster }.sorted()
    case .cluster: return declared.backups.map { .backup($0.name) }.sorted()
    case .storage(_, let name):
      return declared.backups.filter { $0.storage == name }.map { .backup($0.name) }.sorted()
    case .entry, .backup: return []
    case .node(let name): found.formUnion((graph.guestsByNode[name] ?? []).map(Component.guest))
    case .guest, .member: break
    case .tier(let name):
      guard let index = graph.tierByName[name] else { return [] }
      reachedTiers = [index]
      for tier in graph.supported[index] {
        found.formUnion(graph.placesByTier[tier].map { .member(graph.places[$0].member.name) })
      }
    }
    if reachedTiers.isEmpty {
      found.formUnion(places.map { .member(graph.places[$0].member.name) })
      reachedTiers = Set(places.map { graph.places[$0].tier })
    }
    reachedTiers.formUnion(reachedTiers.flatMap { graph.supported[$0] })
    found.formUnion(reachedTiers.map { .tier(declared.tiers[$0].name) })
    for (index, entry) in declared.entries.enumerated()
    where graph.supportsByEntry[index].contains(where: { reachedTiers.contains($0) }) {
      found.insert(.entry(entry.name))
    }
    found.remove(component)
    return found.sorted()
  }

  /// The declared members of a tier that failed or of which nobody knows, in the order of the
  /// settings.
  package func missingMembers(of tier: String) -> [String] {
    guard let index = graph.tierByName[tier] else { return [] }
    return graph.placesByTier[index].filter { memberStates[$0] != .working }
      .map { graph.places[$0].member.name }
  }

  /// The nodes that failed, sorted.
  package var offlineNodes: [String] { graph.nodes.filter { state(of: .node($0)) == .failed } }

  private func component(ofID id: String) -> Component? {
    switch ResourceID(id) {
    case .cluster?: .cluster
    case .node(let name)?: .node(name)
    case .guest(_, let number)?: .guest(number)
    case .storage(let node, let name)?:
      standings[.node(node)] == nil ? nil : .storage(node: node, name: name)
    case .replication(let guest)?: standings[.guest(guest)] == nil ? nil : .guest(guest)
    case nil: nil
    }
  }

  /// What is called so among the parts of that kind.
  private func named(_ kind: String?, _ name: String?) -> Component? {
    switch (kind, name) {
    case ("monitor"?, _): return .monitor
    case ("cluster"?, _): return .cluster
    case ("member"?, let name?): return graph.placeByMember[name] == nil ? nil : .member(name)
    case ("tier"?, let name?): return graph.tierByName[name] == nil ? nil : .tier(name)
    case ("node"?, let name?): return standings[.node(name)] == nil ? nil : .node(name)
    default: return nil
    }
  }

  private func guest(_ text: String) -> Int? {
    if let number = Int(text) { return number }
    if case .guest(_, let number)? = ResourceID(text) { return number }
    return nil
  }

  private func tiers(_ indices: [Int]) -> [Component] {
    indices.map { .tier(declared.tiers[$0].name) }
  }
}
