// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import MongoWire
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.enabled(if: MongoFixture.folder != nil), .timeLimit(.minutes(1)))
struct MongoDBCollectorTests {
  private let http = HTTPClient(userAgent: "test")

  private func declared(
    _ collector: any Collector.Type,
    _ ports: [UInt16],
    _ rest: String = ""
  ) -> DeclaredTargets {
    // Members differ by port here, so each is a tier of its own when there are several.
    let members = ports.enumerated().map { index, port in
      """
          - name: tier\(index)
            mongodb: {replica_set: rs0, port: \(port)}
            members: [{name: mongo\(index), address: 127.0.0.1, node: n1}]
      """
    }
    return DeclaredTargets(
      collector,
      "architecture:\n  tiers:\n\(members.joined(separator: "\n"))\n\(rest)\n",
      http: http
    )
  }

  private static func member(_ name: String = "db1", situation: String = "healthy-pss") throws
    -> FakeMember.Script
  {
    let hello = try MongoFixture.document("hello/primary")
    let status = try #require(try MongoFixture.replies(situation)[name])
    let server = try MongoFixture.document("serverstatus/primary-7.0")
    let first = try MongoFixture.document("oplog/first")
    let config = try MongoFixture.document("config/pss")
    return { command in
      switch command {
      case "hello": hello
      case "replSetGetStatus": status
      case "serverStatus": server
      case "find": first
      case "replSetGetConfig": config
      case "getParameter": ["featureCompatibilityVersion": ["version": "7.0"], "ok": 1]
      default: ["ok": 0, "code": 59]
      }
    }
  }

