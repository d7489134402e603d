// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Polling
import Simulator
import Testing

@testable import Collectors

/// Proxmox as a witness, with a simulated cluster.
@Suite struct VRRPGuestCollectorTests {
  private func watch(_ plan: ClusterPlan) throws -> RouterWatch {
    let members = plan.loadBalancers.map(\.guest).map {
      "{guest: \($0.vmID), name: \($0.name), address: \($0.address)}"
    }
    let settings = try RouterSightingsTests.settings(
      """
      architecture:
        tiers:
          - name: load-balancer
            members: [\(members.joined(separator: ", "))]
            vrrp:
              {instance: V, router_id: 51, address: \(plan.virtualAddress), sources: [proxmox]}
      """
    )
    return RouterWatch(settings, logger: Logger(area: "test", sink: MemorySink()))
  }

  @Test func `the container that has the floating address is found, and silence is no answer`()
    async throws
  {
    let proxmox = try SimulatedProxmox()
    let watch = try watch(proxmox.cluster.plan)
    let collector = try #require(VRRPGuestCollector(watch, proxmox.client))
    _ = try await collector.collect(proxmox.poll())
    func seen() -> RouterSightings { watch.sightings(newsArrived: {}, at: watch.now) }
    #expect(seen().masters(.proxmox, at: watch.now) == ["nginx1"])
    #expect(seen().fault(.proxmox, at: watch.now) == nil)
    #expect(seen().judgement(at: watch.now) == .one)
    await proxmox.cluster.stop()
    await #expect(throws: CollectionError.self) {
      try await collector.collect(proxmox.poll(timeout: .seconds(1)))
    }
    #expect(seen().masters(.proxmox, at: watch.now) == nil)
    #expect(seen().fault(.proxmox, at: watch.now) != nil)
    #expect(seen().judgement(at: watch.now) == .unknown)
    await proxmox.stop()
  }

  @Test(
    arguments: [
      (nil, ["nginx1"], "one"), ("vip-on-nginx2", ["nginx2"], "one"),
      ("vip-split-brain", ["nginx1", "nginx2"], "two"), ("vip-missing", [], "none"),
    ] as [(String?, Set<String>, String)]
  )
  func `the recorded places of the floating address are what they say`(
    scenario: String?,
    holders: Set<String>,
    verdict: String
  ) throws {
    guard ProxmoxFixture.folder != nil else { return }
    let settings = try RouterSightingsTests.settings(
      RouterSightingsTests.text.replacing("192.168.30.", with: "192.0.2.")
    )
    var sightings = RouterSightings(settings, echoPace: .seconds(1))
    sightings.deafness = "not_permitted"
    // Two looks, one after the other: an address on its way would be seen in both places, or none.
    for second: Int64 in [0, 30] {
      for (index, member) in settings.members.enumerated() {
        let node = "CoolerHostname\(index == 0 ? "" : "\(index + 1)")"
        let path = "nodes/\(node)/lxc/\(100 + index)/interfaces"
        let reply = try Self.interfaces(path, scenario)
        let answer = GuestInterfaces.hasAddress(settings.address, in: reply)
        let hasAddress = try #require(answer as Bool?)
        let time = Timestamp(unixMilliseconds: (second + Int64(index)) * 1_000)
        sightings.note(.proxmox, member.name, hasAddress: hasAddress, at: time)
      }
    }
    let now = Timestamp(unixMilliseconds: 33_000)
    #expect(sightings.masters(.proxmox, at: now) == holders)
    let samples = RouterSamples(sightings, now: now, wall: now).all
    #expect(samples.value("hvsmon_vrrp_verdict", ["state": verdict]) == 1)
    for member in settings.members {
      let labels = ["instance": member.name, "witness": "proxmox"]
      #expect(
        samples.value("hvsmon_vrrp_master", labels) == (holders.contains(member.name) ? 1 : 0)
      )
    }
  }

  /// A scenario's file of a guest stands beside the others of the scenario.
  private static func interfaces(_ path: String, _ scenario: String?) throws -> JSONTree {
    let flat = path.split(separator: "/").dropFirst(2).joined(separator: "-")
    if let scenario { return try ProxmoxFixture.data("scenarios/\(scenario)/\(flat).json") }
    let bytes = try #require(ProxmoxFixture.reply(path, scenario: nil))
    return try #require(try JSONReader.read(bytes)["data"])
  }

  @Test func `without Proxmox or guests the witness is missing, with a reason`() throws {
    let watch = try watch(.reference)
    #expect(VRRPGuestCollector(watch, nil) == nil)
    let sightings = watch.sightings(newsArrived: {}, at: watch.now)
    #expect(sightings.fault(.proxmox, at: watch.now) == "not_configured")
  }
}
