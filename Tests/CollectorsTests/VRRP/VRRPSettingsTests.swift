// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling
import Testing

@testable import Collectors

@Suite struct VRRPSettingsTests {
  private func faults(_ vrrp: String, address: String = "192.168.30.100") -> [String] {
    DeclaredTargets(
      VRRPCollector.self,
      """
      architecture:
        tiers:
          - name: load-balancer
            members:
              - {name: nginx1, address: \(address), vrrp_priority: 101}
            vrrp: \(vrrp)
      """,
      http: HTTPClient(userAgent: "test")
    ).faults
  }

  @Test func `a section makes one target about the tier, whose instances are the members`() throws {
    let declared = DeclaredTargets(
      VRRPCollector.self,
      RouterSightingsTests.text,
      http: HTTPClient(userAgent: "test")
    )
    #expect(declared.faults == [])
    #expect(declared.targets.map(\.key) == ["vrrp/load-balancer/"])
    #expect(declared.targets[0].labels["instance"] == nil)
    #expect(declared.targets[0].labels["tier"] == "load-balancer")
    let settings = try RouterSightingsTests.settings()
    #expect(settings.witnesses == Set(VRRPSettings.Witness.allCases))
    #expect(settings.members.map(\.priority) == [101, 100, 99])
  }

  @Test func `faults name their key and what is allowed`() {
    #expect(faults("{instance: V, router_id: 51, address: 192.168.30.200}") == [])
    let wrong = faults(
      "{instance: V, router_id: 256, address: example.org, sources: [radio], advert_interval: 1}"
    )
    #expect(wrong.contains { $0.contains("router_id") && $0.contains("from 1 to 255") })
    #expect(wrong.contains { $0.contains("vrrp.address: must be an IP address") })
    #expect(wrong.contains { $0.contains("sources") && $0.contains("advertisements, ssh") })
    #expect(wrong.contains { $0.contains("advert_interval") })
    #expect(faults("{}").contains { $0.contains("instance: is required") })
    #expect(faults("{}").contains { $0.contains("router_id: is required") })
    let named = faults("{instance: V, router_id: 51, address: 1.2.3.4}", address: "lb.example.org")
    #expect(named.contains { $0.contains("members[0].address: must be an IP address") })
  }
}
