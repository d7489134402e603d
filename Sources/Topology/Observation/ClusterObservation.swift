// SPDX-License-Identifier: MIT

/// What was found of the cluster: facts as they were told, without any judgement.
///
/// Nil always means that nobody said it.
package struct ClusterObservation: Equatable, Sendable {
  /// The nodes by name.
  package var nodes: [String: FoundNode]
  /// The guests by number, templates included.
  package var guests: [Int: FoundGuest]
  /// The cluster listed its guests and the token may see all of them: one that is not among
  /// ``guests`` does not exist.
  package var isGuestListWhole: Bool
  /// Questions about the cluster that got no answer, such as `tasks`.
  package var unansweredParts: Set<String> = []
  /// What checks say of each member: by member, then by job; true when all of that job is good.
  package var memberChecks: [String: [String: Bool]]
  /// What the probe of each entry says, by entry.
  package var entryProbes: [String: Bool]
  /// The votes of the cluster.
  package var quorum: FoundQuorum
  /// The replication jobs by their id.
  package var replications: [String: FoundReplication]
  /// What each member's MongoDB says to be, as the number of a state, by member.
  package var databaseStates: [String: Int]
  /// The replica sets by tier.
  package var replicaSets: [String: FoundReplicaSet]
  /// The floating addresses by tier.
  package var floatingAddresses: [String: FoundFloatingAddress]

  /// Neither the monitor's gateway nor any of its witnesses answers; nil when it has none.
  package var isMonitorIsolated: Bool?

  /// Tells what was found; nothing at all by default.
  ///
  /// Guests, if any, are all there are.
  package init(
    nodes: [FoundNode] = [],
    guests: [FoundGuest] = [],
    memberChecks: [String: [String: Bool]] = [:],
    entryProbes: [String: Bool] = [:],
    quorum: FoundQuorum = FoundQuorum(),
    replications: [FoundReplication] = [],
    databaseStates: [String: Int] = [:],
    replicaSets: [String: FoundReplicaSet] = [:],
    floatingAddresses: [String: FoundFloatingAddress] = [:]
  ) {
    self.nodes = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
    self.guests = Dictionary(guests.map { ($0.id, $0) }) { first, _ in first }
    isGuestListWhole = !guests.isEmpty
    self.memberChecks = memberChecks
    self.entryProbes = entryProbes
    self.quorum = quorum
    self.replications = Dictionary(replications.map { ($0.id, $0) }) { first, _ in first }
    self.databaseStates = databaseStates
    self.replicaSets = replicaSets
    self.floatingAddresses = floatingAddresses
  }
}

extension ClusterObservation {
  /// Nothing was found at all, as before the first poll.
  package var isEmpty: Bool {
    var nothing = ClusterObservation()
    nothing.isMonitorIsolated = isMonitorIsolated
    return self == nothing
  }

  /// Nothing that is watched answers, and neither do the monitor's witnesses.
  ///
  /// Without witnesses, on several nodes: more likely the monitor is cut off than all are down.
  package var isCutOff: Bool {
    let asked = nodes.values.compactMap(\.apiAnswers)
    let isSilent =
      !asked.contains(true) && !nodes.values.contains { $0.membership == .online }
      && !memberChecks.values.contains { $0.values.contains(true) }
      && !entryProbes.values.contains(true)
    return isSilent && (isMonitorIsolated ?? (asked.count > 1))
  }
}

/// A node as it was found.
package struct FoundNode: Equatable, Sendable {
  /// What the cluster says of a node.
  package enum Membership: String, Equatable, Sendable {
    case online
    case offline
    case unknown
  }

  /// The node's name.
  package let name: String
  /// What the cluster says of it.
  package var membership: Membership?
  /// Whether its own API answers; nil when it was not asked.
  package var apiAnswers: Bool?
  /// Processors.
  package var cpus: Double?
  /// Main memory in bytes.
  package var memorySize: Double?
  /// Memory in use, in bytes.
  package var memoryUsed: Double?
  /// Memory the node can still give, in bytes.
  package var memoryAvailable: Double?
  /// Questions to it, or about it, that got no answer, such as `replication`.
  package var unansweredParts: Set<String> = []
  /// Its votes in the cluster.
  package var votes: Int?
  /// How many tasks run on it, by type such as `vzdump`.
  package var runningTasks: [String: Int] = [:]
  /// What the HA manager says of it, such as `maintenance`.
  package var haState: String?

  /// Describes a node of which only the name is known.
  package init(_ name: String) {
    self.name = name
  }
}

