// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

@Suite struct RouterTests {
  private var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)

  private func holders(_ milliseconds: Int) -> [String] {
    world.addressHolders(at: tuesday + .milliseconds(milliseconds)).map(\.name)
  }

  @Test mutating func `a master that stops in order is followed after the skew alone`() {
    world.begin(.keepalivedStopped(100), at: tuesday.plus(10))
    world.end(.keepalivedStopped(100), at: tuesday.plus(60))
    #expect(holders(9_999) == ["nginx1"])
    #expect(holders(10_000) == [])
    // (256 - 100) / 256 seconds.
    #expect(holders(10_608) == [])
    #expect(holders(10_609) == ["nginx2"])
    #expect(holders(60_000) == ["nginx2"])
    // Who comes back listens for three intervals and its own skew.
    #expect(holders(63_604) == ["nginx2"])
    #expect(holders(63_605) == ["nginx1"])
  }

  @Test mutating func `a master that dies is waited for`() {
    world.begin(.nodeDown("CoolerHostname"), at: tuesday.plus(10))
    world.end(.nodeDown("CoolerHostname"), at: tuesday.plus(40))
    #expect(holders(13_608) == [])
    #expect(holders(13_609) == ["nginx2"])
    // Its container starts two seconds after its node.
    #expect(holders(45_604) == ["nginx2"])
    #expect(holders(45_605) == ["nginx1"])
  }

  @Test mutating func `the check of keepalived finds a dead nginx after its second look`() {
    world.begin(.processDown(100), at: tuesday.plus(10))
    #expect(holders(11_399) == ["nginx1"])
    #expect(world.siteStatus(at: tuesday.plus(11)) == nil)
    #expect(holders(11_400) == [])
    #expect(holders(12_009) == ["nginx2"])
    #expect(world.siteStatus(at: tuesday.plus(13)) == 200)
  }

  @Test mutating func `of two that leave one after the other the last one counts`() {
    world.begin(.keepalivedStopped(100), at: tuesday.plus(10))
    world.begin(.nodeDown("CoolerHostname2"), at: tuesday.plus(20))
    #expect(holders(19_999) == ["nginx2"])
    #expect(holders(23_612) == [])
    #expect(holders(23_613) == ["nginx3"])
    world.begin(.guestStopped(102), at: tuesday.plus(30))
    #expect(holders(40_000) == [])
  }

  @Test mutating func `a master that comes back at once finds that another took over`() {
    world.begin(.keepalivedStopped(100), at: tuesday.plus(10))
    world.end(.keepalivedStopped(100), at: tuesday + .milliseconds(10_300))
    #expect(holders(10_500) == [])
    #expect(holders(10_609) == ["nginx2"])
    #expect(holders(13_905) == ["nginx1"])
  }

  @Test mutating func `routers that do not hear each other both hold the address`() {
    world.begin(.addressHeldTwice, at: tuesday.plus(100))
    world.end(.addressHeldTwice, at: tuesday.plus(130))
    #expect(holders(100_000) == ["nginx1", "nginx2"])
    #expect(holders(130_000) == ["nginx1"])
  }
}
