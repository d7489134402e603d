// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

@Suite struct PlacementTests {
  typealias Reference = ReferenceCluster
  private let whole = Reference.assessment(Reference.live)
  private let first = Reference.nodes[0]

  private func about(_ labels: [String: String]) -> Component? {
    whole.component(of: LabelSet(labels))
  }

  @Test func `labels say what they are about`() {
    let member = ["tier": "load-balancer", "instance": "nginx1", "node": first]
    #expect(about(member) == .member("nginx1"))
    #expect(about(["instance": "nginx1", "job": "nginx"]) == .member("nginx1"))
    #expect(about(["instance": "site", "job": "http"]) == .entry("site"))
    #expect(about(["tier": "app", "severity": "page"]) == .tier("app"))
    #expect(about(["tier": "app", "instance": "nobody"]) == .tier("app"))
    #expect(about(["tier": "app", "node": first]) == .tier("app"))
    #expect(about(["id": "lxc/103", "node": first]) == .guest(103))
    #expect(about(["id": "qemu/999", "instance": "proxmox"]) == .guest(999))
    #expect(about(["guest": "104", "node": first]) == .guest(104))
    #expect(about(["guest": "lxc/104"]) == .guest(104))
    #expect(about(["sid": "ct:105", "node": first]) == .guest(105))
    #expect(about(["id": "node/\(first)"]) == .node(first))
    #expect(about(["node": first, "instance": "proxmox"]) == .node(first))
    #expect(about(["job": "pve_node", "instance": first]) == .node(first))
    #expect(about(["id": "cluster/hvs", "quorate": "0"]) == .cluster)
    #expect(about(["component": "cluster", "node": first]) == .cluster)
    #expect(about(["id": "storage/\(first)/local"]) == .storage(node: first, name: "local"))
    #expect(about(["component": "member", "name": "webapp3"]) == .member("webapp3"))
    #expect(about(["component": "tier", "name": "app"]) == .tier("app"))
    #expect(about(["component": "node", "name": first]) == .node(first))
    #expect(about(["id": "103-0"]) == .guest(103))
  }

  @Test func `labels of other things are about nothing`() {
    #expect(about([:]) == nil)
    #expect(about(["alertname": "Watchdog"]) == nil)
    #expect(about(["instance": "hvsmon", "job": "hvsmon"]) == nil)
    #expect(about(["instance": first, "job": "node"]) == nil)
    #expect(about(["tier": "gone", "instance": "site"]) == nil)
    #expect(about(["node": "elsewhere"]) == nil)
    #expect(about(["id": "storage/elsewhere/local"]) == nil)
    #expect(about(["id": "sdn/zone", "guest": "x"]) == nil)
    #expect(about(["id": "storage/\(first)"]) == nil)
    #expect(about(["component": "member", "name": "nobody"]) == nil)
    #expect(about(["backup": "weekly"]) == nil)
    #expect(about(["tier": "app", "id": "lxc/103"]) == .tier("app"))
  }

