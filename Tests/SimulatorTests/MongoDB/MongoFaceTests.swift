// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import TestSupport
import Testing

@testable import Simulator

@Suite struct MongoFaceTests {
  private var questions = MemberQuestions()

  // MARK: The shared replies

  private func shared(_ name: String) throws -> MongoDocument? {
    guard let folder = SharedFolder.path else {
      print("skipped: no shared/fixtures/mongodb beside the package")
      return nil
    }
    let path = "\(folder)/fixtures/mongodb/replies/\(name).bson"
    var reader = MongoReader(Array(try Data(contentsOf: URL(fileURLWithPath: path)))[...])
    return try reader.document()
  }

  /// The places of a reply with the type of each value.
  private func shape(_ value: MongoValue, at place: String = "") -> [String: String] {
    switch value {
    case .document(let document):
      return document.fields.reduce(into: [place: "document"]) { all, field in
        all.merge(shape(field.value, at: "\(place).\(field.name)")) { first, _ in first }
      }
    case .list(let items):
      return items.reduce(into: [place: "list"]) { all, item in
        all.merge(shape(item, at: "\(place)[]")) { first, _ in first }
      }
    // A server sends the same number as int32 or int64, as it fits.
    case .int32, .int64: return [place: "integer"]
    case .double: return [place: "double"]
    case .text: return [place: "text"]
    case .bytes: return [place: "bytes"]
    case .objectID: return [place: "objectID"]
    case .bool: return [place: "bool"]
    case .date: return [place: "date"]
    case .null: return [place: "null"]
    case .moment: return [place: "moment"]
    case .other: return [place: "other"]
    }
  }

  private func expectShape(
    of file: String,
    in answer: MongoDocument,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard let theirs = try shared(file) else { return }
    let known = shape(.document(theirs))
    for (place, type) in shape(.document(answer)) where !place.isEmpty {
      #expect(known[place] == type, "\(file): \(place)", sourceLocation: sourceLocation)
    }
  }

  @Test func `replies have the fields and types of the shared ones`() throws {
    let primary = try questions.status(of: 103, at: tuesday)
    try expectShape(of: "healthy-pss/db1", in: primary)
    try expectShape(of: "healthy-pss/db2", in: try questions.status(of: 104, at: tuesday))
    try expectShape(
      of: "config/pss",
      in: try questions.ask(["replSetGetConfig": 1], of: 104, at: tuesday)
    )
    try expectShape(
      of: "serverstatus/primary-7.0",
      in: try questions.ask(["serverStatus": 1], of: 103, at: tuesday)
    )
    let hello = try #require(questions.face(104, at: tuesday)).hello(isOld: false, connection: 3)
    try expectShape(of: "hello/secondary", in: hello)
    let old = try #require(questions.face(104, at: tuesday)).hello(isOld: true, connection: 3)
    try expectShape(of: "hello/secondary-legacy-ismaster", in: old)
    try expectShape(
      of: "oplog/last",
      in: try questions.ask(
        [
          "find": "oplog.rs", "sort": ["$natural": -1], "projection": ["ts": 1, "wall": 1, "t": 1],
          "$readPreference": ["mode": "secondaryPreferred"],
        ],
        of: 104,
        database: "local",
        at: tuesday
      )
    )
    try expectShape(
      of: "oplog/serverstatus-oplog-section",
      in: [
        "oplog": try questions.ask(["serverStatus": 1, "oplog": 1], of: 103, at: tuesday)["oplog"]
          ?? .null
      ]
    )
  }

  @Test mutating func `a member that copies its data has the shape of the shared one`() throws {
    questions.world.begin(.dataLost(105), at: tuesday)
    questions.world.end(.dataLost(105), at: tuesday.plus(5))
    let status = try questions.status(of: 105, at: tuesday.plus(10))
    try expectShape(of: "startup2/db3", in: status)
    questions.world.begin(.primaryDown, at: tuesday.plus(30))
    let after = try questions.status(of: 104, at: tuesday.plus(45))
    let other = try questions.status(of: 105, at: tuesday.plus(45))
    #expect(after["term"] == other["term"])
  }

