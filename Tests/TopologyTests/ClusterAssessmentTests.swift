// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

@Suite struct ClusterAssessmentTests {
  typealias Reference = ReferenceCluster

  @Test func `a whole cluster works and any node may be lost`() {
    let whole = Reference.assessment(Reference.live)
    #expect(whole.tiers.map(\.state) == [.working, .working, .working])
    #expect(whole.tiers.map(\.failuresTolerated) == [2, 2, 1])
    #expect(whole.failuresTolerated == 1)
    #expect(whole.quorum?.votesSpare == 1)
    #expect(whole.state(of: .entry("site")) == .working)
    #expect(whole.state(of: .cluster) == .working)
    #expect(whole.offlineNodes.isEmpty)
    #expect(whole.nodeLosses.map(\.node) == Reference.nodes)
    #expect(whole.nodeLosses.allSatisfy { $0.loss.survives == .working })
  }

  @Test(arguments: Reference.nodes)
  func `each node lost leaves every tier degraded and the next loss fatal`(_ node: String) {
    var live = Reference.live
    live.lose(node)
    let after = Reference.assessment(live)
    #expect(after.offlineNodes == [node])
    #expect(after.tiers.map(\.state) == [.degraded, .degraded, .degraded])
    #expect(after.tiers.map(\.failuresTolerated) == [1, 1, 0])
    #expect(after.failuresTolerated == 0)
    #expect(after.state(of: .cluster) == .working)
    #expect(after.quorum?.votesSpare == 0)
    let number = (Reference.nodes.firstIndex(of: node) ?? 0) + 1
    #expect(after.missingMembers(of: "database") == ["mongo\(number)"])
    #expect(after.nodeLosses.map(\.node) == Reference.nodes.filter { $0 != node })
    #expect(after.nodeLosses.allSatisfy { $0.loss.survives == .failed })
  }

  @Test(arguments: Reference.nodes)
  func `two nodes lost end the database, what depends on it, and the quorum`(_ left: String) {
    var live = Reference.live
    for node in Reference.nodes where node != left { live.lose(node) }
    live.set("probe_success", ["job": "http", "instance": "site"], 0)
    let after = Reference.assessment(live)
    #expect(after.tiers.map(\.state) == [.degraded, .failed, .failed])
    #expect(after.tiers.map(\.failuresTolerated) == [0, 0, -1])
    #expect(after.tiers[1].cause == "database")
    #expect(after.failuresTolerated == -1)
    #expect(after.state(of: .cluster) == .failed)
    #expect(after.state(of: .entry("site")) == .failed)
    #expect(after.quorum?.votesSpare == -1)
  }

  @Test(arguments: Reference.members)
  func `each member lost costs its tier one`(_ member: String) {
    var live = Reference.live
    live.failChecks(of: member)
    let whole = Reference.assessment(Reference.live)
    let after = Reference.assessment(live)
    #expect(after.state(of: .member(member)) == .failed)
    #expect(after.state(of: .guest(100)) == .working)
    #expect(after.offlineNodes.isEmpty)
    for (before, now) in zip(whole.tiers, after.tiers) {
      let isHit = after.missingMembers(of: now.name) == [member]
      #expect(now.state == (isHit ? .degraded : .working))
      #expect(now.failuresTolerated == before.failuresTolerated - (isHit ? 1 : 0))
    }
    #expect(after.tiers.count { $0.state == .degraded } == 1)
  }

  @Test func `any two members lost fail the database when both are of it, and nothing else`() {
    for (index, first) in Reference.members.enumerated() {
      for second in Reference.members.dropFirst(index + 1) {
        var live = Reference.live
        live.failChecks(of: first)
        live.failChecks(of: second)
        let after = Reference.assessment(live)
        let isDatabaseLost = first.hasPrefix("mongo") && second.hasPrefix("mongo")
        let isFailed = after.tiers.map { $0.state == .failed }
        #expect(isFailed == [false, isDatabaseLost, isDatabaseLost], "\(first), \(second)")
        #expect(after.tiers.map(\.failed).reduce(0, +) == 2)
      }
    }
  }

  @Test func `a member without evidence is unknown, and not counted as working`() {
    var live = Reference.live
    live.endChecks(of: "mongo1")
    live.end("hvsmon_pve_guest_state", where: ["id": "lxc/103"])
    live.end("pve_guest_info", where: ["id": "lxc/103"])
    let after = Reference.assessment(live)
    #expect(after.state(of: .member("mongo1")) == .unknown)
    #expect(after.tiers[2].unknown == 1)
    #expect(after.tiers[2].failuresTolerated == 0)
    #expect(after.tiers[2].state == .degraded)
    #expect(after.missingMembers(of: "database") == ["mongo1"])
  }

