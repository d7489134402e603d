// SPDX-License-Identifier: MIT
import MetricModel

/// The oplog, sizes, and what else a monitor may look at.
extension MongoFace {
  /// How far the oplog reaches back: longer than the backups of a weekend.
  var oplogSeconds: UInt32 {
    UInt32(world.noise.value(in: 450_000...600_000, "oplog/\(guest.vmID)"))
  }

  /// Only the oplog can be read, and of that one entry at an end.
  func find(_ command: MongoDocument) -> MongoDocument {
    guard command["find"] == "oplog.rs" else { return .error(.unauthorized("find", "local")) }
    switch state {
    case .primary: break
    case .secondary:
      let preference = command["$readPreference"]?.document?["mode"]?.text ?? "primary"
      guard preference != "primary" else { return .error(.secondaryNotAsked) }
    default: return .error(.notReadable)
    }
    let direction = command["sort"]?.document?["$natural"]?.number ?? 1
    let newest = applied
    let oldest = OpTime(
      seconds: newest.seconds - oplogSeconds,
      increment: 1,
      term: min(newest.term, 1)
    )
    let entry = direction < 0 ? newest : oldest
    let all: MongoDocument = [
      "op": "n", "ns": "", "o": ["msg": "periodic noop"], "ts": entry.moment,
      "t": .int64(entry.term), "v": .int64(2), "wall": .date(entry.wallTime),
    ]
    let wanted = command["projection"]?.document
    let shown = MongoDocument(
      fields: all.fields.filter { field in wanted?[field.name]?.isOn ?? (wanted == nil) }
    )
    return [
      "cursor": ["firstBatch": [.document(shown)], "id": .int64(0), "ns": "local.oplog.rs"]
    ] + .good + clusterTime
  }

  func aggregate(_ command: MongoDocument) -> MongoDocument {
    guard command["aggregate"] == "oplog.rs", case .list(let stages) = command["pipeline"] ?? .null,
      stages.first?.document?.fields.first?.name == "$collStats"
    else { return .error(.unauthorized("aggregate", "local")) }
    let row: MongoDocument = [
      "ns": "local.oplog.rs", "host": .text(name(of: guest)), "localTime": .date(now),
      "storageStats": .document(oplogFigures),
    ]
    return [
      "cursor": ["firstBatch": [.document(row)], "id": .int64(0), "ns": "local.oplog.rs"]
    ] + .good + clusterTime
  }

  func oplogSizes(_ command: MongoDocument) -> MongoDocument {
    guard command["collStats"] == "oplog.rs" else {
      return .error(.namespaceNotFound("local.\(command["collStats"]?.text ?? "")"))
    }
    return ["ns": "local.oplog.rs"] + oplogFigures + .good + clusterTime
  }

  private var oplogFigures: MongoDocument {
    let size = Int64(world.noise.value(in: 0.8e9...1e9, "oplog/size/\(guest.vmID)"))
    return [
      "size": .int64(size), "count": .int64(Int64(oplogSeconds)), "storageSize": .int64(size / 3),
      "capped": true, "max": .int64(-1), "maxSize": .int64(1 << 30), "nindexes": 0,
    ]
  }

  func databaseSizes(_ command: MongoDocument) -> MongoDocument {
    let size = Double(guest.diskBytes) * 0.4
    return [
      "db": .text(command["$db"]?.text ?? ""), "collections": .int64(12), "views": .int64(0),
      "objects": .int64(481_516), "avgObjSize": 812.5, "dataSize": .double(size),
      "storageSize": .double(size / 3), "indexes": .int64(31), "indexSize": .double(size / 20),
      "totalSize": .double(size / 3 + size / 20), "scaleFactor": .int64(1),
      "fsUsedSize": .double(size / 2), "fsTotalSize": .double(Double(guest.dataDiskBytes ?? 0)),
    ] + .good + clusterTime
  }

  var databases: MongoDocument {
    let names = ["admin", "config", "local", "shop"]
    return [
      "databases": .list(
        names.map { ["name": .text($0), "sizeOnDisk": .int64(40_960), "empty": false] }
      ),
      "totalSize": .int64(163_840), "totalSizeMb": .int64(0),
    ] + .good + clusterTime
  }

  // MARK: The server's own settings

  func parameters(_ command: MongoDocument) -> MongoDocument {
    let known: MongoDocument = [
      "featureCompatibilityVersion": ["version": "7.0"], "oplogBatchDelayMillis": 0,
      "authenticationMechanisms": .list(
        ScramMechanism.allCases.map { MongoValue.text($0.rawValue) }
      ),
      "periodicNoopIntervalSecs": 10, "quiet": false,
    ]
    let asked = Set(command.fields.dropFirst().map(\.name))
    let isForAll = command["getParameter"] == "*"
    let found = MongoDocument(
      fields: known.fields.filter { isForAll || asked.contains($0.name) }
    )
    guard !found.fields.isEmpty else { return .error(.badValue("no option found to get")) }
    return found + .good + clusterTime
  }

  var commandLine: MongoDocument {
    [
      "argv": ["/usr/bin/mongod", "--config", "/etc/mongod.conf"],
      "parsed": [
        "config": "/etc/mongod.conf",
        "net": ["bindIp": .text(guest.address), "port": .int32(Int32(port))],
        "replication": ["replSetName": .text(course.set.name)],
        "security": ["authorization": "enabled", "keyFile": "/etc/mongod.key"],
        "storage": ["dbPath": "/var/lib/mongodb"],
      ],
    ] + .good + clusterTime
  }

  var hostInfo: MongoDocument {
    [
      "system": [
        "currentTime": .date(now), "hostname": .text(guest.name), "cpuAddrSize": 64,
        "memSizeMB": .int64(guest.memoryBytes >> 20), "memLimitMB": .int64(guest.memoryBytes >> 20),
        "numCores": .int32(Int32(guest.cpus)), "cpuArch": "x86_64", "numaEnabled": false,
      ],
      "os": ["type": "Linux", "name": "Debian GNU/Linux", "version": "12"],
    ] + .good + clusterTime
  }

  var connectionPools: MongoDocument {
    [
      "numClientConnections": 0, "numAScopedConnections": 0, "totalInUse": 0,
      "totalAvailable": .int32(Int32(course.set.members.count - 1)),
      "totalCreated": .int32(Int32(course.set.members.count - 1)), "totalRefreshing": 0,
    ] + .good + clusterTime
  }

  var defaultConcerns: MongoDocument {
    [
      "defaultReadConcern": ["level": "local"],
      "defaultWriteConcern": ["w": "majority", "wtimeout": 0],
      "defaultWriteConcernSource": "implicit", "defaultReadConcernSource": "implicit",
      "localUpdateWallClockTime": .date(startedAt),
    ] + .good + clusterTime
  }
}
