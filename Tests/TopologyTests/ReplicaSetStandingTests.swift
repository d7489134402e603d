// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

/// What the members of a replica set say, and what becomes of their tier.
@Suite struct ReplicaSetStandingTests {
  typealias Reference = ReferenceCluster

  private static func live(primary: Int = 1, states: [Int: Double] = [:]) -> LiveSeries {
    var live = Reference.live
    live.setReplicaSet(primary: primary, states: states)
    return live
  }

  private func database(_ assessment: ClusterAssessment) throws -> TierStanding {
    try #require(assessment.tiers.first { $0.name == "database" })
  }

  @Test func `a whole set works and has a primary`() throws {
    let found = Reference.assessment(Self.live())
    let tier = try database(found)
    #expect(tier.state == .working)
    #expect(tier.replicaSet?.name == "rs0")
    #expect(tier.replicaSet?.primary == "mongo1")
    #expect(tier.replicaSet?.state == .working)
    #expect(found.deviations == [])
    // The others have no replica set.
    #expect(found.tiers.count { $0.replicaSet == nil } == 2)
  }

  @Test(arguments: [
    (1, ComponentState.working), (2, .working), (7, .working), (0, .failed), (3, .failed),
    (5, .failed), (6, .failed), (8, .failed), (9, .failed), (10, .failed),
  ])
  func `a member counts by what its own MongoDB says`(
    _ state: Int,
    _ expected: ComponentState
  ) throws {
    let found = Reference.assessment(Self.live(states: [3: Double(state)]))
    #expect(found.state(of: .member("mongo3")) == expected)
    // Its guest runs all the same.
    #expect(found.state(of: .guest(105)) == .working)
    #expect(try database(found).failed == (expected == .failed ? 1 : 0))
    #expect(try database(found).state == (expected == .failed ? .degraded : .working))
  }

  @Test func `a member that does not answer failed when the others do not hear it either`() {
    var live = Self.live()
    live.silenceDatabase(3, seenAs: 8)
    let found = Reference.assessment(live)
    #expect(found.state(of: .member("mongo3")) == .failed)
    #expect(found.evidence(of: .member("mongo3")) == "its MongoDB does not answer")
  }

  @Test func `what a member said before it fell silent does not count as heard by others`() throws {
    var live = Self.live()
    live.setCheck("mongo1", tier: "database", job: "mongodb", 0)
    live.end("mongodb_rs_myState", where: ["instance": "mongo1"])
    let found = Reference.assessment(live)
    #expect(found.state(of: .member("mongo1")) == .failed)
    #expect(try database(found).replicaSet?.primary == nil)
    #expect(try database(found).replicaSet?.primarySilentSince != nil)
    #expect(found.situationWords().contains("whether rs0 has a primary is unknown"))
  }

  @Test func `a member that only others hear is unknown`() throws {
    var live = Self.live()
    live.silenceDatabase(3, seenAs: 2)
    let found = Reference.assessment(live)
    #expect(found.state(of: .member("mongo3")) == .unknown)
    #expect(try database(found).state == .degraded)
    #expect(try database(found).failuresTolerated == 0)
  }

  @Test func `a member that answers and does not say what it is, is what the others see`() throws {
    var live = Self.live()
    live.end("mongodb_rs_myState", where: ["instance": "mongo3"])
    #expect(Reference.assessment(live).state(of: .member("mongo3")) == .working)
    live.end("hvsmon_mongodb_set_member_state", where: ["member": "mongo3:27017"])
    #expect(Reference.assessment(live).state(of: .member("mongo3")) == .unknown)
  }

  @Test func `a stopped guest is failed, whatever was heard of its database last`() {
    var live = Self.live()
    live.setGuest(105, "mongo3", on: Reference.nodes[2], "stopped")
    let found = Reference.assessment(live)
    #expect(found.state(of: .member("mongo3")) == .failed)
    #expect(found.evidence(of: .member("mongo3")) == "its guest is stopped")
  }

  @Test func `without a primary the tier is unknown for the time of an election, then failed`()
    throws
  {
    var live = Self.live()
    let before = Reference.assessment(live, at: 1_000)
    live.setReplicaSet(primary: 0)
    let electing = Reference.assessment(live, previous: before, at: 1_005)
    #expect(try database(electing).state == .unknown)
    #expect(electing.state(of: .tier("app")) == .unknown)
    #expect(electing.state(of: .entry("site")) == .working)
    let late = Reference.assessment(live, previous: electing, at: 1_034.9)
    #expect(try database(late).state == .unknown)
    let failed = Reference.assessment(live, previous: late, at: 1_035)
    #expect(try database(failed).state == .failed)
    #expect(try database(failed).failuresTolerated == 1)
    #expect(failed.tiers.first { $0.name == "app" }?.cause == "database")
    #expect(failed.evidence(of: .tier("database")).hasSuffix("rs0 has no primary"))
    live.setReplicaSet(primary: 2)
    let after = Reference.assessment(live, previous: failed, at: 1_040)
    #expect(try database(after).state == .working)
    #expect(try database(after).replicaSet?.primary == "mongo2")
    // The next time without one begins anew.
    live.setReplicaSet(primary: 0)
    let again = Reference.assessment(live, previous: after, at: 1_100)
    #expect(try database(again).replicaSet?.withoutPrimarySince == Timestamp(unixSeconds: 1_100))
  }

