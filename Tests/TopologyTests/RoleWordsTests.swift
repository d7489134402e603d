// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

/// Who has the floating address and who is primary, as people read it.
@Suite struct RoleWordsTests {
  typealias Reference = ReferenceCluster

  private static var live: LiveSeries {
    var live = Reference.live
    live.setReplicaSet(primary: 1)
    live.setFloatingAddress("one", on: [1])
    return live
  }

  @Test func `the situation says who leads what`() {
    #expect(
      Reference.assessment(Self.live).situationWords()
        == "The site works; the floating IP is on nginx1; rs0 has a primary (mongo1). "
        + "All 3 tiers are whole. Each tier bears the loss of at least 1 member. "
        + "Any one node may be lost."
    )
  }

  @Test func `a lost node leaves writes one member from their end`() {
    var live = Self.live
    live.lose(Reference.nodes[1])
    live.silenceDatabase(2, seenAs: 8)
    let words = Reference.assessment(live).situationWords()
    #expect(
      words.hasPrefix(
        "The site works; the floating IP is on nginx1; rs0 has a primary (mongo1). Node "
          + "CoolerHostname2 is down. database has 2 of 3 members (needs 2)"
      )
    )
    #expect(words.contains("One more database member lost stops writes."))
    #expect(words.count <= 400)
  }

  @Test func `a set without a primary is told first as that, then as a tier that is down`() {
    var live = Self.live
    live.setReplicaSet(primary: 0)
    let electing = Reference.assessment(live, at: 1_000)
    let words = electing.situationWords()
    #expect(words.hasPrefix("The site works; the floating IP is on nginx1; rs0 has no primary. "))
    #expect(words.contains("Whether database works is unknown: rs0 has no primary."))
    let failed = Reference.assessment(live, previous: electing, at: 1_030).situationWords()
    #expect(failed.contains("database is down: rs0 has no primary. app is down: it depends on"))
  }

  @Test(arguments: [
    ("one", [2], "the floating IP is on nginx2"),
    ("not_preferred", [3], "the floating IP is on nginx3"),
    ("none", [], "nobody has the floating IP"),
    ("electing", [], "the floating IP is moving"),
    ("two", [1, 3], "nginx1 and nginx3 all have the floating IP"),
    ("stale", [1], "a member that is not master answers for the floating IP"),
    ("unknown", [], "who has the floating IP is unknown"),
    ("one", [], "who has the floating IP is unknown"),
  ])
  func `the floating address is told by its verdict`(
    _ verdict: String,
    _ holders: [Int],
    _ expected: String
  ) {
    var live = Self.live
    live.setFloatingAddress(verdict, on: holders)
    let words = Reference.assessment(live).situationWords()
    #expect(words.hasPrefix("The site works; \(expected); rs0 has"), "\(words)")
  }

  @Test func `what was last heard of a dead master is not told of it`() {
    var live = Self.live
    live.lose(Reference.nodes[0])
    let found = Reference.assessment(live)
    #expect(found.floatingAddress(of: "load-balancer")?.holders == [])
    #expect(found.situationWords().contains("who has the floating IP is unknown"))
    #expect(found.situationWords().contains("whether rs0 has a primary is unknown"))
  }

  @Test func `two primaries are told as such`() {
    var live = Self.live
    live.set(
      "hvsmon_mongodb_set_primaries",
      ["job": "mongodb_set", "tier": "database", "instance": "rs0"],
      2
    )
    #expect(Reference.assessment(live).situationWords().contains("rs0 has 2 primaries"))
  }

  @Test func `before the primary or the master stops, what follows is told`() {
    let found = Reference.assessment(Self.live)
    func remarks(_ component: Component) -> [String] {
      let verdict = found.verdict(stopping: component)
      #expect(verdict.answer == .yes)
      return verdict.reasons.map(\.text)
    }
    #expect(
      remarks(.guest(100)).contains(
        "nginx1 has the floating IP: it moves to nginx2"
      )
    )
    #expect(
      remarks(.guest(103)).contains(
        "mongo1 is the primary of rs0: an election follows, about 12 s long unless mongo1 steps down "
          + "first"
      )
    )
    #expect(remarks(.node(Reference.nodes[0])).count { $0.contains("moves") } == 1)
    #expect(remarks(.node(Reference.nodes[0])).count { $0.contains("election") } == 1)
    for component in [Component.guest(101), .guest(104), .node(Reference.nodes[1])] {
      #expect(!remarks(component).contains { $0.contains("moves") || $0.contains("election") })
    }
  }

  @Test func `the words of a loss name the roles that move`() {
    #expect(
      Reference.assessment(Self.live).lossWords(of: .node(Reference.nodes[0]))
        == "The loss of node CoolerHostname takes nginx1, webapp1 and mongo1. The floating IP moves "
        + "to nginx2. An election of rs0 follows, about 12 s long unless mongo1 steps down first. "
        + "Everything goes on; then database bears no further loss and the quorum has no spare vote."
    )
    // Nobody is left to be elected.
    let all = Reference.assessment(Self.live).lossWords(of: .tier("database"))
    #expect(!all.contains("election") && all.contains("app and database stop."))
  }

  @Test func `a lower priority and a master of lower rank are deviations`() {
    var live = Self.live
    let master = ["job": "vrrp", "tier": "load-balancer", "instance": "nginx1"]
    live.set("hvsmon_vrrp_priority", master, 150)
    #expect(Reference.assessment(live).deviations == [])
    live.set("hvsmon_vrrp_priority", master, 100)
    let lowered = Reference.assessment(live).deviations
    #expect(lowered.map(\.aspect) == ["vrrp_priority"])
    #expect(lowered.map(\.expected) == ["150"] && lowered.map(\.found) == ["100"])
    live.setFloatingAddress("not_preferred", on: [2])
    let other = Reference.assessment(live).deviations
    #expect(
      other.map { [$0.name, $0.aspect, $0.expected, $0.found] } == [
        ["nginx1", "vrrp_role", "master", "backup"]
      ]
    )
    live.failChecks(of: "nginx1")
    #expect(Reference.assessment(live).deviations == [])
  }

  @Test func `the topology as JSON has the set and the floating address`() {
    let json = String(decoding: Reference.assessment(Self.live).json, as: UTF8.self)
    #expect(
      json.contains(
        "\"replica_set\":{\"name\":\"rs0\",\"state\":\"working\",\"primary\":\"mongo1\","
          + "\"primaries\":1,\"without_primary_since_unix_seconds\":null,\"members\":["
          + "{\"name\":\"mongo1:27017\",\"state\":1,\"answers\":true}"
      )
    )
    #expect(
      json.contains("\"floating_address\":{\"verdict\":\"one\",\"holders\":[\"nginx1\"]}")
    )
    #expect(json.contains("\"database_state\":1,\"has_floating_address\":null"))
    #expect(json.contains("\"database_state\":null,\"has_floating_address\":true"))
  }
}
