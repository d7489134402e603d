// SPDX-License-Identifier: MIT
@testable import MongoWire
import TestSupport
import Testing

@Suite struct ReadCommandTests {
  private let all: [ReadCommand] = [
    .ping, .hello, .replicaSetStatus(), .replicaSetStatus(hasInitialSync: true), .replicaSetConfig,
    .serverStatus(leavingOut: ["locks"], adding: ["oplog"]), .parameters(["version"]), .buildInfo,
    .hostInfo, .defaultConcerns, .connectionPools, .top, .databaseNames, .databaseSizes("shop"),
    .oplogSize, .oplogEnd(isNewest: true), .oplogEnd(isNewest: false),
  ]

  private func isAllowed(_ body: BSONDocument, _ database: String = "admin") -> Bool {
    do throws(MongoError) {
      _ = try ReadCommand(checking: body, database: database)
      return true
    } catch {
      #expect(error.kind == "not_allowed")
      return false
    }
  }

  @Test func `every command that is made is on the list`() {
    for command in all {
      #expect(isAllowed(command.body, command.database), "\(command.name)")
      #expect(command.name == command.body.elements.first?.key)
    }
  }

  @Test func `nothing that writes, stops or reveals is on it`() {
    for name in [
      "insert", "update", "delete", "findAndModify", "aggregate", "mapReduce", "getMore",
      "distinct",
      "count", "drop", "dropDatabase", "create", "createIndexes", "collMod", "renameCollection",
      "createUser", "updateUser", "dropUser", "grantRolesToUser", "shutdown", "replSetStepDown",
      "replSetFreeze", "replSetReconfig", "replSetInitiate", "replSetMaintenance", "fsync",
      "setParameter", "killOp", "killCursors", "eval", "applyOps", "compact", "logRotate",
      "currentOp", "getLog", "getCmdLineOpts", "usersInfo", "saslStart", "authenticate", "PING",
      "ping ", "", "$eval", "_isSelf", "resync", "setFeatureCompatibilityVersion", "profile",
    ] {
      #expect(!isAllowed(BSONDocument([(name, 1)])), "\(name)")
    }
    #expect(!isAllowed([:]))
  }

  @Test func `an allowed name does not carry anything else along`() {
    #expect(!isAllowed(["ping": 1, "$db": "admin"]))
    #expect(!isAllowed(["ping": 1, "insert": "x"]))
    #expect(!isAllowed(["ping": 1], "local"))
    #expect(!isAllowed(["ping": ["a": 1]]))
    #expect(!isAllowed(["serverStatus": 1, "$readPreference": ["mode": "primary"]]))
    #expect(!isAllowed(["serverStatus": 1, "repl": ["x": 1]]))
    #expect(!isAllowed(["serverStatus": 1, "repl": 1, "repl": 0]))
    #expect(!isAllowed(["collStats": "users"], "local"))
    #expect(!isAllowed(["collStats": "oplog.rs"], "shop"))
    #expect(!isAllowed(["dbStats": 1], ""))
    #expect(!isAllowed(["listDatabases": 1, "filter": ["name": "x"]]))
  }

  @Test func `of the oplog only the times of its ends can be read`() {
    let good = ReadCommand.oplogEnd(isNewest: true).body
    #expect(isAllowed(good, "local"))
    let bad: [(String, BSONValue)] = [
      ("find", "users"), ("limit", 2), ("limit", .double(1)), ("singleBatch", false),
      ("sort", ["ts": 1]), ("sort", ["$natural": 1, "x": 1]), ("projection", ["ts": 1, "o": 1]),
      ("projection", [:]), ("projection", ["ts": 0]), ("filter", ["op": "i"]), ("skip", 1),
      ("batchSize", 1_000), ("tailable", true), ("let", [:]),
    ]
    for change in bad {
      let changed = BSONDocument(
        good.elements.map { $0.key == change.0 ? change : ($0.key, $0.value) }
          + (good[change.0] == nil ? [change] : [])
      )
      #expect(!isAllowed(changed, "local"), "\(change)")
    }
    for key in ["limit", "singleBatch", "sort", "projection"] {
      let without = good.elements.filter { $0.key != key }.map { ($0.key, $0.value) }
      #expect(!isAllowed(BSONDocument(without), "local"), "\(key)")
    }
    #expect(!isAllowed(good, "admin"))
  }
}
