// SPDX-License-Identifier: MIT
import MetricModel
import Testing
import Topology

@Suite struct NodeVerdictTests {
  typealias Reference = ReferenceCluster
  private let second = Reference.nodes[1]

  @Test func `a silent API and silent members fail a node before the cluster notices`() {
    var live = Reference.live
    live.set("up", ["job": "pve_node", "instance": second], 0)
    for member in ["nginx2", "mongo2", "webapp2"] { live.failChecks(of: member) }
    let found = Reference.assessment(live)
    #expect(found.state(of: .node(second)) == .failed)
    #expect(found.state(of: .guest(101)) == .failed)
    #expect(found.evidence(of: .guest(101)) == "its node \(second) is down")
  }

  @Test func `a silent API alone is only odd`() {
    var live = Reference.live
    live.set("up", ["job": "pve_node", "instance": second], 0)
    live.failChecks(of: "nginx2")
    let found = Reference.assessment(live)
    #expect(found.state(of: .node(second)) == .working)
    #expect(found.standing(of: .node(second))?.note == "its API does not answer")
    #expect(found.state(of: .guest(101)) == .working)
  }

  @Test func `a silent API of a node of which nothing else is known leaves it unknown`() {
    var live = Reference.live
    live.setNode(second, "unknown")
    live.set("up", ["job": "pve_node", "instance": second], 0)
    for member in ["nginx2", "mongo2", "webapp2"] { live.endChecks(of: member) }
    let found = Reference.assessment(live)
    #expect(found.state(of: .node(second)) == .unknown)
    #expect(found.state(of: .guest(101)) == .unknown)
    #expect(found.state(of: .member("mongo2")) == .unknown)
  }

  @Test func `a member that answers proves its guest and node`() {
    var live = Reference.live
    live.setNode(second, "unknown")
    live.end("up", where: ["job": "pve_node", "instance": second])
    live.setGuest(101, "nginx2", on: second, "unknown")
    let found = Reference.assessment(live)
    #expect(found.state(of: .node(second)) == .working)
    #expect(found.state(of: .guest(101)) == .working)
  }

  @Test func `when nothing answers at all the monitor may be cut off, and no node is called down`()
  {
    var live = Reference.live
    live.end("hvsmon_pve_node_state")
    live.end("hvsmon_pve_guest_state")
    live.set("probe_success", ["job": "http", "instance": "site"], 0)
    for node in Reference.nodes { live.set("up", ["job": "pve_node", "instance": node], 0) }
    for member in Reference.members { live.failChecks(of: member) }
    let cut = Reference.assessment(live)
    #expect(cut.offlineNodes.isEmpty)
    #expect(cut.observed.isCutOff)
    #expect(cut.state(of: .entry("site")) == .failed)
    #expect(cut.situationWords().hasPrefix("hvsmon reaches nothing: it may be cut off itself."))
    #expect(
      cut.evidence(of: .node(second)) == "no answer from its API, hvsmon reaches nothing at all"
    )
    // One answer of any kind shows that the others are down.
    live.set("up", ["job": "pve_node", "instance": Reference.nodes[0]], 1)
    #expect(Reference.assessment(live).offlineNodes == Array(Reference.nodes.dropFirst()))
  }

  @Test func `what a node without quorum calls offline is not believed while its API answers`() {
    var live = Reference.live
    for node in Reference.nodes.dropFirst() { live.setNode(node, "offline") }
    live.setVotes(present: 1)
    let cut = Reference.assessment(live)
    #expect(cut.offlineNodes.isEmpty)
    #expect(cut.state(of: .cluster) == .failed)
    live.setVotes(present: 2)
    #expect(Reference.assessment(live).offlineNodes == Array(Reference.nodes.dropFirst()))
  }

  @Test func `the evidence tells what is true, and since when if that was seen`() {
    let whole = Reference.assessment(Reference.live, at: 1_000)
    #expect(whole.evidence(of: .node(second)) == "")
    var live = Reference.live
    live.set("up", ["job": "pve_node", "instance": second], 0)
    let silent = Reference.assessment(live, previous: whole, at: 1_005)
    #expect(silent.evidence(of: .node(second)) == "no answer from its API")
    live.setNode(second, "offline")
    let lost = Reference.assessment(live, previous: silent, at: 1_010)
    #expect(
      lost.evidence(of: .node(second))
        == "no answer from its API for 5 s, corosync lost it just now"
    )
    let later = Reference.assessment(live, previous: lost, at: 1_014)
    #expect(
      later.evidence(of: .node(second))
        == "no answer from its API for 9 s, corosync lost it 4 s ago"
    )
    #expect(
      Reference.assessment(live, at: 1_014).evidence(of: .node(second))
        == "no answer from its API, corosync has lost it"
    )
    #expect(
      lost.told(at: Timestamp(unixSeconds: 1_014)).evidence(of: .node(second))
        == later.evidence(of: .node(second))
    )
    let blank = Reference.assessment(LiveSeries(), at: 1_000)
    #expect(
      Reference.assessment(live, previous: blank, at: 1_014).evidence(of: .node(second))
        == "no answer from its API, corosync has lost it"
    )
    live.set("up", ["job": "pve_node", "instance": second], 1)
    #expect(
      Reference.assessment(live, previous: later, at: 4_610).evidence(of: .node(second))
        == "corosync lost it 60 min ago"
    )
  }

  @Test func `the time of a state is carried on until the state changes`() {
    let first = Reference.assessment(Reference.live, at: 1_000)
    var live = Reference.live
    let second = Reference.assessment(live, previous: first, at: 1_010)
    live.failChecks(of: "nginx1")
    let third = Reference.assessment(live, previous: second, at: 1_020)
    let fourth = Reference.assessment(live, previous: third, at: 1_030)
    #expect(second.standing(of: .member("nginx1"))?.since == Timestamp(unixSeconds: 1_000))
    #expect(fourth.standing(of: .member("nginx1"))?.since == Timestamp(unixSeconds: 1_020))
    #expect(fourth.standing(of: .member("nginx2"))?.since == Timestamp(unixSeconds: 1_000))
    #expect(fourth.standing(of: .member("nginx1"))?.note == "fails: nginx")
  }
}
