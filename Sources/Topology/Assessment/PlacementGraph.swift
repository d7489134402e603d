// SPDX-License-Identifier: MIT
import Architecture

/// What stands on what: nodes, guests, members, tiers, entries.
///
/// Where a guest runs is what was found; the declared place counts where nothing was.
struct PlacementGraph: Equatable, Sendable {
  /// A member and where it is.
  struct Place: Equatable, Sendable {
    let member: DeclaredMember
    let tier: Int
    let node: String?
  }

  /// Every member in the order of the settings.
  let places: [Place]
  let placeByMember: [String: Int]
  let placesByGuest: [Int: [Int]]
  let placesByNode: [String: [Int]]
  /// The places of each tier.
  let placesByTier: [Range<Int>]
  /// Declared and found, by name.
  let nodes: [String]
  /// Found ones without templates, and those of declared members, by number.
  let guests: [Int]
  let nodeByGuest: [Int: String]
  let guestsByNode: [String: [Int]]
  let tierByName: [String: Int]
  /// The tiers each tier depends on, also through others, nearest first.
  let supports: [[Int]]
  /// The tiers that depend on each tier, also through others, rising.
  let supported: [[Int]]
  /// The tiers each entry needs, directly or through others, nearest first.
  let supportsByEntry: [[Int]]
  let entryByName: [String: Int]

  init(_ declared: DeclaredCluster, _ observed: ClusterObservation) {
    var places: [Place] = []
    var ranges: [Range<Int>] = []
    for (index, tier) in declared.tiers.enumerated() {
      let start = places.count
      for member in tier.members {
        let found = member.guest.flatMap { observed.guests[$0]?.node }
        places.append(Place(member: member, tier: index, node: found ?? member.node))
      }
      ranges.append(start..<places.count)
    }
    let indices = places.indices
    self.places = places
    placesByTier = ranges
    placeByMember = Dictionary(indices.map { (places[$0].member.name, $0) }) { first, _ in first }
    placesByGuest = Dictionary(grouping: indices.filter { places[$0].member.guest != nil }) {
      places[$0].member.guest ?? 0
    }
    placesByNode = Dictionary(grouping: indices.filter { places[$0].node != nil }) {
      places[$0].node ?? ""
    }
    let nodeNames = declared.nodes.map(\.name) + observed.nodes.keys + places.compactMap(\.node)
    nodes = Set(nodeNames).sorted()

    var nodeByGuest = observed.guests.filter { !$0.value.isTemplate }.compactMapValues(\.node)
    var numbers = Set(observed.guests.filter { !$0.value.isTemplate }.keys)
    for place in places {
      guard let guest = place.member.guest else { continue }
      numbers.insert(guest)
      if nodeByGuest[guest] == nil { nodeByGuest[guest] = place.node }
    }
    self.nodeByGuest = nodeByGuest
    guests = numbers.sorted()
    guestsByNode = Dictionary(grouping: guests.filter { nodeByGuest[$0] != nil }) {
      nodeByGuest[$0] ?? ""
    }

    let names = declared.tiers.map(\.name)
    let tierByName = Dictionary(names.indices.map { (names[$0], $0) }) { first, _ in first }
    self.tierByName = tierByName
    let direct = declared.tiers.map { tier in tier.dependsOn.compactMap { tierByName[$0] } }
    let supports = direct.indices.map { index in
      Self.reached(from: direct[index], over: direct).filter { $0 != index }
    }
    self.supports = supports
    supported = direct.indices.map { index in
      direct.indices.filter { supports[$0].contains(index) }
    }
    supportsByEntry = declared.entries.map { entry in
      Self.reached(from: entry.tiers.compactMap { tierByName[$0] }, over: direct)
    }
    entryByName = Dictionary(declared.entries.indices.map { (declared.entries[$0].name, $0) }) {
      first,
      _ in first
    }
  }

  /// The members that a component takes along when it is lost, as places.
  func places(on component: Component) -> [Int] {
    switch component {
    case .node(let name): placesByNode[name] ?? []
    case .guest(let number): placesByGuest[number] ?? []
    case .member(let name): placeByMember[name].map { [$0] } ?? []
    case .tier(let name): tierByName[name].map { Array(placesByTier[$0]) } ?? []
    case .monitor, .cluster, .storage, .entry, .backup: []
    }
  }

  /// Everything reached from `start`, each once, nearest first.
  private static func reached(from start: [Int], over direct: [[Int]]) -> [Int] {
    var reached: [Int] = []
    var seen: Set<Int> = []
    var open = start
    while !open.isEmpty {
      let fresh = open.filter { seen.insert($0).inserted }
      reached += fresh
      open = fresh.flatMap { direct[$0] }
    }
    return reached
  }
}
