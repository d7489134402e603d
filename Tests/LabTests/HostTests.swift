// SPDX-License-Identifier: MIT
import TestSupport
import Testing

extension LabSuite {
  /// Faults that only the hosts themselves tell of, by ssh.
  @Suite struct HostTests {
    /// How long a change of a configuration may take to be seen: it is asked for every 12 s.
    private static let configurationMax = Duration.seconds(25)

    @Test func `a configuration that is not as declared is told as what deviates`() async throws {
      let scene = try await LabScene()
      try await scene.act("nginx-edit", "lb101", "s/max_fails=2/max_fails=9/")
      try await scene.act("nginx-reload", "lb101")
      let isSeen = await eventually(within: Self.configurationMax) {
        await scene.shows("hvsmon_nginx_config_differs{", "lb101", "} 1")
      }
      #expect(isSeen)
      let told = await scene.messages(within: .seconds(10), andFor: .seconds(3))
      #expect(told == ["firing ArchitectureDeviates"])
      #expect(await !scene.shows("ALERTS{", "NginxConfigurationsDiffer"))
      let alert = try #require(scene.hook.messages.first?.payload.alerts.first)
      let summary = try #require(alert.annotations["summary"])
      #expect(summary.hasPrefix("lb101, nginx max_fails: 2 is declared, 9 (192.168.30.106:3000)"))
      try await scene.close()
    }

    @Test func `a load balancer that is configured unlike the others is told`() async throws {
      let scene = try await LabScene()
      try await scene.act("nginx-edit", "lb101", "s/proxy_read_timeout 20s/proxy_read_timeout 2s/")
      try await scene.act("nginx-reload", "lb101")
      #expect(await scene.fires("NginxConfigurationsDiffer", within: .seconds(35)))
      let told = await scene.messages(within: .seconds(10), andFor: .seconds(3))
      #expect(told == ["firing NginxConfigurationsDiffer"])
      let alerts = try #require(scene.hook.messages.first?.payload.alerts)
      #expect(alerts.map { $0.labels["instance"] } == ["lb101"])
      try await scene.close()
    }

    @Test func `clients that are not given by their address are seen, and told with the cause`()
      async throws
    {
      let scene = try await LabScene()
      try await scene.act("nginx-edit", "lb100", "s/ip_hash;//")
      try await scene.act("nginx-reload", "lb100")
      let isSeen = await eventually(within: .seconds(12)) {
        await scene.shows("hvsmon_nginx_sticky{", "} 0")
      }
      #expect(isSeen)
      let told = await scene.messages(within: Self.configurationMax, andFor: .seconds(3))
      #expect(told == ["firing ArchitectureDeviates"])
      let alert = try #require(scene.hook.messages.first?.payload.alerts.first)
      #expect(alert.labels["aspect"] == "nginx balancing" && alert.labels["name"] == "lb100")
      try await scene.close()
    }

    @Test func `another host key is an alarm, and nothing else`() async throws {
      let scene = try await LabScene()
      try await scene.act("sshd-rekey", "lb101")
      let told = await scene.messages(within: .seconds(20), andFor: .seconds(8))
      #expect(told == ["firing HostKeyChanged"])
      let alerts = try #require(scene.hook.messages.first?.payload.alerts)
      #expect(alerts.map { $0.labels["instance"] } == ["lb101"])
      #expect(alerts.first?.labels["severity"] == "page")
      #expect(await scene.shows("hvsmon_member_working{", "lb101", "} 1"))
      try await scene.close()
    }

    @Test func `a host that cannot be asked is told once, and unknown, not failed`() async throws {
      let scene = try await LabScene()
      try await scene.act("sshd-freeze", "lb102")
      let told = await scene.messages(within: .seconds(40), andFor: .seconds(4))
      #expect(told == ["firing HostNotAsked"])
      let name = "instance=\"lb102\""
      #expect(await scene.shows("hvsmon_member_working{", name, "} 1"))
      #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
      #expect(await scene.shows("hvsmon_collector_partial{", "part=\"host lb102\"", "} 1"))
      for series in ["keepalived_up{", "keepalived_vrrp_state{", "hvsmon_nginx_config_differs{"] {
        #expect(await !scene.shows(series, name), "\(series)")
        #expect(await scene.shows(series, "lb101"), "\(series)")
      }
      #expect(await !scene.shows("hvsmon_vrrp_master{", name, "witness=\"ssh\""))
      try await scene.close()
    }
  }
}