  @Test func `a tier that may or may not work is unknown, and so is what depends on it`() {
    var live = Reference.live
    for (member, guest) in [("mongo1", 103), ("mongo2", 104)] {
      live.endChecks(of: member)
      live.end("hvsmon_pve_guest_state", where: ["id": "lxc/\(guest)"])
      live.end("pve_guest_info", where: ["id": "lxc/\(guest)"])
    }
    let after = Reference.assessment(live)
    #expect(after.tiers.map(\.state) == [.working, .unknown, .unknown])
    #expect(after.tiers[1].cause == "database")
    #expect(after.tiers[2].failuresTolerated == -1)
    // The probe says more than the tiers.
    #expect(after.state(of: .entry("site")) == .working)
    live.end("probe_success")
    #expect(Reference.assessment(live).state(of: .entry("site")) == .unknown)
  }

  @Test func `a member nobody checks works as long as its guest runs`() {
    var live = Reference.live
    live.endChecks(of: "mongo1")
    let running = Reference.assessment(live)
    #expect(running.state(of: .member("mongo1")) == .working)
    #expect(running.evidence(of: .member("mongo1")) == "not checked")
    live.setGuest(103, "mongo1", on: Reference.nodes[0], "stopped")
    let stopped = Reference.assessment(live)
    #expect(stopped.state(of: .member("mongo1")) == .failed)
    #expect(stopped.state(of: .guest(103)) == .failed)
    live.setGuest(103, "mongo1", on: Reference.nodes[0], "unknown")
    #expect(Reference.assessment(live).state(of: .member("mongo1")) == .unknown)
  }

  @Test func `nothing found at all is unknown everywhere`() {
    let blank = Reference.assessment(LiveSeries())
    #expect(blank.tiers.map(\.state) == [.unknown, .unknown, .unknown])
    #expect(blank.state(of: .cluster) == .unknown)
    #expect(blank.state(of: .entry("site")) == .unknown)
    #expect(blank.nodes == Reference.nodes)
    #expect(blank.nodes.allSatisfy { blank.state(of: .node($0)) == .unknown })
    #expect(blank.nodeLosses.allSatisfy { $0.loss.survives == .unknown })
    let names = Set(blank.samples.map(\.definition.name))
    #expect(!names.contains("hvsmon_node_up") && !names.contains("hvsmon_member_working"))
    #expect(!names.contains("hvsmon_entry_working"))
    #expect(!names.contains("hvsmon_node_loss_survivable"))
  }

  @Test func `without Proxmox the checks alone decide`() {
    var live = LiveSeries()
    for number in 1...3 {
      live.setCheck("nginx\(number)", tier: "load-balancer", job: "nginx", number == 1 ? 0 : 1)
    }
    let declared = DeclaredCluster(
      name: "web",
      tiers: [
        DeclaredTier(
          name: "load-balancer",
          needs: .members(2),
          members: (1...3).map { DeclaredMember(name: "nginx\($0)", address: "127.0.0.1") }
        )
      ],
      entries: [
        DeclaredEntry(name: "site", url: "http://a/", expectedStatuses: [200], tiers: []),
        DeclaredEntry(
          name: "api",
          url: "http://b/",
          expectedStatuses: [200],
          tiers: ["load-balancer"]
        ),
      ]
    )
    let found = ClusterAssessment(
      declared: declared,
      observed: live.observation,
      previous: nil,
      now: .epoch
    )
    #expect(found.tiers.map(\.state) == [.degraded])
    #expect(found.failuresTolerated == 0)
    #expect(found.quorum == nil)
    #expect(found.state(of: .entry("site")) == .unknown)
    #expect(found.state(of: .entry("api")) == .working)
    #expect(found.loss(of: [.member("nginx2")]).survives == .failed)
    #expect(found.loss(of: [.member("nginx1")]).tiersLost.isEmpty)
  }

  @Test func `the loss of the node that has two members of a tier is fatal`() {
    var live = Reference.live
    live.setGuest(104, "mongo2", on: Reference.nodes[0], "running")
    let found = Reference.assessment(live)
    let fatal = found.nodeLosses.filter { $0.loss.survives == .failed }
    #expect(fatal.map(\.node) == [Reference.nodes[0]])
    #expect(fatal.first?.loss.tiersLost == ["app", "database"])
    #expect(fatal.first?.loss.entriesLost == ["site"])
    #expect(fatal.first?.loss.members == ["nginx1", "webapp1", "mongo1", "mongo2"])
    #expect(found.node(ofMember: "mongo2") == Reference.nodes[0])
  }

  @Test func `a template takes no part`() {
    var live = Reference.live
    live.set(
      "pve_guest_info",
      ["id": "qemu/9000", "name": "gold", "node": "CoolerHostname", "template": "1"]
    )
    let found = Reference.assessment(live)
    #expect(found.standing(of: .guest(9_000)) == nil)
    #expect(!found.dependents(of: .node("CoolerHostname")).contains(.guest(9_000)))
  }
}
