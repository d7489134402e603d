// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import TestSupport
import Topology

/// A cluster of any size and health, the same for the same seed.
struct RandomCluster {
  let declared: DeclaredCluster
  var live = LiveSeries()
  let nodes: [String]
  let members: [(name: String, tier: String)]

  private var random: SeededRandom
  private let faults: Int

  /// Makes a cluster in which parts are broken or unknown, one in `faults` of each; 0 is none.
  init(
    seed: UInt64,
    nodes nodeCount: Int,
    guests guestCount: Int,
    tiers tierCount: Int,
    membersOfEach memberCount: Int,
    faults: Int
  ) {
    random = SeededRandom(seed: seed)
    self.faults = faults
    let nodes = (1...nodeCount).map { "node\($0)" }
    self.nodes = nodes
    var random = SeededRandom(seed: seed ^ 0xff)
    let homes = (0..<guestCount).map { _ in nodes[Int.random(in: 0..<nodeCount, using: &random)] }
    let tiers = (0..<tierCount).map { tier in
      let members = (0..<memberCount).map { index in
        let guest = tier * memberCount + index
        return DeclaredMember(
          name: "m\(tier)-\(index)",
          address: "a",
          guest: guest < guestCount ? 100 + guest : nil,
          node: guest < guestCount ? homes[guest] : nodes[index % nodeCount]
        )
      }
      let need = Int.random(in: 0...memberCount, using: &random)
      return DeclaredTier(
        name: "tier\(tier)",
        needs: need == 0 ? .majority : .members(need),
        members: members,
        dependsOn: tier > 0 && Bool.random(using: &random)
          ? ["tier\(Int.random(in: 0..<tier, using: &random))"] : []
      )
    }
    let site = DeclaredEntry(
      name: "site",
      url: "http://a/",
      expectedStatuses: [200],
      tiers: tiers.last.map { [$0.name] } ?? []
    )
    declared = DeclaredCluster(
      name: "x",
      nodes: nodes.map { DeclaredNode(name: $0, address: "a") },
      tiers: tiers,
      entries: [site]
    )
    members = tiers.flatMap { tier in tier.members.map { ($0.name, tier.name) } }
    setNodes()
    setGuests(homes)
    for (member, tier) in members where !isHit() {
      live.setCheck(member, tier: tier, job: "x", isHit() ? 0 : 1)
    }
    if !isHit() { live.set("probe_success", ["instance": "site"]) }
    for tier in tiers { setRoles(tier) }
  }

  /// A tier that needs a majority is a replica set, any other has a floating address.
  private mutating func setRoles(_ tier: DeclaredTier) {
    let whole = ["tier": tier.name, "instance": "set-\(tier.name)"]
    let leader = isHit() ? nil : tier.members.randomElement(using: &random)?.name
    guard tier.needs == .majority else {
      let verdicts = ["one", "none", "two", "stale", "electing", "odd"]
      let verdict = isHit() ? verdicts.randomElement(using: &random) : "one"
      live.set("hvsmon_vrrp_verdict", ["tier": tier.name, "state": verdict ?? "one"])
      guard let leader else { return }
      live.set(
        "hvsmon_vrrp_master",
        ["tier": tier.name, "instance": leader, "witness": "proxmox"]
      )
      return
    }
    if !isHit() { live.set("hvsmon_mongodb_set_primaries", whole, leader == nil ? 0 : 1) }
    for member in tier.members {
      let state = member.name == leader ? 1 : isHit() ? 3 : 2
      let labels = whole.merging(["member": "\(member.name):27017"]) { first, _ in first }
      live.set("hvsmon_mongodb_set_member_state", labels, Double(state))
      live.set("hvsmon_mongodb_set_primary", labels, state == 1 ? 1 : 0)
      guard !isHit() else { continue }
      live.setCheck(member.name, tier: tier.name, job: "mongodb", isHit() ? 0 : 1)
      live.set("mongodb_rs_myState", ["tier": tier.name, "instance": member.name], Double(state))
    }
  }

  private mutating func isHit() -> Bool {
    faults > 0 && Int.random(in: 0..<faults, using: &random) == 0
  }

  private mutating func setNodes() {
    var present = 0
    for node in nodes {
      let state = isHit() ? "offline" : isHit() ? "unknown" : "online"
      live.setNode(node, state)
      if state != "offline" { present += 1 }
      live.set("pve_memory_size_bytes", ["id": "node/\(node)"], 256 * 1_073_741_824)
      live.set("pve_memory_usage_bytes", ["id": "node/\(node)"], 64 * 1_073_741_824)
      if !isHit() {
        live.set("up", ["job": "pve_node", "instance": node], state == "online" ? 1 : 0)
      }
    }
    live.set(
      "pve_cluster_info",
      ["id": "cluster/x", "quorate": present > nodes.count / 2 ? "1" : "0"]
    )
    live.set("hvsmon_pve_quorum_votes_needed", [:], Double(nodes.count / 2 + 1))
    if !isHit() { live.set("hvsmon_pve_quorum_votes_present", [:], Double(present)) }
  }

  private mutating func setGuests(_ homes: [String]) {
    for (number, home) in homes.enumerated() {
      let state = isHit() ? "stopped" : isHit() ? "unknown" : "running"
      live.setGuest(100 + number, "guest\(number)", on: home, state)
      live.set("pve_memory_usage_bytes", ["id": "lxc/\(100 + number)"], 1e9)
      live.set("pve_cpu_usage_limit", ["id": "lxc/\(100 + number)"], 2)
    }
  }

  func assessment(previous: ClusterAssessment? = nil, at seconds: Double = 0) -> ClusterAssessment {
    ClusterAssessment(
      declared: declared,
      observed: live.observation,
      previous: previous,
      now: Timestamp(unixSeconds: seconds)
    )
  }
}