  @Test func `a tier that needs only some members does without a primary`() throws {
    var live = Self.live()
    live.setReplicaSet(primary: 0)
    let tiers = Reference.declared.tiers.map { tier in
      DeclaredTier(name: tier.name, needs: .members(1), members: tier.members)
    }
    let found = ClusterAssessment(
      declared: DeclaredCluster(name: "x", tiers: tiers, entries: []),
      observed: live.observation,
      previous: nil,
      now: .epoch
    )
    #expect(try database(found).state == .working)
  }

  @Test func `a primary that only others hear for long is one, unless its node is down`() throws {
    var live = Self.live()
    live.silenceDatabase(1, seenAs: 1)
    live.set(
      "hvsmon_mongodb_set_primaries",
      ["job": "mongodb_set", "tier": "database", "instance": "rs0"],
      0
    )
    let first = Reference.assessment(live, at: 1_000)
    #expect(try database(first).replicaSet?.primary == nil)
    #expect(try database(first).replicaSet?.state == .unknown)
    let heard = Reference.assessment(live, previous: first, at: 1_015)
    #expect(try database(heard).replicaSet?.primary == "mongo1")
    #expect(try database(heard).state == .degraded)
    live.lose(Reference.nodes[0])
    let gone = Reference.assessment(live, previous: heard, at: 1_020)
    #expect(try database(gone).replicaSet?.primary == nil)
    #expect(try database(gone).replicaSet?.withoutPrimarySince != nil)
  }

  @Test func `before the set was asked its members tell of the primary`() throws {
    var live = Self.live()
    live.end("hvsmon_mongodb_set_primaries")
    live.end("hvsmon_mongodb_set_primary")
    live.end("hvsmon_mongodb_set_member_state")
    live.end("hvsmon_mongodb_set_member_answers")
    #expect(try database(Reference.assessment(live)).replicaSet?.primary == "mongo1")
    live.end("mongodb_rs_myState")
    let blind = try database(Reference.assessment(live))
    #expect(blind.replicaSet?.state == .unknown)
    #expect(blind.state == .unknown)
    #expect(blind.replicaSet?.withoutPrimarySince == nil)
  }

  @Test(arguments: [
    ("mongo2:27017", "mongo2"), ("MONGO2.lan.example:27017", "mongo2"), ("mongo2", "mongo2"),
    ("127.0.30.104:27017", "mongo2"), ("[fd00::2]:27017", "mongo3"), ("fd00::2", "mongo3"),
  ])
  func `a member of the set is found by name, full name or address`(
    _ name: String,
    _ expected: String
  ) {
    let tier = DeclaredTier(
      name: "database",
      needs: .majority,
      members: [
        DeclaredMember(name: "mongo2", address: "127.0.30.104"),
        DeclaredMember(name: "mongo3", address: "fd00::2"),
      ]
    )
    let found = ClusterAssessment(
      declared: DeclaredCluster(name: "x", tiers: [tier], entries: []),
      observed: ClusterObservation(),
      previous: nil,
      now: .epoch
    )
    let labels = LabelSet(["tier": "database", "instance": "rs0", "member": name])
    #expect(found.component(of: labels) == .member(expected))
    #expect(
      SetMemberNames([tier.members[0], tier.members[0]]).member(called: "127.0.30.104:1") == nil
    )
    let strange = LabelSet(["tier": "database", "instance": "rs0", "member": "127.0.30.9:27017"])
    #expect(found.component(of: strange) == .tier("database"))
  }

  @Test func `members that the set lacks, or has besides, are deviations`() {
    func deviations(_ live: LiveSeries) -> [[String]] {
      Reference.assessment(live).deviations.map { [$0.component, $0.name, $0.aspect, $0.found] }
    }
    var live = Self.live(states: [3: 10])
    live.end("hvsmon_mongodb_set_member_state", where: ["member": "mongo3:27017"])
    live.end("hvsmon_mongodb_set_member_answers", where: ["member": "mongo3:27017"])
    #expect(deviations(live) == [["member", "mongo3", "replica_set", "no member"]])
    let stranger = ["job": "mongodb_set", "tier": "database", "instance": "rs0", "member": "x:1"]
    live.set("hvsmon_mongodb_set_member_state", stranger, 2)
    #expect(
      deviations(live) == [
        ["member", "mongo3", "replica_set", "no member"],
        ["tier", "database", "replica_set", "x:1"],
      ]
    )
    // It has a part in the set, so it is the one that the set knows by another name.
    live.set("mongodb_rs_myState", ["tier": "database", "instance": "mongo3"], 2)
    #expect(deviations(live) == [])
  }
}
