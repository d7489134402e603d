// SPDX-License-Identifier: MIT
import Logging
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

  @Test func `without Proxmox or guests the witness is missing, with a reason`() throws {
    let watch = try watch(.reference)
    #expect(VRRPGuestCollector(watch, nil) == nil)
    let sightings = watch.sightings(newsArrived: {}, at: watch.now)
    #expect(sightings.fault(.proxmox, at: watch.now) == "not_configured")
  }
}
