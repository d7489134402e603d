// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import MongoWire
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.enabled(if: MongoFixture.folder != nil), .timeLimit(.minutes(1)))
struct ReplicaSetCollectorTests {
  private func collector(_ members: [FakeMember]) -> ReplicaSetCollector {
    ReplicaSetCollector(members.map { endpoint($0.port) }, using: StreamConnector())
  }

  private func endpoint(_ port: UInt16) -> MongoEndpoint {
    MongoEndpoint(stream: StreamEndpoint(host: "127.0.0.1", port: port))
  }

  private func members(_ situation: String) throws -> [FakeMember] {
    let hello = try MongoFixture.document("hello/primary")
    let config = try MongoFixture.document(
      situation == "delayed-hidden" ? "config/delayed-hidden" : "config/pss"
    )
    let replies = try MongoFixture.replies(situation)
    return ["db1", "db2", "db3"].map { name in
      let status = replies[name]
      return FakeMember { command in
        switch command {
        case "hello": status == nil ? nil : hello
        case "replSetGetStatus": status
        case "replSetGetConfig": config
        default: ["ok": 0, "code": 59]
        }
      }
    }
  }

  private func poll(_ situation: String) async throws -> Collection {
    let members = try members(situation)
    defer { for member in members { member.stop() } }
    let collector = collector(members)
    return try await collector.collect(Poll(time: .epoch, timeout: .seconds(10)))
  }

  private func lag(_ found: Collection, _ member: String, _ source: String = "own") -> Double? {
    found.value(
      "hvsmon_mongodb_replication_lag_seconds",
      ["member": "\(member).example.net:27017", "source": source]
    )
  }

  @Test func `members of a set with another name are a deviation`() throws {
    let views = try MongoFixture.replies("healthy-pss").values.map { try ReplicaSetStatus($0) }
    func deviations(_ name: String) -> [CollectedSample] {
      ReplicaSetCollector([endpoint(1)], named: name, in: "database", using: StreamConnector())
        .samples(of: views, at: Timestamp(unixMilliseconds: 0))
        .filter { $0.definition.name == "hvsmon_deviation" }
    }
    let name = try #require(views.first?.set)
    #expect(deviations(name).isEmpty)
    #expect(deviations("").isEmpty)
    let found = deviations("another")
    #expect(found.map(\.value) == [1])
    #expect(found.first?.labels["expected"] == "another")
    #expect(found.first?.labels["found"] == name)
    #expect(found.first?.labels["aspect"] == "replica_set_name")
  }

  @Test func `all members are asked and merged to one picture`() async throws {
    let found = try await poll("lagging-secondary")
    #expect(found.value("hvsmon_mongodb_set_primaries") == 1)
    #expect(lag(found, "db1") == 0 && lag(found, "db2") == 0 && lag(found, "db3") == 95)
    let member = ["member": "db1.example.net:27017"]
    #expect(found.value("hvsmon_mongodb_set_primary", member) == 1)
    #expect(found.value("hvsmon_mongodb_set_spare_votes") == 1)
    #expect(found.value("hvsmon_mongodb_set_majority_present") == 1)
    #expect(found.value("hvsmon_mongodb_set_elections_total") == 0)
    let names = Set(MongoDBMetrics.set.map(\.name))
    #expect(found.samples.allSatisfy { names.contains($0.definition.name) })
    let series = found.samples.map {
      "\($0.definition.name) \($0.labels.sorted { $0.key < $1.key })"
    }
    #expect(Set(series).count == series.count)
  }