  @Test func `foundations are what suffices to explain a failure, nearest first`() {
    #expect(
      whole.foundations(of: .member("webapp1")) == [.guest(106), .node(first), .tier("database")]
    )
    #expect(whole.foundations(of: .member("mongo1")) == [.guest(103), .node(first)])
    #expect(whole.foundations(of: .guest(103)) == [.node(first)])
    #expect(whole.foundations(of: .tier("app")) == [.tier("database")])
    #expect(
      whole.foundations(of: .entry("site"))
        == [.tier("load-balancer"), .tier("app"), .tier("database")]
    )
    #expect(whole.foundations(of: .node(first)).isEmpty)
    #expect(whole.foundations(of: .cluster).isEmpty)
    #expect(whole.foundations(of: .member("nobody")).isEmpty)
  }

  @Test func `dependents are all that stands on a component`() {
    #expect(
      whole.dependents(of: .node(first)) == [
        .guest(100), .guest(103), .guest(106), .member("mongo1"), .member("nginx1"),
        .member("webapp1"), .tier("app"), .tier("database"), .tier("load-balancer"),
        .entry("site"),
      ]
    )
    #expect(
      whole.dependents(of: .guest(103))
        == [.member("mongo1"), .tier("app"), .tier("database"), .entry("site")]
    )
    #expect(
      whole.dependents(of: .member("nginx1")) == [.tier("load-balancer"), .entry("site")]
    )
    #expect(
      whole.dependents(of: .tier("database")) == [
        .member("webapp1"), .member("webapp2"), .member("webapp3"), .tier("app"), .entry("site"),
      ]
    )
    #expect(whole.dependents(of: .entry("site")).isEmpty)
    #expect(whole.dependents(of: .cluster).isEmpty)
  }

  @Test func `backups stand on their storage at every node, and on the quorum`() throws {
    let declared = DeclaredCluster(
      name: "c",
      nodes: [DeclaredNode(name: "a", address: "a"), DeclaredNode(name: "b", address: "b")],
      tiers: [],
      entries: [],
      backups: [
        DeclaredBackup(
          name: "nightly",
          guests: [100],
          schedule: try CalendarEvent(parsing: "daily"),
          storage: "nas"
        ),
        DeclaredBackup(name: "weekly", guests: [1], schedule: try CalendarEvent(parsing: "weekly")),
      ]
    )
    let found = ClusterAssessment(
      declared: declared,
      observed: ClusterObservation(),
      previous: nil,
      now: .epoch
    )
    #expect(found.component(of: LabelSet(["backup": "nightly"])) == .backup("nightly"))
    #expect(found.component(of: LabelSet(["backup": "nightly", "id": "lxc/1"])) == .guest(1))
    let seen = ["a", "b"].map { Component.storage(node: $0, name: "nas") }
    #expect(found.foundations(of: .backup("nightly")) == seen + [.cluster])
    #expect(found.foundations(of: .backup("weekly")) == [.cluster])
    #expect(found.foundations(of: .backup("gone")).isEmpty)
    #expect(found.foundations(of: seen[0]) == [.node("a")])
    #expect(found.dependents(of: seen[1]) == [.backup("nightly")])
    #expect(found.dependents(of: .cluster) == [.backup("nightly"), .backup("weekly")])
    #expect(found.verdict(stopping: .backup("nightly")).answer == .unknown)
  }

  @Test func `the found place of a guest counts, the declared one where nothing was found`() {
    var live = Reference.live
    live.setGuest(103, "mongo1", on: Reference.nodes[2], "running")
    let moved = Reference.assessment(live)
    #expect(moved.foundations(of: .member("mongo1")) == [.guest(103), .node(Reference.nodes[2])])
    #expect(!moved.dependents(of: .node(first)).contains(.guest(103)))
    let blank = Reference.assessment(LiveSeries())
    #expect(blank.foundations(of: .guest(103)) == [.node(first)])
    #expect(blank.node(ofGuest: 103) == first)
  }

  @Test func `tiers that depend on each other in a circle are walked once`() {
    func tier(_ name: String, on other: String) -> DeclaredTier {
      DeclaredTier(
        name: name,
        needs: .members(1),
        members: [DeclaredMember(name: "\(name)1", address: "a")],
        dependsOn: [other, "gone"]
      )
    }
    let declared = DeclaredCluster(
      name: "round",
      tiers: [tier("a", on: "b"), tier("b", on: "c"), tier("c", on: "a")],
      entries: []
    )
    var live = LiveSeries()
    for name in ["a", "b", "c"] { live.setCheck("\(name)1", tier: name, job: "x", 1) }
    let round = ClusterAssessment(
      declared: declared,
      observed: live.observation,
      previous: nil,
      now: .epoch
    )
    #expect(round.foundations(of: .tier("a")) == [.tier("b"), .tier("c")])
    #expect(round.tiers.map(\.state) == [.working, .working, .working])
    #expect(round.loss(of: [.member("b1")]).tiers.map(\.state) == [.failed, .failed, .failed])
  }
}