  @Test func `a member's answers become its series over one kept connection`() async throws {
    let member = FakeMember(try Self.member())
    let mongo = declared(MongoDBCollector.self, [member.port])
    #expect(mongo.faults == [])
    #expect(mongo.targets.map(\.key) == ["mongodb/tier0/mongo0"])
    for _ in 0..<3 {
      let found = try await mongo.poll()
      #expect(found.failure == nil && found.isUp)
      #expect(found.value("mongodb_up") == 1)
      #expect(found.value("mongodb_rs_myState") == 1)
      #expect(found.value("hvsmon_mongodb_logged_in") == 0)
      #expect(found.value("hvsmon_mongodb_oplog_window_seconds") == 0)
      #expect(
        found.value("mongodb_fcv_feature_compatibility_version", ["version": "7.0"]) == 7
      )
      #expect(found.value("mongodb_ss_repl_isWritablePrimary") == 1)
      let names = Set(MongoDBMetrics.member.map(\.name) + ["hvsmon_collector_partial"])
      #expect(found.samples.allSatisfy { names.contains($0.definition.name) })
      for sample in found.samples {
        #expect(Set(sample.labels.keys).isSubset(of: sample.definition.labelNames ?? []))
      }
    }
    #expect(member.accepted == 1)
    // It seldom changes.
    #expect(member.commands.count { $0 == "getParameter" } == 1)
    member.stop()
  }

  @Test func `a connection that broke is made anew within the poll`() async throws {
    let member = FakeMember(try Self.member())
    let mongo = declared(MongoDBCollector.self, [member.port])
    let (closes, continuation) = AsyncStream.makeStream(of: Void.self)
    #expect(try await mongo.poll { continuation.yield() }.isUp)
    member.closeConnections()
    for await _ in closes { break }
    #expect(try await mongo.poll().isUp)
    #expect(member.accepted == 2)
    member.stop()
    let gone = try await mongo.poll()
    #expect(gone.value("mongodb_up") == 0)
    #expect(!gone.isUp)
    #expect(gone.failure?.kind == "refused")
  }

  @Test func `a refused question is a part that is missing, and hides nothing else`() async throws {
    let all = try Self.member()
    let refusal = try MongoFixture.document("errors/unauthorised")
    for (part, command) in [
      ("replSetGetStatus", "replSetGetStatus"), ("serverStatus", "serverStatus"), ("oplog", "find"),
      ("getParameter", "getParameter"),
    ] {
      let member = FakeMember { $0 == command ? refusal : all($0) }
      let found = try await declared(MongoDBCollector.self, [member.port]).poll()
      #expect(found.isUp && found.failure == nil)
      let labels = ["part": part, "reason": "Unauthorized"]
      #expect(found.value("hvsmon_collector_partial", labels) == 1, "\(part)")
      #expect((found.value("mongodb_rs_myState") != nil) == (part != "replSetGetStatus"))
      member.stop()
    }
  }

  @Test func `states in which a member does not tell are told all the same`() async throws {
    let all = try Self.member()
    let arbiter = try MongoFixture.document("hello/arbiter")
    let cases: [(String, BSONDocument?, Double?, String?)] = [
      ("errors/not-initialised", nil, 0, nil), ("errors/removed-from-config", nil, 10, nil),
      ("errors/unauthenticated", arbiter, 7, nil), ("errors/no-replication", nil, nil, nil),
      ("errors/shutdown-in-progress-quiesce", nil, nil, "shutting_down"),
    ]
    for (file, hello, state, failure) in cases {
      let refusal = try MongoFixture.document(file)
      let member = FakeMember { command in
        switch command {
        case "hello": hello ?? all(command)
        case "replSetGetStatus": refusal
        default: all(command)
        }
      }
      let found = try await declared(MongoDBCollector.self, [member.port]).poll()
      #expect(found.value("mongodb_rs_myState") == state, "\(file)")
      #expect(found.failure?.kind == failure, "\(file)")
      #expect(found.value("mongodb_up") == (failure == nil ? 1 : 0), "\(file)")
      member.stop()
    }
  }

  @Test func `a refused login is no outage and is not tried at every poll`() async throws {
    let all = try Self.member()
    let refusal = try MongoFixture.document("errors/auth-failed")
    let member = FakeMember { $0 == "saslStart" ? refusal : all($0) }
    let settings = "mongodb: {username: mon, password: hidden}"
    let mongo = declared(MongoDBCollector.self, [member.port], settings)
    for _ in 0..<3 {
      let found = try await mongo.poll()
      #expect(found.isUp && found.value("mongodb_up") == 1)
      #expect(found.value("hvsmon_mongodb_logged_in") == 0)
      let partial = found.samples.first { $0.definition.name == "hvsmon_collector_partial" }
      #expect(partial?.labels == ["part": "login", "reason": "login_refused"])
    }
    #expect(member.commands == ["hello", "saslStart"])
    member.stop()
  }

  @Test func `nonsense and silence are failures, never a crash`() async throws {
    let all = try Self.member()
    let nonsense = FakeMember { $0 == "replSetGetStatus" ? ["ok": 1, "myState": "x"] : all($0) }
    let found = try await declared(MongoDBCollector.self, [nonsense.port]).poll()
    #expect(found.failure?.kind == "malformed")
    nonsense.stop()
    let silent = try RawServer(.wait)
    let mongo = declared(MongoDBCollector.self, [silent.port])
    let waited = try await mongo.poll(timeout: .milliseconds(200))
    #expect(waited.failure?.kind == "timeout")
    #expect(waited.value("mongodb_up") == 0)
    let closing = FakeMember { _ in nil }
    let closed = try await declared(MongoDBCollector.self, [closing.port]).poll()
    #expect(closed.failure?.kind == "closed_unanswered")
    closing.stop()
  }

  @Test func `faults of the settings are told with their place`() {
    func faults(_ section: String, _ tier: String = "{replica_set: rs0}") -> [String] {
      DeclaredTargets(
        MongoDBCollector.self,
        """
        architecture:
          tiers: [{name: db, members: [{name: a, address: h}], mongodb: \(tier)}]
        mongodb: \(section)
        """,
        http: http
      ).faults
    }
    #expect(faults("{username: u, password: p}") == [])
    #expect(faults("{tls: {enabled: true, ca_file: a}}") == [])
    #expect(faults("{tls: {enabled: false, ca_file: null, client_certificate_file: null}}") == [])
    #expect(faults("{tls: {client_certificate_file: c}, auth_source: $external}") == [])
    for (section, key) in [
      ("{username: u}", "mongodb.password"), ("{password: p}", "mongodb.username"),
      ("{auth_source: $external}", "mongodb.auth_source"),
      ("{tls: {ca_file: a, fingerprint: b}}", "mongodb.tls.fingerprint"),
    ] {
      let found = faults(section)
      #expect(found.count == 1 && found.first?.contains("\(key): ") == true, "\(found)")
    }
    #expect(faults("{}", "{}").count == 1)
    #expect(faults("{}", "{replica_set: rs0, port: 0}").count == 1)
    #expect(faults("{usrname: u}").first?.contains("username") == true)
  }
}