  @Test func `refusals are the shared ones`() throws {
    let find: MongoDocument = ["find": "oplog.rs"]
    let cases: [(String, MongoDocument)] = [
      (
        "unauthenticated",
        try questions.ask(["replSetGetStatus": 1], of: 103, isKnown: false, at: tuesday)
      ),
      ("command-not-found", try questions.ask(["getBuild": 1], of: 103, at: tuesday)),
      (
        "not-primary-no-secondary-ok",
        try questions.ask(find, of: 104, database: "local", at: tuesday)
      ),
      ("auth-failed", .error(.loginFailed)), ("sasl-no-session", .error(.noLogin)),
      ("not-initialised", .error(.notInitialized)),
      ("not-primary-or-secondary", .error(.notReadable)),
      ("mechanism-unavailable", .error(.mechanismUnavailable("SCRAM-SHA-1"))),
      ("unsupported-op-query", .error(.oldQuery("replSetGetStatus"))),
    ]
    for (file, answer) in cases {
      guard let theirs = try shared("errors/\(file)") else { return }
      #expect(
        answer["code"] == theirs["code"] && answer["codeName"] == theirs["codeName"],
        "\(file)"
      )
      #expect(answer["ok"] == theirs["ok"])
    }
  }

  // MARK: What is asked for

  @Test func `sections are left out and added as asked`() throws {
    let command: MongoDocument = ["serverStatus": 1, "metrics": 0, "wiredTiger": false, "oplog": 1]
    let status = try questions.ask(command, of: 103, at: tuesday)
    #expect(status["metrics"] == nil && status["wiredTiger"] == nil)
    #expect(status["oplog"] != nil && status["connections"] != nil)
    #expect(try questions.ask(["serverStatus": 1], of: 103, at: tuesday)["oplog"] == nil)
  }

  @Test func `the oplog shows its ends and nobody reads anything else`() throws {
    func end(_ direction: Int32, of vmID: Int = 104) throws -> MongoDocument {
      let command: MongoDocument = [
        "find": "oplog.rs", "sort": ["$natural": .int32(direction)], "limit": 1,
        "projection": ["ts": 1], "$readPreference": ["mode": "secondaryPreferred"],
      ]
      let reply = try questions.ask(command, of: vmID, database: "local", at: tuesday)
      guard case .list(let batch)? = reply[path: "cursor", "firstBatch"] else { return [:] }
      return batch.first?.document ?? [:]
    }
    guard case .moment(let first, _)? = try end(1)["ts"],
      case .moment(let last, _)? = try end(-1)["ts"]
    else {
      Issue.record("no entries")
      return
    }
    #expect((450_000...600_000).contains(last - first))
    #expect(try end(1).fields.count == 1)
    let other: MongoDocument = ["find": "orders"]
    #expect(try questions.ask(other, of: 103, database: "shop", at: tuesday).code == 13)
    #expect(try questions.ask(other, of: 103, database: "local", at: tuesday).code == 13)
  }

  @Test func `everything that hvsmon may ask is answered`() throws {
    let admin = [
      "replSetGetStatus", "replSetGetConfig", "serverStatus", "hostInfo", "getDefaultRWConcern",
      "connPoolStats", "top", "listDatabases", "getCmdLineOpts",
    ]
    for name in admin {
      #expect(try questions.ask([name: 1], of: 104, at: tuesday).isGood, "\(name)")
    }
    for name in ["ping", "buildInfo", "endSessions", "killCursors"] {
      #expect(try questions.ask([name: 1], of: 104, isKnown: false, at: tuesday).isGood)
    }
    let version: MongoDocument = ["getParameter": 1, "featureCompatibilityVersion": 1]
    let reply = try questions.ask(version, of: 104, at: tuesday)
    #expect(reply[path: "featureCompatibilityVersion", "version"] == "7.0")
    #expect(try questions.ask(["getParameter": 1, "nonsense": 1], of: 104, at: tuesday).code == 2)
    #expect(try questions.ask(["dbStats": 1], of: 104, database: "shop", at: tuesday).isGood)
    let sizes: MongoDocument = ["collStats": "oplog.rs"]
    #expect(try questions.ask(sizes, of: 104, database: "local", at: tuesday)["maxSize"] != nil)
    let stages: MongoValue = [["$collStats": ["storageStats": [:]]]]
    let figures: MongoDocument = ["aggregate": "oplog.rs", "pipeline": stages]
    #expect(try questions.ask(figures, of: 104, database: "local", at: tuesday).isGood)
  }

  @Test mutating func `counters grow with the process and begin anew with it`() throws {
    func queries(_ instant: Timestamp) throws -> Double {
      let status = try questions.ask(["serverStatus": 1], of: 104, at: instant)
      return try #require(status[path: "opcounters", "query"]?.number)
    }
    #expect(try queries(tuesday.plus(10)) > queries(tuesday))
    questions.world.begin(.processDown(104), at: tuesday.plus(20))
    questions.world.end(.processDown(104), at: tuesday.plus(30))
    #expect(try queries(tuesday.plus(40)) < queries(tuesday))
    #expect(try questions.ask(["serverStatus": 1], of: 104, at: tuesday.plus(40))["uptime"] == 10.0)
  }
}
