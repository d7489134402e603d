// SPDX-License-Identifier: MIT
import MetricModel

/// `serverStatus`.
extension MongoFace {
  /// The sections that are not switched off, and those that were asked for.
  func serverStatus(_ command: MongoDocument) -> MongoDocument {
    var status = base + connections + work + engine
    if state != .startup {
      let role = inside(isOld: false)
      status.add(
        "repl",
        .document(
          ["topologyVersion": topologyVersion] + role
            + ["primaryOnlyServices": [:], "rbid": 1, "userWriteBlockMode": 1]
        )
      )
    }
    status.add("metrics", metrics)
    if command["oplog"]?.isOn == true, applied != .none {
      let earliest = applied.seconds - oplogSeconds
      status.add(
        "oplog",
        [
          "latestOptime": applied.moment,
          "earliestOptime": .moment(seconds: earliest, increment: 1),
        ]
      )
    }
    let off = Set(command.fields.dropFirst().filter { !$0.value.isOn }.map(\.name))
    return MongoDocument(fields: status.fields.filter { !off.contains($0.name) }) + .good
      + clusterTime
  }

  /// A counter is a rate times the time since the start, so it never falls but at a start.
  private func counter(_ name: String, _ perSecond: ClosedRange<Double>) -> Int64 {
    let rate = world.noise.value(in: perSecond, "mongo/\(guest.vmID)/\(name)")
    return Int64(rate * Double(uptimeMilliseconds) / 1_000)
  }

  private func gauge(_ name: String, _ range: ClosedRange<Double>) -> Double {
    world.noise.value(in: range, "mongo/\(guest.vmID)/\(name)", now.wholeSeconds / 10)
  }

  private var base: MongoDocument {
    [
      "host": .text(name(of: guest)), "version": .text(Self.version), "process": "mongod",
      "pid": .int64(Int64(600 + world.noise.bits("pid", startedAt.wholeSeconds) % 900)),
      "uptime": .double(Double(uptimeMilliseconds / 1_000)),
      "uptimeMillis": .int64(uptimeMilliseconds),
      "uptimeEstimate": .int64(uptimeMilliseconds / 1_000), "localTime": .date(now),
      "asserts": [
        "regular": 0, "warning": 0, "msg": 0,
        "user": .int32(Int32(clamping: counter("asserts", 0.001...0.002))), "tripwire": 0,
        "rollovers": 0,
      ],
    ]
  }

  private var connections: MongoDocument {
    let current = Int32(gauge("connections", 12...40))
    return [
      "connections": [
        "current": .int32(current), "available": .int32(51_200 - current),
        "totalCreated": .int32(Int32(clamping: counter("created", 0.02...0.05)) + current),
        "rejected": 0, "active": .int32(current / 4), "threaded": .int32(current),
        "exhaustIsMaster": 0, "exhaustHello": 3, "awaitingTopologyChanges": 6,
      ],
      "network": [
        "bytesIn": .int64(counter("in", 8_000...20_000)),
        "bytesOut": .int64(counter("out", 9_000...60_000)),
        "numRequests": .int64(counter("requests", 20...60)),
      ],
    ]
  }

  private var work: MongoDocument {
    let names = ["insert", "query", "update", "delete", "getmore", "command"]
    func operations(_ kind: String, _ isDone: Bool) -> MongoValue {
      .document(
        MongoDocument(
          fields: names.map { name in
            .init(
              name: name,
              value: .int64(isDone ? counter("\(kind)/\(name)", 0.5...12) : 0)
            )
          }
        )
      )
    }
    return [
      "opcounters": operations("client", true), "opcountersRepl": operations("oplog", true),
      "globalLock": [
        "totalTime": .int64(uptimeMilliseconds * 1_000),
        "currentQueue": ["total": 0, "readers": 0, "writers": 0],
        "activeClients": ["total": 2, "readers": 1, "writers": 1],
      ],
      "flowControl": [
        "enabled": true, "targetRateLimit": 1_000_000_000, "isLagged": .bool(isLagged),
        "isLaggedCount": .int32(isLagged ? 1 : 0), "isLaggedTimeMicros": .int64(0),
      ],
    ]
  }

  /// A primary holds back writes while a majority is more than ten seconds behind.
  private var isLagged: Bool {
    state == .primary && applied.seconds > committed.seconds + 10
  }

  private var engine: MongoDocument {
    let maximum = guest.memoryBytes / 2 - (512 << 20)
    let used = Int64(Double(maximum) * gauge("cache", 0.55...0.6))
    let out = Int32(gauge("tickets", 0...2.9))
    return [
      "storageEngine": ["name": "wiredTiger", "persistent": true, "readOnly": false],
      "wiredTiger": [
        "cache": [
          "bytes currently in the cache": .int64(used),
          "maximum bytes configured": .int64(maximum),
          "tracked dirty bytes in the cache": .int64(used / 50),
          "bytes read into cache": .int64(counter("read", 20_000...60_000)),
          "bytes written from cache": .int64(counter("written", 20_000...60_000)),
          "pages evicted by application threads": 0,
        ],
        "concurrentTransactions": [
          "write": ["out": 0, "available": 16, "totalTickets": 16],
          "read": [
            "out": .int32(out), "available": .int32(16 - out), "totalTickets": 16,
          ],
        ],
      ],
      "mem": [
        "bits": 64, "resident": .int32(Int32(clamping: (used >> 20) + 300)),
        "virtual": .int32(Int32(clamping: (used >> 20) + 1_900)), "supported": true,
      ],
    ]
  }

  private var metrics: MongoValue {
    [
      "document": [
        "deleted": .int64(counter("deleted", 0...0.1)),
        "inserted": .int64(counter("inserted", 0.5...2)),
      ],
      "repl": [
        "apply": ["ops": .int64(counter("apply", 1...4))],
        "buffer": ["count": 0, "maxSizeBytes": .int64(268_435_456), "sizeBytes": .int64(0)],
      ],
    ]
  }
}
