// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

@Suite struct AdvertisementTests {
  @Test func `an advertisement has the bytes that keepalived was seen to send`() {
    let advertisement = Advertisement(
      source: "192.168.30.100",
      routerID: 51,
      priority: 101,
      virtualAddress: "192.168.30.200"
    )
    let recorded: [UInt8] = [
      0x21, 0x33, 0x65, 0x01, 0x00, 0x01, 0x9a, 0x59, 0xc0, 0xa8, 0x1e, 0xc8, 0, 0, 0, 0, 0, 0, 0,
      0,
    ]
    #expect(advertisement.bytes == recorded)
  }

  /// What is sent in a span, looked at every 20 ms.
  private func sent(
    _ world: SimulatedWorld,
    _ schedule: inout AdvertisementSchedule,
    seconds: Range<Int>
  ) -> [String] {
    stride(from: seconds.lowerBound * 1_000, to: seconds.upperBound * 1_000, by: 20).flatMap {
      let now = tuesday + .milliseconds($0)
      return schedule.due(in: world, at: now).map { "\($0.source.suffix(3)) \($0.priority)" }
    }
  }

  @Test func `the master alone advertises, once a second`() {
    let world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    var schedule = AdvertisementSchedule(routerID: 9)
    #expect(sent(world, &schedule, seconds: 0..<5) == Array(repeating: "100 101", count: 5))
  }

  @Test func `a master that stops says so, and one that dies does not`() {
    var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    var schedule = AdvertisementSchedule(routerID: 9)
    world.begin(.keepalivedStopped(100), at: tuesday.plus(2))
    #expect(
      sent(world, &schedule, seconds: 0..<4)
        == ["100 101", "100 101", "100 0", "101 100", "101 100"]
    )
    world.begin(.nodeDown("CoolerHostname2"), at: tuesday.plus(4))
    #expect(sent(world, &schedule, seconds: 4..<8) == ["102 99"])
  }

  @Test func `a master that gives way to a better one falls silent`() {
    var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    var schedule = AdvertisementSchedule(routerID: 9)
    world.begin(.keepalivedStopped(100), at: tuesday)
    world.end(.keepalivedStopped(100), at: tuesday.plus(2))
    let all = sent(world, &schedule, seconds: 0..<8)
    #expect(all == Array(repeating: "101 100", count: 5) + Array(repeating: "100 101", count: 3))
  }

  @Test func `routers that do not hear each other both advertise`() {
    var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    var schedule = AdvertisementSchedule(routerID: 9)
    world.begin(.addressHeldTwice, at: tuesday)
    #expect(Set(sent(world, &schedule, seconds: 0..<2)) == ["100 101", "101 100"])
  }
}
