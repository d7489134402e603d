// SPDX-License-Identifier: MIT
import MetricModel
import MongoWire
import Net
import Polling
import Simulator
import TestSupport
import Testing

@testable import Collectors

/// The collectors ask simulated members, which share no code with them.
@Suite(.timeLimit(.minutes(1))) struct SimulatedMembersTests {
  private let clock = ManualTimeSource(SimulatedProxmox.start)
  private let cluster: SimulatedCluster
  private let set: ReplicaSetCollector
  private let members: [MongoDBCollector]

  init() throws {
    let cluster = try SimulatedCluster(clock: clock)
    self.cluster = cluster
    let user = cluster.databases.user
    let connector = StreamConnector()
    let endpoints = cluster.databases.guests.map { guest in
      MongoEndpoint(
        stream: StreamEndpoint(host: guest.address, port: cluster.databases.port),
        credential: MongoCredential(username: user.name, password: user.password)
      )
    }
    set = ReplicaSetCollector(endpoints, using: connector)
    members = endpoints.map { MongoDBCollector(MemberSession($0, using: connector)) }
  }

  private func name(_ place: Int) -> String {
    "\(cluster.databases.guests[place].address):\(cluster.databases.port)"
  }

  private func askSet() async throws -> Collection {
    try await set.collect(Poll(time: clock.now, timeout: .seconds(5)))
  }

  private func ask(_ place: Int) async throws -> Collection {
    try await members[place].collect(Poll(time: clock.now, timeout: .seconds(5)))
  }

  private func lag(_ found: Collection, _ place: Int) -> Double? {
    found.value(
      "hvsmon_mongodb_replication_lag_seconds",
      ["member": name(place), "source": "own"]
    )
  }

  private func pass(_ span: Duration) async {
    clock.advance(by: span)
    await cluster.settle()
  }

  @Test func `a healthy set is read whole, with every metric a member can have`() async throws {
    let found = try await askSet()
    #expect(found.value("hvsmon_mongodb_set_primaries") == 1)
    #expect(found.value("hvsmon_mongodb_set_primary", ["member": name(0)]) == 1)
    #expect(found.value("hvsmon_mongodb_set_majority_present") == 1)
    #expect(found.value("hvsmon_mongodb_set_spare_votes") == 1)
    #expect(found.value("hvsmon_mongodb_set_broken_links") == 0)
    #expect((0..<3).allSatisfy { (lag(found, $0) ?? 9) <= 1 })
    let own = try await ask(1)
    #expect(own.value("mongodb_up") == 1 && own.value("hvsmon_mongodb_logged_in") == 1)
    #expect(own.value("mongodb_rs_myState") == 2)
    #expect(own.value("hvsmon_mongodb_clock_skew_seconds").map { abs($0) < 1 } == true)
    let missing = Set(MongoDBMetrics.member.map(\.name))
      .subtracting(own.samples.map(\.definition.name))
    // Only a member that copies its data says how far it is.
    #expect(missing == ["hvsmon_mongodb_initial_sync_ratio"])
    #expect(own.samples.allSatisfy { $0.definition.name != "hvsmon_collector_partial" })
    await cluster.stop()
  }

  @Test func `an election is counted once, and the new primary is known`() async throws {
    _ = try await askSet()
    await cluster.apply(.begin(.primaryDown))
    await pass(.seconds(5))
    let between = try await askSet()
    #expect(between.value("hvsmon_mongodb_set_primaries") == 0)
    #expect(between.value("hvsmon_mongodb_set_member_answers", ["member": name(0)]) == 0)
    #expect(between.value("hvsmon_mongodb_set_member_state", ["member": name(0)]) == 8)
    #expect(between.value("hvsmon_mongodb_set_majority_present") == 1)
    #expect(between.value("hvsmon_mongodb_set_spare_votes") == 0)
    await pass(.seconds(8))
    let after = try await askSet()
    #expect(after.value("hvsmon_mongodb_set_primaries") == 1)
    #expect(after.value("hvsmon_mongodb_set_elections_total") == 1)
    #expect(
      after.value("hvsmon_mongodb_set_primary", ["member": name(0)]) == nil
        || after.value("hvsmon_mongodb_set_primary", ["member": name(0)]) == 0
    )
    await cluster.apply(.end(.primaryDown))
    await pass(.seconds(8))
    let whole = try await askSet()
    #expect(whole.value("hvsmon_mongodb_set_elections_total") == 1)
    #expect(whole.value("hvsmon_mongodb_set_member_state", ["member": name(0)]) == 2)
    #expect(lag(whole, 0).map { $0 <= 1 } == true)
    await cluster.stop()
  }

  @Test func `a member that copies its data says how far it is, and has no lag`() async throws {
    await cluster.apply(.begin(.dataLost(105)))
    let gone = try await ask(2)
    #expect(gone.isUp == false && gone.value("mongodb_up") == 0)
    await pass(.seconds(5))
    await cluster.apply(.end(.dataLost(105)))
    await pass(.seconds(6))
    // What a copy has to tell is long, and is asked for once it is known that there is one.
    #expect(try await ask(2).value("mongodb_rs_myState") == 5)
    let copying = try await ask(2)
    #expect(
      copying.value("hvsmon_mongodb_initial_sync_ratio").map { (0.3...0.5).contains($0) } == true
    )
    let found = try await askSet()
    #expect(lag(found, 2) == nil && found.value("hvsmon_mongodb_set_spare_votes") == 1)
    await pass(.seconds(12))
    #expect(try await ask(2).value("mongodb_rs_myState") == 2)
    #expect(lag(try await askSet(), 2).map { $0 <= 1 } == true)
    await cluster.stop()
  }

  @Test func `without a majority there is no primary and no lag, and that is said`() async throws {
    await cluster.apply(.begin(.processDown(104)))
    await cluster.apply(.begin(.processDown(105)))
    await pass(.seconds(12))
    let found = try await askSet()
    #expect(found.value("hvsmon_mongodb_set_primaries") == 0)
    #expect(found.value("hvsmon_mongodb_set_majority_present") == 0)
    #expect(found.value("hvsmon_mongodb_set_spare_votes") == -1)
    #expect((0..<3).allSatisfy { lag(found, $0) == nil })
    await cluster.stop()
  }

  @Test func `a secondary that applies nothing is as late as it is`() async throws {
    _ = try await askSet()
    await cluster.apply(.begin(.replicationStalled(105)))
    for _ in 0..<4 {
      await pass(.seconds(10))
      _ = try await askSet()
    }
    #expect(lag(try await askSet(), 2).map { (38...41).contains($0) } == true)
    #expect(lag(try await askSet(), 1).map { $0 <= 1 } == true)
    await cluster.apply(.end(.replicationStalled(105)))
    await pass(.seconds(8))
    #expect(lag(try await askSet(), 2).map { $0 <= 1 } == true)
    await cluster.stop()
  }

  @Test func `a wrong password is told from a member that is down`() async throws {
    let guest = cluster.databases.guests[0]
    let endpoint = MongoEndpoint(
      stream: StreamEndpoint(host: guest.address, port: cluster.databases.port),
      credential: MongoCredential(username: "hvsmon", password: "wrong")
    )
    let collector = MongoDBCollector(MemberSession(endpoint, using: StreamConnector()))
    let found = try await collector.collect(Poll(time: clock.now, timeout: .seconds(5)))
    #expect(found.value("mongodb_up") == 1 && found.value("hvsmon_mongodb_logged_in") == 0)
    await cluster.stop()
  }
}
