// SPDX-License-Identifier: MIT

/// Whether the other nodes that work have room for a node's running guests.
///
/// Only memory is looked at; local disks and HA groups may forbid a place that has it.
package struct NodeCapacity: Equatable, Sendable {
  /// Memory of every node that is left to the host.
  package static let reserveBytes = 1_073_741_824.0

  /// The node whose guests would need a place.
  package let node: String
  /// Its running guests, by number.
  package let guests: [Int]
  /// All of them find room for the memory that is assigned to them; nil when unknown.
  package let assignedFits: Bool?
  /// All of them find room for the memory they use now; nil when unknown.
  package let usedFits: Bool?
  /// Those that find no room for what is assigned to them, by number.
  package let homeless: [Int]
}

extension ClusterAssessment {
  /// The capacity of the others for each node that has not failed, by name; empty on a single node.
  package var capacities: [NodeCapacity] {
    guard graph.nodes.count > 1 else { return [] }
    let homes = graph.nodes.filter { state(of: .node($0)) == .working }.map(room(on:))
    return graph.nodes.filter { state(of: .node($0)) != .failed }.map { node in
      capacity(without: node, in: homes.filter { $0.node != node })
    }
  }

  /// Free memory of a node before the reserve; nil when unknown.
  private struct Room {
    let node: String
    let ofAssigned: Double?
    let ofUsed: Double?
  }

  private func room(on node: String) -> Room {
    let size = observed.nodes[node]?.memorySize
    let used = observed.nodes[node]?.memoryUsed
    let taken = runningGuests(on: node).map(\.memoryAssigned)
    let isComplete = !taken.contains { $0 == nil }
    return Room(
      node: node,
      ofAssigned: isComplete ? size.map { $0 - taken.reduce(0) { $0 + ($1 ?? 0) } } : nil,
      ofUsed: size.flatMap { size in used.map { size - $0 } }
    )
  }

  private func capacity(without node: String, in homes: [Room]) -> NodeCapacity {
    let guests = runningGuests(on: node)
    let assigned = packing(guests.map { ($0.id, $0.memoryAssigned) }, into: homes.map(\.ofAssigned))
    let used = packing(guests.map { ($0.id, $0.memoryUsed) }, into: homes.map(\.ofUsed))
    return NodeCapacity(
      node: node,
      guests: guests.map(\.id),
      assignedFits: assigned.fits,
      usedFits: used.fits,
      homeless: assigned.homeless
    )
  }

  private func runningGuests(on node: String) -> [FoundGuest] {
    (graph.guestsByNode[node] ?? []).compactMap { observed.guests[$0] }
      .filter { $0.state == .running }
  }

  /// First fit, the largest first; what is unknown makes a failure to fit unknown too.
  private func packing(
    _ guests: [(id: Int, need: Double?)],
    into rooms: [Double?]
  ) -> (fits: Bool?, homeless: [Int]) {
    guard !guests.contains(where: { $0.need == nil }) else { return (nil, []) }
    var free = rooms.compactMap { $0.map { max($0 - NodeCapacity.reserveBytes, 0) } }
    var homeless: [Int] = []
    let ordered = guests.sorted { ($1.need ?? 0, $0.id) < ($0.need ?? 0, $1.id) }
    for (id, need) in ordered {
      if let place = free.firstIndex(where: { $0 >= need ?? 0 }) {
        free[place] -= need ?? 0
      } else {
        homeless.append(id)
      }
    }
    if homeless.isEmpty { return (true, []) }
    return rooms.contains(nil) ? (nil, []) : (false, homeless.sorted())
  }
}
