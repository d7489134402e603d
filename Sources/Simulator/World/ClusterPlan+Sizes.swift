// SPDX-License-Identifier: MIT

extension ClusterPlan {
  /// The most nodes of a plan, as in a corosync cluster that still works well.
  package static let nodesMax = 32
  /// The most guests of a plan.
  package static let guestsMax = 1_000

  /// Three nodes with nine containers: three load balancers, three databases, three apps.
  package static let reference = sized(nodes: 3, guests: 9)

  /// A cluster that begins with the reference cluster and has more of it.
  ///
  /// The first three nodes and nine guests are always the reference cluster's. From the tenth guest
  /// on every fourth is a virtual machine, and the first few are under HA and replicated.
  ///
  /// - Parameters:
  ///   - nodeCount: 3 to ``nodesMax``.
  ///   - guestCount: 9 to ``guestsMax``.
  ///   - network: The second byte of every address.
  /// - Returns: The plan, the same for the same numbers.
  package static func sized(
    nodes nodeCount: Int,
    guests guestCount: Int,
    network: UInt8 = 0
  ) -> ClusterPlan {
    precondition((3...nodesMax).contains(nodeCount), "a plan has 3 to \(nodesMax) nodes")
    precondition((9...guestsMax).contains(guestCount), "a plan has 9 to \(guestsMax) guests")
    let nodes = (1...nodeCount).map { number in
      Node(
        name: "CoolerHostname" + (number == 1 ? "" : String(number)),
        number: number,
        address: "127.\(network).30.\(10 + number)",
        cpus: nodeCount > 3 ? 64 : 8,
        memoryBytes: nodeCount > 3 ? 256 << 30 : 33_560_281_088
      )
    }
    let guests = (0..<guestCount).map { guest(number: $0, nodes: nodes, network: network) }
    let extras = guests.dropFirst(9)
    return ClusterPlan(
      name: "hvs",
      nodes: nodes,
      guests: guests,
      storages: [
        Storage(
          name: "local",
          plugin: "dir",
          content: ["import", "iso", "vztmpl"],
          isShared: false,
          bytes: 100_861_726_720,
          usedRatio: 0.12
        ),
        Storage(
          name: "local-lvm",
          plugin: "lvmthin",
          content: ["images", "rootdir"],
          isShared: false,
          bytes: 365_037_617_152,
          usedRatio: 0.24
        ),
        Storage(
          name: "backup",
          plugin: "nfs",
          content: ["backup"],
          isShared: true,
          bytes: 1_967_317_549_056,
          usedRatio: 0.21
        ),
      ],
      backupJob: BackupJob(
        id: "backup-6f2d3c1a-9e41",
        guests: guests.map(\.vmID),
        storage: "backup",
        keepLast: 5
      ),
      virtualAddress: "127.\(network).30.200",
      managedGuests: extras.prefix(6).map(\.vmID),
      replications: extras.prefix(3).map { guest in
        Replication(
          vmID: guest.vmID,
          target: nodes.first { $0.name != guest.home }?.name ?? guest.home
        )
      }
    )
  }

  /// What distinguishes one kind of guest from another.
  private struct Pattern {
    let name: String
    let role: Guest.Role
    var kind = Guest.Kind.container
    let memoryGiB: Int64
    let diskGiB: Int64
    var dataDiskGiB: Int64?
    let tags: [String]
  }

  private static func guest(number: Int, nodes: [Node], network: UInt8) -> Guest {
    let vmID = 100 + number
    let pattern = pattern(number: number, vmID: vmID)
    return Guest(
      vmID: vmID,
      name: pattern.name,
      kind: pattern.kind,
      role: pattern.role,
      home: nodes[number < 9 ? number % 3 : number % nodes.count].name,
      // Loopback is a class A network; the reference cluster's last bytes stay.
      address: number < 9
        ? "127.\(network).30.\(vmID)"
        : "127.\(network).\(31 + number / 200).\(1 + number % 200)",
      cpus: 2,
      memoryBytes: pattern.memoryGiB << 30,
      diskBytes: pattern.diskGiB << 30,
      dataDiskBytes: pattern.dataDiskGiB.map { $0 << 30 },
      tags: pattern.tags
    )
  }

  private static func pattern(number: Int, vmID: Int) -> Pattern {
    let member = number % 3 + 1
    return switch number {
    case 0..<3:
      Pattern(
        name: "nginx\(member)",
        role: .loadBalancer(priority: 102 - member),
        memoryGiB: 1,
        diskGiB: 8,
        tags: ["lb", "prod"]
      )
    case 3..<6:
      Pattern(
        name: "mongo\(member)",
        role: .database,
        memoryGiB: 4,
        diskGiB: 20,
        dataDiskGiB: 50,
        tags: ["db", "prod"]
      )
    case 6..<9:
      Pattern(
        name: "webapp\(member)",
        role: .app,
        memoryGiB: 2,
        diskGiB: 16,
        tags: ["prod", "web"]
      )
    case _ where number % 4 == 1:
      Pattern(
        name: "vm\(vmID)",
        role: .other,
        kind: .virtualMachine,
        memoryGiB: 4,
        diskGiB: 32,
        tags: ["office"]
      )
    default:
      Pattern(name: "ct\(vmID)", role: .other, memoryGiB: 1, diskGiB: 8, tags: ["office"])
    }
  }
}
