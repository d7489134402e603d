// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

/// Capacity and deviations.
@Suite struct FindingsTests {
  typealias Reference = ReferenceCluster
  private let gib = 1_073_741_824.0

  private func value(_ metric: String, _ node: String, _ found: ClusterAssessment) -> Double? {
    found.samples.first { $0.definition.name == metric && $0.labels["node"] == node }?.value
  }

  /// Three nodes of `size` GiB; each list holds the guests of a node, in GiB.
  private func capacities(_ size: Double, _ guests: [[Double]], used: Double = 0.5) -> LiveSeries {
    var live = LiveSeries()
    var number = 100
    for (index, list) in guests.enumerated() {
      let node = Reference.nodes[index]
      live.setNode(node, "online")
      live.set("pve_memory_size_bytes", ["id": "node/\(node)"], size * gib)
      live.set("pve_memory_usage_bytes", ["id": "node/\(node)"], Double(list.count) * used * gib)
      for memory in list {
        live.setGuest(number, "ct\(number)", on: node, "running")
        live.set("pve_memory_size_bytes", ["id": "lxc/\(number)"], memory * gib)
        live.set("pve_memory_usage_bytes", ["id": "lxc/\(number)"], used * gib)
        number += 1
      }
    }
    return live
  }

  @Test func `guests fit elsewhere when every one finds a node with room`() {
    // Free: 9 - 4 - 1 = 4 and 9 - 5 - 1 = 3.
    let found = Reference.assessment(capacities(9, [[4, 3], [4], [5]]))
    #expect(found.capacities[0].assignedFits == true)
    #expect(value("hvsmon_node_guests_fit_elsewhere", Reference.nodes[0], found) == 1)
    let words = found.capacityWords(found.capacities[0])
    #expect(words == "The 2 guests of CoolerHostname find room on the other nodes.")
  }

  @Test func `room in sum does not help a guest that fits on no single node`() {
    let found = Reference.assessment(capacities(9, [[5, 2], [4], [5]]))
    #expect(found.capacities[0].assignedFits == false)
    #expect(found.capacities[0].usedFits == true)
    #expect(found.capacities[0].homeless == [100])
    #expect(value("hvsmon_node_guests_fit_elsewhere", Reference.nodes[0], found) == 0)
    #expect(value("hvsmon_node_guest_use_fits_elsewhere", Reference.nodes[0], found) == 1)
    #expect(
      found.capacityWords(found.capacities[0])
        == "Of the 2 guests of CoolerHostname, for the memory assigned, no room elsewhere is left "
        + "for ct100; for what is used now there is."
    )
  }

  @Test func `a guest is missing only from a list that leaves none out`() {
    var live = LiveSeries()
    // Only its node says what runs: the cluster does not answer.
    let state = ["id": "lxc/100", "node": Reference.nodes[0], "state": "running"]
    live.set("hvsmon_pve_guest_live_state", state)
    #expect(Reference.assessment(live).deviations.isEmpty)
    #expect(Reference.assessment(live).standing(of: .guest(101))?.note == nil)
    var whole = LiveSeries()
    whole.setGuest(100, "nginx1", on: Reference.nodes[0], "running")
    #expect(Reference.assessment(whole).deviations.count == 8)
    let granted = ["privilege": "VM.Audit", "path": "/vms"]
    whole.set("hvsmon_pve_privilege_granted", granted, 1)
    #expect(Reference.assessment(whole).deviations.count == 8)
    whole.set("hvsmon_pve_privilege_granted", granted, 0)
    #expect(Reference.assessment(whole).deviations.isEmpty)
  }

  @Test func `stopped guests need no room, and nodes that are down give none`() {
    var live = capacities(9, [[5], [4], [1]])
    #expect(Reference.assessment(live).capacities[0].assignedFits == true)
    live.setNode(Reference.nodes[2], "offline")
    let lost = Reference.assessment(live)
    #expect(lost.capacities.map(\.node) == Array(Reference.nodes.prefix(2)))
    #expect(lost.capacities[0].homeless == [100])
    live.setGuest(100, "ct100", on: Reference.nodes[0], "stopped")
    let stopped = Reference.assessment(live)
    #expect(stopped.capacities[0].assignedFits == true)
    #expect(stopped.capacityWords(stopped.capacities[0]) == "No guest runs on CoolerHostname.")
  }

  @Test func `capacity is unknown without the figures it needs`() {
    var live = capacities(9, [[5], [4], [1]])
    live.end("pve_memory_size_bytes", where: ["id": "lxc/100"])
    let found = Reference.assessment(live)
    #expect(found.capacities[0].assignedFits == nil)
    #expect(value("hvsmon_node_guests_fit_elsewhere", Reference.nodes[0], found) == nil)
    live = capacities(9, [[9], [4], [1]])
    live.end("pve_memory_size_bytes", where: ["id": "node/\(Reference.nodes[2])"])
    #expect(Reference.assessment(live).capacities[0].assignedFits == nil)
    #expect(Reference.assessment(live).capacities[1].assignedFits == nil)
  }

  @Test func `a node that stands alone has no capacity to tell`() {
    var live = LiveSeries()
    live.setNode("pve1", "online")
    live.setGuest(100, "ct100", on: "pve1", "running")
    let found = ClusterAssessment(
      declared: DeclaredCluster(name: "x", tiers: [], entries: []),
      observed: live.observation,
      previous: nil,
      now: .epoch
    )
    #expect(found.capacities.isEmpty)
    #expect(found.quorum == nil)
  }

  @Test func `the reference cluster deviates in nothing`() {
    #expect(Reference.assessment(Reference.live).deviations.isEmpty)
  }

  @Test func `each way to deviate is told once, while it lasts`() {
    var live = Reference.live
    live.setGuest(100, "nginx1", on: Reference.nodes[2], "running")
    live.setGuest(101, "other", on: Reference.nodes[1], "running")
    live.setGuest(102, "nginx3", on: Reference.nodes[2], "stopped")
    live.end("hvsmon_pve_guest_state", where: ["id": "lxc/103"])
    live.end("pve_guest_info", where: ["id": "lxc/103"])
    live.end("pve_memory_size_bytes", where: ["id": "lxc/103"])
    live.end("hvsmon_pve_node_state", where: ["node": Reference.nodes[0]])
    live.setNode("pve9", "online")
    let found = Reference.assessment(live)
    let told = found.deviations.map {
      "\($0.component) \($0.name) \($0.aspect): \($0.expected) / \($0.found)"
    }
    #expect(
      told == [
        "member nginx1 node: CoolerHostname / CoolerHostname3",
        "member nginx2 name: nginx2 / other",
        "member nginx3 state: running / stopped",
        "member mongo1 guest: 103 / missing",
        "node CoolerHostname membership: member / not in the cluster",
        "node pve9 membership: not declared / member",
      ]
    )
    let samples = found.samples.filter { $0.definition.name == "hvsmon_deviation" }
    #expect(samples.count == 6 && samples.allSatisfy { $0.value == 1 })
    #expect(samples.first?.labels["aspect"] == "node")
  }

  @Test func `nothing deviates while nothing is found`() {
    #expect(Reference.assessment(LiveSeries()).deviations.isEmpty)
  }

  @Test func `members of a tier that share a node are counted`() {
    var live = Reference.live
    live.setGuest(101, "nginx2", on: Reference.nodes[0], "running")
    let found = Reference.assessment(live)
    let most = found.samples.first {
      $0.definition.name == "hvsmon_tier_members_on_node_max"
        && $0.labels["tier"] == "load-balancer"
    }
    #expect(most?.value == 2)
  }
}
