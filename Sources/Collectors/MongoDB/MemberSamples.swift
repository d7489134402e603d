// SPDX-License-Identifier: MIT
import MetricModel
import MongoWire

/// What one member's answers become.
enum MemberSamples {
  /// The samples of a view of the replica set; `midpoint` lies half-way between asking and the
  /// answer, by hvsmon's clock.
  static func samples(of status: ReplicaSetStatus, at midpoint: Timestamp) -> [CollectedSample] {
    var samples = [
      CollectedSample(MongoDBMetrics.myState, Double(status.myState)),
      CollectedSample(MongoDBMetrics.tooStale, status.isTooStale ? 1 : 0),
    ]
    func add(_ metric: MetricDefinition, _ value: Double?, _ labels: [String: String] = [:]) {
      if let value, value.isFinite { samples.append(CollectedSample(metric, value, labels)) }
    }
    add(MongoDBMetrics.term, status.term.map(Double.init))
    add(MongoDBMetrics.initialSync, status.initialSyncRatio)
    add(
      MongoDBMetrics.clockSkew,
      status.unixMilliseconds.map { Double($0 - midpoint.unixMilliseconds) / 1_000 }
    )
    if let applied = status.applied, let committed = status.committed {
      add(
        MongoDBMetrics.majorityLag,
        max(0, Double(applied.seconds) - Double(committed.seconds))
      )
    }
    var seen: Set<String> = []
    for member in status.members where seen.insert(member.name).inserted {
      let labels = ["member_idx": member.name]
      add(MongoDBMetrics.memberState, Double(member.state), labels)
      add(MongoDBMetrics.memberHealth, member.isHealthy.map { $0 ? 1 : 0 }, labels)
      add(MongoDBMetrics.memberUptime, member.uptimeSeconds, labels)
      add(MongoDBMetrics.memberPing, member.pingMilliseconds, labels)
      add(MongoDBMetrics.memberConfigVersion, member.configVersion, labels)
    }
    return samples
  }

  /// The samples of a reply to `serverStatus`; what is missing is left out.
  static func samples(ofServer reply: BSONDocument) -> [CollectedSample] {
    var samples: [CollectedSample] = []
    func add(_ metric: MetricDefinition, _ value: BSONValue?, _ labels: [String: String] = [:]) {
      guard let number = value?.number, number.isFinite else { return }
      samples.append(CollectedSample(metric, number, labels))
    }
    /// Fields that the server names; only those known by name become labels.
    func add(
      _ metric: MetricDefinition,
      each section: BSONValue?,
      _ label: String,
      _ names: [String]
    ) {
      for name in names { add(metric, section?.document?[name], [label: name]) }
    }
    if let version = reply["version"]?.text, version.utf8.count <= 64 {
      samples.append(CollectedSample(MongoDBMetrics.version, 1, ["mongodb": version]))
    }
    add(MongoDBMetrics.uptime, reply["uptime"])
    // It was called ismaster before 5.0.
    add(
      MongoDBMetrics.isWritablePrimary,
      reply[path: "repl", "isWritablePrimary"] ?? reply[path: "repl", "ismaster"]
    )
    add(MongoDBMetrics.rollbackID, reply[path: "repl", "rbid"])
    let connections = ["current", "available", "active", "totalCreated", "rejected"]
    add(MongoDBMetrics.connections, each: reply["connections"], "conn_type", connections)
    let operations = ["insert", "query", "update", "delete", "getmore", "command"]
    add(MongoDBMetrics.opcounters, each: reply["opcounters"], "legacy_op_type", operations)
    add(
      MongoDBMetrics.opcountersReplicated,
      each: reply["opcountersRepl"],
      "legacy_op_type",
      operations
    )
    let asserts = ["regular", "warning", "msg", "user", "tripwire", "rollovers"]
    add(MongoDBMetrics.asserts, each: reply["asserts"], "assert_type", asserts)
    add(MongoDBMetrics.bytesIn, reply[path: "network", "bytesIn"])
    add(MongoDBMetrics.bytesOut, reply[path: "network", "bytesOut"])
    add(MongoDBMetrics.requests, reply[path: "network", "numRequests"])
    add(MongoDBMetrics.residentMemory, reply[path: "mem", "resident"])
    let queues = ["total", "readers", "writers"]
    add(MongoDBMetrics.queue, each: reply[path: "globalLock", "currentQueue"], "count_type", queues)
    add(MongoDBMetrics.isLagged, reply[path: "flowControl", "isLagged"])
    add(MongoDBMetrics.laggedMicros, reply[path: "flowControl", "isLaggedTimeMicros"])
    let cache = reply[path: "wiredTiger", "cache"]?.document
    add(MongoDBMetrics.cacheBytes, cache?["bytes currently in the cache"])
    add(MongoDBMetrics.cacheLimit, cache?["maximum bytes configured"])
    add(MongoDBMetrics.cacheDirty, cache?["tracked dirty bytes in the cache"])
    // 8.0 moved the tickets.
    let tickets =
      reply[path: "queues", "execution"] ?? reply[path: "wiredTiger", "concurrentTransactions"]
    for kind in ["read", "write"] {
      let labels = ["txn_rw_type": kind]
      add(MongoDBMetrics.ticketsFree, tickets?.document?[path: kind, "available"], labels)
      add(MongoDBMetrics.ticketsOut, tickets?.document?[path: kind, "out"], labels)
    }
    return samples
  }

  /// The sample of a version such as `7.0`; none for what is no version.
  static func samples(ofFeatureVersion value: BSONValue?) -> [CollectedSample] {
    guard let version = value?.text, version.utf8.count <= 16, let number = Double(version),
      number.isFinite
    else { return [] }
    return [CollectedSample(MongoDBMetrics.featureVersion, number, ["version": version])]
  }

  /// When an entry of the oplog was written, from the reply to ``ReadCommand/oplogEnd(isNewest:)``;
  /// nil for an empty oplog.
  static func oplogEntry(_ reply: BSONDocument) -> BSONTimestamp? {
    reply[path: "cursor", "firstBatch"]?.array?.first?.document?["ts"]?.timestamp
  }
}
