// SPDX-License-Identifier: MIT

extension ClusterPlan {
  /// Databases that replicate each other.
  package struct ReplicaSet: Equatable, Sendable {
    /// What MongoDB calls it.
    package let name: String
    /// The guests by number; 3 to ``ClusterPlan/replicaSetMembersMax``, each with a vote.
    package let members: [Guest]

    /// How many votes elect a primary.
    package var majority: Int { members.count / 2 + 1 }
  }

  /// So many databases at most form one replica set.
  package static let replicaSetMembersMax = 5
  /// The most guests of a plan of databases.
  package static let databasesMax = 200

  /// The guests that run a database, by number.
  package var databases: [Guest] { guests.filter { $0.role == .database } }

  /// The replica sets of the databases, `rs0` first.
  package var replicaSets: [ReplicaSet] {
    let databases = databases
    return stride(from: 0, to: databases.count, by: Self.replicaSetMembersMax).map { first in
      ReplicaSet(
        name: "rs\(first / Self.replicaSetMembersMax)",
        members: Array(databases[first...].prefix(Self.replicaSetMembersMax))
      )
    }
  }

  /// The nodes of the reference cluster with nothing but databases on them.
  ///
  /// - Parameter count: 3 to ``databasesMax``.
  /// - Returns: The plan, the same for the same number.
  package static func ofDatabases(_ count: Int) -> ClusterPlan {
    precondition((3...databasesMax).contains(count), "a plan has 3 to \(databasesMax) databases")
    let guests = (0..<count).map { number in
      Guest(
        vmID: 100 + number,
        name: "mongo\(number + 1)",
        kind: .container,
        role: .database,
        home: reference.nodes[number % reference.nodes.count].name,
        address: "127.0.40.\(1 + number)",
        cpus: 2,
        memoryBytes: 4 << 30,
        diskBytes: 20 << 30,
        dataDiskBytes: 50 << 30,
        tags: ["db"]
      )
    }
    return ClusterPlan(
      name: reference.name,
      nodes: reference.nodes,
      guests: guests,
      storages: reference.storages,
      backupJob: BackupJob(
        id: reference.backupJob.id,
        guests: guests.map(\.vmID),
        storage: reference.backupJob.storage,
        keepLast: reference.backupJob.keepLast
      ),
      virtualAddress: reference.virtualAddress
    )
  }
}