  @Test func `members are called as they are declared, by name or address`() async throws {
    let members = try members("healthy-pss")
    defer { for member in members { member.stop() } }
    let collector = ReplicaSetCollector(
      members.map { endpoint($0.port) },
      of: [
        DeclaredMember(name: "db1", address: "192.0.2.1"),
        DeclaredMember(name: "second", address: "db2.example.net"),
      ],
      using: StreamConnector()
    )
    let found = try await collector.collect(Poll(time: .epoch, timeout: .seconds(10)))
    for name in ["db1", "second", "db3.example.net:27017"] {
      #expect(found.value("hvsmon_mongodb_set_member_answers", ["member": name]) == 1)
      #expect(
        found.value("hvsmon_mongodb_replication_lag_seconds", ["member": name, "source": "own"])
          == 0
      )
    }
  }

  @Test func `members that do not answer leave the picture that the others have`() async throws {
    let down = try await poll("primary-down-new-primary")
    let gone = ["member": "db1.example.net:27017"]
    #expect(down.value("hvsmon_mongodb_set_member_answers", gone) == 0)
    #expect(down.value("hvsmon_mongodb_set_member_state", gone) == 8)
    #expect(lag(down, "db1") == nil && lag(down, "db1", "heartbeat") == nil)
    #expect(down.value("hvsmon_mongodb_set_spare_votes") == 0)
    let lost = try await poll("no-primary-majority-lost")
    #expect(lost.value("hvsmon_mongodb_set_primaries") == 0)
    #expect(lost.value("hvsmon_mongodb_set_majority_present") == 0)
    #expect(lost.value("hvsmon_mongodb_set_spare_votes") == -1)
    #expect(lag(lost, "db3") == nil)
    let newest = ["member": "db3.example.net:27017"]
    #expect(lost.value("hvsmon_mongodb_behind_newest_seconds", newest) == 0)
  }

  @Test func `a member that is meant to be late is not late`() async throws {
    let members = try members("delayed-hidden")
    defer { for member in members { member.stop() } }
    let collector = collector(members)
    // The delay is known once the configuration was read.
    let found = try await collector.collect(Poll(time: .epoch, timeout: .seconds(10)))
    #expect(lag(found, "db3") == 0)
    _ = try await collector.collect(Poll(time: .epoch, timeout: .seconds(10)))
    #expect(members.reduce(0) { $0 + $1.commands.count { $0 == "replSetGetConfig" } } == 1)
    #expect(members.allSatisfy { $0.accepted == 1 })
  }

  @Test func `a hung member does not keep the others from being heard`() async throws {
    let members = try members("healthy-pss")
    defer { for member in members { member.stop() } }
    let silent = try RawServer(.wait)
    let ports = [members[0].port, silent.port, members[2].port]
    let collector = ReplicaSetCollector(ports.map(endpoint), using: StreamConnector())
    let found = try await collector.collect(Poll(time: .epoch, timeout: .milliseconds(500)))
    let hung = ["member": "db2.example.net:27017"]
    #expect(found.value("hvsmon_mongodb_set_member_answers", hung) == 0)
    #expect(lag(found, "db2", "heartbeat") == 0)
    #expect(lag(found, "db3") == 0)
  }

  @Test func `a member that becomes something else, or goes, has the set asked at once`()
    async throws
  {
    let members = try members("healthy-pss")
    defer { for member in members { member.stop() } }
    let collector = collector(members)
    let (wakes, continuation) = AsyncStream.makeStream(of: Void.self)
    let poll = Poll(time: .epoch, timeout: .seconds(10)) { continuation.yield() }
    _ = try await collector.collect(poll)
    // Each has a connection for questions and one that waits.
    let isWaiting = await eventually {
      members.allSatisfy { $0.commands.count { $0 == "hello" } == 3 }
    }
    #expect(isWaiting)
    var iterator = wakes.makeAsyncIterator()
    members[1].change()
    #expect(await iterator.next() != nil)
    // It goes on to listen.
    let isBack = await eventually { members[1].commands.count { $0 == "hello" } == 4 }
    #expect(isBack)
    members[1].change()
    #expect(await iterator.next() != nil)
    members[2].stop()
    #expect(await iterator.next() != nil)
  }

  @Test func `nobody to ask is a failure`() async throws {
    let members = try members("healthy-pss")
    let collector = collector(members)
    for member in members { member.stop() }
    await #expect(throws: CollectionError.self) {
      try await collector.collect(Poll(time: .epoch, timeout: .seconds(5)))
    }
  }

  @Test func `an election is counted when the primary's term rises`() throws {
    let collector = collector([])
    func elections(_ situation: String) throws -> Double? {
      let samples = collector.samples(of: try MongoFixture.views(situation), at: .epoch)
      return Collection(samples: samples).value("hvsmon_mongodb_set_elections_total")
    }
    #expect(try elections("healthy-pss") == 0)
    #expect(try elections("election-in-progress") == 0)
    #expect(try elections("primary-down-new-primary") == 1)
    #expect(try elections("rollback") == 1)
    #expect(try elections("healthy-pss") == 1)
  }
}