/// A guest as it was found.
package struct FoundGuest: Equatable, Sendable {
  /// Which hypervisor runs it; the words are Proxmox'.
  package enum Kind: String, Equatable, Sendable {
    case container = "lxc"
    case virtualMachine = "qemu"
  }

  /// Whether it runs.
  package enum State: String, Equatable, Sendable {
    case running
    case stopped
    /// Paused, suspended and the like.
    case other
    case unknown
  }

  /// The number.
  package let id: Int
  /// Container or virtual machine.
  package var kind: Kind
  /// The name.
  package var name: String?
  /// The node it is on.
  package var node: String?
  /// Whether it runs.
  package var state: State
  /// Memory it may use, in bytes.
  package var memoryAssigned: Double?
  /// Memory in use, in bytes.
  package var memoryUsed: Double?
  /// Processors it may use.
  package var cpus: Double?
  /// The lock it holds, such as `backup`.
  package var lock: String?
  /// It is a template and never runs.
  package var isTemplate: Bool
  /// The HA manager starts and moves it.
  package var isManaged: Bool
  /// It starts with its node.
  package var startsWithNode: Bool?
  /// Its tags, sorted.
  package var tags: [String]

  /// The id as Proxmox writes it, such as `lxc/103`.
  package var resourceID: String { "\(kind.rawValue)/\(id)" }

  /// Describes a guest.
  package init(
    _ id: Int,
    kind: Kind = .container,
    name: String? = nil,
    node: String? = nil,
    state: State = .unknown,
    memoryAssigned: Double? = nil,
    memoryUsed: Double? = nil,
    cpus: Double? = nil,
    lock: String? = nil,
    isTemplate: Bool = false,
    isManaged: Bool = false,
    startsWithNode: Bool? = nil,
    tags: [String] = []
  ) {
    self.id = id
    self.kind = kind
    self.name = name
    self.node = node
    self.state = state
    self.memoryAssigned = memoryAssigned
    self.memoryUsed = memoryUsed
    self.cpus = cpus
    self.lock = lock
    self.isTemplate = isTemplate
    self.isManaged = isManaged
    self.startsWithNode = startsWithNode
    self.tags = tags
  }
}

/// The votes of the cluster as they were found.
package struct FoundQuorum: Equatable, Sendable {
  /// The cluster is quorate, as the answering node sees it.
  package var isQuorate: Bool?
  /// Votes there are when all is well.
  package var votesExpected: Int?
  /// Votes that make it quorate.
  package var votesNeeded: Int?
  /// Votes there are now.
  package var votesPresent: Int?
  /// Votes that can still be lost.
  package var votesSpare: Int?

  /// Tells the votes.
  package init(
    isQuorate: Bool? = nil,
    votesExpected: Int? = nil,
    votesNeeded: Int? = nil,
    votesPresent: Int? = nil,
    votesSpare: Int? = nil
  ) {
    self.isQuorate = isQuorate
    self.votesExpected = votesExpected
    self.votesNeeded = votesNeeded
    self.votesPresent = votesPresent
    self.votesSpare = votesSpare
  }
}

/// A replication job as it was found.
package struct FoundReplication: Equatable, Sendable {
  /// The job's id, such as `103-0`.
  package let id: String
  /// The guest whose disks are copied.
  package var guest: Int?
  /// The node that has the guest.
  package var source: String?
  /// The node that takes the copy.
  package var target: String?
  /// When it last succeeded, in Unix seconds; 0 is never.
  package var lastSyncUnixSeconds: Double?
  /// When it is due, in Unix seconds.
  package var nextSyncUnixSeconds: Double?
  /// Tries that failed since the last good one.
  package var failedSyncs: Int?

  /// Describes a job.
  package init(
    id: String,
    guest: Int? = nil,
    source: String? = nil,
    target: String? = nil,
    lastSyncUnixSeconds: Double? = nil,
    nextSyncUnixSeconds: Double? = nil,
    failedSyncs: Int? = nil
  ) {
    self.id = id
    self.guest = guest
    self.source = source
    self.target = target
    self.lastSyncUnixSeconds = lastSyncUnixSeconds
    self.nextSyncUnixSeconds = nextSyncUnixSeconds
    self.failedSyncs = failedSyncs
  }
}
