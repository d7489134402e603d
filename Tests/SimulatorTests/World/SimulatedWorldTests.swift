// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

@Suite struct SimulatedWorldTests {
  private var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)

  private func guest(_ vmID: Int) throws -> ClusterPlan.Guest {
    try #require(world.plan.guest(vmID))
  }

  @Test func `the reference cluster has the names, numbers and places of the design`() throws {
    let plan = ClusterPlan.reference
    #expect(plan.nodes.map(\.name) == ["CoolerHostname", "CoolerHostname2", "CoolerHostname3"])
    #expect(
      plan.guests.map(\.name) == [
        "nginx1", "nginx2", "nginx3", "mongo1", "mongo2", "mongo3", "webapp1", "webapp2", "webapp3",
      ]
    )
    #expect(plan.guests.map(\.vmID) == Array(100...108))
    for guest in plan.guests {
      #expect(guest.home == plan.nodes[(guest.vmID - 100) % 3].name)
      #expect(guest.address.hasPrefix("127."))
    }
    #expect(plan.loadBalancers.map(\.priority) == [101, 100, 99])
    #expect(plan.backupJob.guests == Array(100...108))
    let large = ClusterPlan.sized(nodes: 32, guests: 1_000)
    #expect(Array(large.guests.prefix(9).map(\.name)) == plan.guests.map(\.name))
    #expect(Set(large.guests.map(\.address)).count == 1_000)
    #expect(large.guests.contains { $0.kind == .virtualMachine })
  }

  @Test func `the same seed gives the same figures and another seed others`() throws {
    let twin = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    let other = SimulatedWorld(plan: .reference, seed: 2, start: tuesday)
    let node = world.plan.nodes[0]
    for second in stride(from: 0, to: 100, by: 10) {
      let instant = tuesday.plus(second)
      let cpu = world.figures(of: node, at: instant).cpuRatio
      #expect(cpu == twin.figures(of: node, at: instant).cpuRatio)
      #expect(cpu != other.figures(of: node, at: instant).cpuRatio)
      #expect((0...1).contains(cpu))
    }
  }

  @Test mutating func `a dead node takes its guests along and they start after it`() throws {
    let guest = try guest(101)
    world.begin(.nodeDown("CoolerHostname2"), at: tuesday.plus(10))
    world.end(.nodeDown("CoolerHostname2"), at: tuesday.plus(50))
    #expect(world.isServing(guest, at: tuesday.plus(9)))
    #expect(!world.isServing(guest, at: tuesday.plus(10)))
    #expect(!world.isServing(guest, at: tuesday.plus(50)))
    #expect(world.isServing(guest, at: tuesday.plus(52)))
    #expect(world.figures(of: guest, at: tuesday.plus(72)).uptime == 20)
    #expect(world.isServing(try self.guest(100), at: tuesday.plus(20)))
  }

  @Test func `counters only grow while a guest runs`() throws {
    let guest = try guest(103)
    var before = world.figures(of: guest, at: tuesday)
    for second in 1..<60 {
      let now = world.figures(of: guest, at: tuesday.plus(second))
      #expect(now.netInBytes >= before.netInBytes && now.diskReadBytes >= before.diskReadBytes)
      before = now
    }
  }

  @Test mutating func `quorum needs more than half of the votes`() {
    world.begin(.nodeDown("CoolerHostname3"), at: tuesday)
    #expect(world.isQuorate(seenBy: "CoolerHostname", at: tuesday.plus(5)))
    world.begin(.nodeIsolated("CoolerHostname2"), at: tuesday.plus(10))
    #expect(world.isQuorate(seenBy: "CoolerHostname", at: tuesday.plus(11)))
    #expect(!world.isQuorate(seenBy: "CoolerHostname", at: tuesday.plus(12)))
    #expect(!world.isQuorate(seenBy: "CoolerHostname2", at: tuesday.plus(12)))
    #expect(world.isUp(node: "CoolerHostname2", at: tuesday.plus(12)))
  }

  @Test mutating func `the site answers as long as one of each kind does`() {
    #expect(world.siteStatus(at: tuesday) == 200)
    for vmID in [106, 107] { world.begin(.processDown(vmID), at: tuesday) }
    #expect(world.siteStatus(at: tuesday.plus(1)) == 200)
    world.begin(.appBroken(108), at: tuesday.plus(2))
    #expect(world.siteStatus(at: tuesday.plus(2)) == 500)
    world.begin(.processDown(108), at: tuesday.plus(3))
    #expect(world.siteStatus(at: tuesday.plus(3)) == 502)
    for vmID in 100...102 { world.begin(.guestStopped(vmID), at: tuesday.plus(4)) }
    #expect(world.siteStatus(at: tuesday.plus(9)) == nil)
  }

  @Test func `HA starts a managed guest elsewhere two minutes after its node died`() throws {
    var world = SimulatedWorld(
      plan: .sized(nodes: 4, guests: 20),
      seed: 3,
      start: tuesday
    )
    let vmID = try #require(world.plan.managedGuests.first)
    let guest = try #require(world.plan.guest(vmID))
    world.begin(.nodeDown(guest.home), at: tuesday)
    #expect(world.node(of: guest, at: tuesday.plus(119)) == guest.home)
    #expect(!world.isRunning(guest, at: tuesday.plus(119)))
    #expect(world.node(of: guest, at: tuesday.plus(120)) != guest.home)
    #expect(world.isRunning(guest, at: tuesday.plus(120)))
  }

  @Test mutating func `a world forgets the oldest faults that ended`() {
    for number in 0..<(SimulatedWorld.periodsMax + 50) {
      world.begin(.processDown(100), at: tuesday.plus(number * 2))
      world.begin(.processDown(100), at: tuesday.plus(number * 2))
      world.end(.processDown(100), at: tuesday.plus(number * 2 + 1))
    }
    #expect(world.periods.count == SimulatedWorld.periodsMax)
    #expect(!world.has(.processDown(100), at: tuesday.plus(100_000)))
  }
}
