// SPDX-License-Identifier: MIT

/// The declared cluster.
package struct DeclaredCluster: Equatable, Sendable {
  /// The name that becomes the label `cluster` of every series.
  package let name: String
  /// The Proxmox nodes in the order of the settings; names are unique.
  package let nodes: [DeclaredNode]
  /// The tiers in the order of the settings; names are unique.
  package let tiers: [DeclaredTier]
  /// What users reach; names are unique.
  package let entries: [DeclaredEntry]
  /// The zone in which schedules are read.
  package let timeZone: TimeZoneRules
  /// The backups that are meant to be made, in the order of the settings.
  package let backups: [DeclaredBackup]

  /// Declares a cluster.
  package init(
    name: String,
    nodes: [DeclaredNode] = [],
    tiers: [DeclaredTier],
    entries: [DeclaredEntry],
    timeZone: TimeZoneRules = .utc,
    backups: [DeclaredBackup] = []
  ) {
    self.name = name
    self.nodes = nodes
    self.tiers = tiers
    self.entries = entries
    self.timeZone = timeZone
    self.backups = backups
  }
}

/// One node of the Proxmox cluster.
package struct DeclaredNode: Equatable, Sendable {
  /// The node's name as Proxmox knows it, label `node`.
  package let name: String
  /// Host name or address of its API.
  package let address: String

  /// Declares a node.
  package init(name: String, address: String) {
    self.name = name
    self.address = address
  }
}

/// A group of members that do the same work.
package struct DeclaredTier: Equatable, Sendable {
  /// How many members must work for the tier to work.
  package enum Need: Equatable, Sendable {
    case members(Int)
    /// More than half of the declared members.
    case majority
  }

  /// The tier's name, label `tier`.
  package let name: String
  /// How many members must work.
  package let needs: Need
  /// The members; names are unique over all tiers.
  package let members: [DeclaredMember]
  /// Tiers without which this one cannot work.
  package let dependsOn: [String]

  /// Declares a tier.
  package init(name: String, needs: Need, members: [DeclaredMember], dependsOn: [String] = []) {
    self.name = name
    self.needs = needs
    self.members = members
    self.dependsOn = dependsOn
  }
}

/// One member of a tier.
package struct DeclaredMember: Equatable, Sendable {
  /// The member's name, label `instance`.
  package let name: String
  /// Host name or address; takes the place of `{address}` in URLs.
  package let address: String
  /// The Proxmox guest it runs in, if declared.
  package let guest: Int?
  /// The node its guest is meant to run on, if declared; label `node`.
  package let node: String?

  /// Declares a member.
  package init(name: String, address: String, guest: Int? = nil, node: String? = nil) {
    self.name = name
    self.address = address
    self.guest = guest
    self.node = node
  }
}

/// Something users reach, probed from outside the tiers.
package struct DeclaredEntry: Equatable, Sendable {
  /// The entry's name, label `instance`.
  package let name: String
  /// What is asked.
  package let url: String
  /// The statuses that count as working.
  package let expectedStatuses: Set<Int>
  /// The tiers it needs.
  package let tiers: [String]

  /// Declares an entry.
  package init(name: String, url: String, expectedStatuses: Set<Int>, tiers: [String]) {
    self.name = name
    self.url = url
    self.expectedStatuses = expectedStatuses
    self.tiers = tiers
  }
}
