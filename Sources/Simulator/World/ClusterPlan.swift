// SPDX-License-Identifier: MIT

/// What a simulated cluster consists of before anything happens to it.
package struct ClusterPlan: Equatable, Sendable {
  /// A Proxmox VE node.
  package struct Node: Equatable, Sendable {
    /// The host name, which is how Proxmox calls the node.
    package let name: String
    /// The number in corosync's configuration, from 1.
    package let number: Int
    /// The loopback address that stands for the node.
    package let address: String
    /// Hardware threads.
    package let cpus: Int
    /// Main memory.
    package let memoryBytes: Int64
  }

  /// A container or a virtual machine.
  package struct Guest: Equatable, Sendable {
    /// Which hypervisor runs it.
    package enum Kind: String, Sendable {
      case container = "lxc"
      case virtualMachine = "qemu"
    }

    /// What works inside.
    package enum Role: Equatable, Sendable {
      case loadBalancer(priority: Int)
      case app
      case database
      case other
    }

    /// The number that is unique in the cluster.
    package let vmID: Int
    /// The host name.
    package let name: String
    /// Container or virtual machine.
    package let kind: Kind
    /// What works inside.
    package let role: Role
    /// The node on which it runs as long as nothing moves it.
    package let home: String
    /// The loopback address that stands for the guest.
    package let address: String
    /// Cores it may use.
    package let cpus: Int
    /// Memory it may use.
    package let memoryBytes: Int64
    /// Size of its root disk.
    package let diskBytes: Int64
    /// Size of a second disk, such as a database's; nil: none.
    package let dataDiskBytes: Int64?
    /// Sorted tags.
    package let tags: [String]
  }

  /// A storage that every node has under the same name.
  package struct Storage: Equatable, Sendable {
    /// The storage's name.
    package let name: String
    /// Proxmox's plug-in type, such as `dir` or `nfs`.
    package let plugin: String
    /// What it may hold, in Proxmox's words.
    package let content: [String]
    /// Whether all nodes see the same bytes.
    package let isShared: Bool
    /// Its size.
    package let bytes: Int64
    /// How much of it is used at the beginning: 0...1.
    package let usedRatio: Double
  }

  /// The vzdump job, which runs from Monday to Friday at midnight in Berlin.
  package struct BackupJob: Equatable, Sendable {
    /// The job's name.
    package let id: String
    /// Every guest it covers, ascending.
    package let guests: [Int]
    /// Where archives go.
    package let storage: String
    /// How many archives of each guest are kept.
    package let keepLast: Int
    /// The schedule in Proxmox's words.
    package var schedule: String { "mon..fri 00:00" }
  }

  /// A guest's disks copied to another node every 15 minutes.
  package struct Replication: Equatable, Sendable {
    /// The guest.
    package let vmID: Int
    /// The node that takes the copy.
    package let target: String
  }

  /// The cluster's name.
  package let name: String
  /// The nodes by number.
  package let nodes: [Node]
  /// The guests by number.
  package let guests: [Guest]
  /// The storages.
  package let storages: [Storage]
  /// The backup job.
  package let backupJob: BackupJob
  /// The loopback address that stands for the floating IP.
  package let virtualAddress: String
  /// Guests that Proxmox's HA manager moves when their node dies, ascending.
  package let managedGuests: [Int]
  /// Copies between nodes.
  package let replications: [Replication]

  private let nodeIndex: [String: Int]
  private let guestIndex: [Int: Int]

  /// Describes a cluster; names and numbers are unique and every guest's home is one of the nodes.
  package init(
    name: String,
    nodes: [Node],
    guests: [Guest],
    storages: [Storage],
    backupJob: BackupJob,
    virtualAddress: String,
    managedGuests: [Int] = [],
    replications: [Replication] = []
  ) {
    self.name = name
    self.nodes = nodes
    self.guests = guests
    self.storages = storages
    self.backupJob = backupJob
    self.virtualAddress = virtualAddress
    self.managedGuests = managedGuests
    self.replications = replications
    nodeIndex = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.name, $0) })
    guestIndex = Dictionary(uniqueKeysWithValues: guests.enumerated().map { ($1.vmID, $0) })
    precondition(
      guests.allSatisfy { nodeIndex[$0.home] != nil },
      "every guest's home is one of the nodes"
    )
  }

  /// The node of that name.
  package func node(_ name: String) -> Node? { nodeIndex[name].map { nodes[$0] } }

  /// The guest of that number.
  package func guest(_ vmID: Int) -> Guest? { guestIndex[vmID].map { guests[$0] } }

  /// The guests that balance load, by descending VRRP priority.
  package var loadBalancers: [(guest: Guest, priority: Int)] {
    guests.compactMap { guest in
      guard case .loadBalancer(let priority) = guest.role else { return nil }
      return (guest, priority)
    }
    .sorted { $0.priority > $1.priority }
  }

  /// The guests that run the web application.
  package var apps: [Guest] { guests.filter { $0.role == .app } }
}
