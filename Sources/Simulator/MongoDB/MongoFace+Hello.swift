// SPDX-License-Identifier: MIT
import MetricModel

extension MongoFace {
  /// How the member describes itself.
  ///
  /// - Parameters:
  ///   - isOld: Asked by the old name, with the old words.
  ///   - connection: The number of the connection.
  /// - Returns: The answer.
  func hello(isOld: Bool, connection: Int32) -> MongoDocument {
    let membership = state == .startup ? outside(isOld: isOld) : inside(isOld: isOld)
    let head: MongoDocument = isOld ? ["helloOk": true] : [:]
    return head + ["topologyVersion": topologyVersion] + membership + [
      "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000,
      "maxWriteBatchSize": 100_000, "localTime": .date(now), "logicalSessionTimeoutMinutes": 30,
      "connectionId": .int32(connection), "minWireVersion": 0,
      "maxWireVersion": Self.wireVersion, "readOnly": false,
    ] + .good
  }

  /// The member before it has read its configuration.
  private func outside(isOld: Bool) -> MongoDocument {
    [
      isOld ? "ismaster" : "isWritablePrimary": false, "secondary": false,
      "info": "Does not have a valid replica set config", "isreplicaset": true,
    ]
  }

  /// The member as a part of its set.
  func inside(isOld: Bool) -> MongoDocument {
    var document: MongoDocument = [
      "hosts": .list(course.set.members.map { .text(name(of: $0)) }),
      "setName": .text(course.set.name), "setVersion": 1,
      isOld ? "ismaster" : "isWritablePrimary": .bool(state == .primary),
      "secondary": .bool(state == .secondary),
    ]
    if let primary = course.primary(seenBy: guest.vmID, at: now) {
      document.add("primary", name(of: primary))
    }
    document.add("me", .text(name(of: guest)))
    if state == .primary {
      let term = UInt64(bitPattern: course.term(at: now)).littleEndianBytes.reversed()
      document.add("electionId", .objectID([0x7f, 0xff, 0xff, 0xff] + term))
    }
    let (applied, committed) = (applied, committed)
    document.add(
      "lastWrite",
      [
        "opTime": applied.value, "lastWriteDate": .date(applied.wallTime),
        "majorityOpTime": committed.value, "majorityWriteDate": .date(committed.wallTime),
      ]
    )
    return document
  }

  /// Which description of which process this is.
  var topologyVersion: MongoValue {
    ["processId": .objectID(processID), "counter": .int64(topologyCounter)]
  }

  private var processID: [UInt8] {
    let start = startedAt.wholeSeconds
    let identity = world.noise.bits("process/\(guest.vmID)", startedAt.unixMilliseconds)
    return UInt32(truncatingIfNeeded: start).littleEndianBytes.reversed()
      + identity.littleEndianBytes
  }

  /// How often the description has changed since the process started.
  var topologyCounter: Int64 {
    Int64(course.descriptionChanges(of: guest.vmID, until: now).count)
  }

  /// Whether a client that knows a description need not be told of this one.
  func isKnown(_ version: MongoDocument) -> Bool {
    version["processId"] == .objectID(processID)
      && version["counter"]?.number == Double(topologyCounter)
  }
}
