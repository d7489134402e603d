// SPDX-License-Identifier: MIT
import FoundationEssentials
import HTTPAPI
import Logging
import MetricModel
import Net
import Simulator
import TestSupport
import Testing

@testable import Daemon

/// What people are told of faults inside hosts: one message for each, and one for its end.
@Suite(.timeLimit(.minutes(3))) struct HostStoryTests {
  @Test func `a fail-over is one message that tells how long nobody had the address`() async throws
  {
    let scene = try await HostScene()
    guard scene.isAdvertised else {
      print("skipped: no right to open raw sockets")
      return await scene.close()
    }
    #expect(try await scene.settles())
    #expect(scene.told == [])
    await scene.cluster.apply(.begin(.keepalivedStopped(100)))
    #expect(await scene.waits(forMessages: 1))
    let summary = scene.hook.payloads.first?.alerts.first?.annotations["summary"] ?? ""
    #expect(summary.contains("moved from nginx1 to nginx2; nobody had it for "), "\(summary)")
    let gap = try #require(summary.firstMatch(of: /for ([0-9.]+)ms/), "\(summary)").output.1
    // The skew of 609 ms, and what a busy machine adds.
    #expect((600..<1_000).contains(try #require(Double(gap))))
    let isSeen = try await scene.harness.waits(
      for: "keepalived_up{",
      "nginx1",
      " 0",
      on: scene.monitor
    )
    let hasMoved = try await scene.harness.waits(
      for: "hvsmon_vrrp_master{",
      "nginx2",
      "witness=\"ssh\"",
      " 1",
      on: scene.monitor
    )
    #expect(isSeen && hasMoved)
    await scene.close()
    #expect(scene.told == ["firing VrrpFailover"])
  }

  @Test func `two who hold the address are one message, and its end another`() async throws {
    let scene = try await HostScene()
    guard scene.isAdvertised else {
      print("skipped: no right to open raw sockets")
      return await scene.close()
    }
    #expect(try await scene.settles())
    await scene.cluster.apply(.begin(.addressHeldTwice))
    #expect(await scene.waits(forMessages: 1))
    await scene.cluster.apply(.end(.addressHeldTwice))
    #expect(await scene.waits(forMessages: 2))
    let isOne = try await scene.harness.waits(
      for: "hvsmon_vrrp_masters{",
      "witness=\"ssh\"",
      " 1",
      on: scene.monitor
    )
    #expect(isOne)
    await scene.close()
    #expect(scene.told == ["firing VrrpTwoMasters", "resolved VrrpTwoMasters"])
  }

  @Test func `an app that ends again and again is one message, its secrets nowhere`() async throws {
    let scene = try await HostScene()
    #expect(try await scene.settles())
    for _ in 0..<4 {
      await scene.cluster.apply(.begin(.processRestarts(107)))
      await scene.cluster.apply(.end(.processRestarts(107)))
    }
    #expect(await scene.waits(forMessages: 1))
    let alert = try #require(scene.hook.payloads.first?.alerts.first)
    #expect(alert.labels["instance"] == "webapp2")
    // Everything that hvsmon shows and stores.
    var shown = scene.harness.sink.lines.joined() + "\(scene.hook.payloads)"
    for path in [
      "/metrics", "/api/v1/query?query=%7B__name__%3D~%22.%2B%22%7D", "/api/hvsmon/v1/topology",
      "/api/hvsmon/v1/explain",
    ] {
      let answer = try await scene.harness.get(path, of: scene.monitor)
      #expect(answer.status == 200, "\(path)")
      shown += answer.text
    }
    #expect(shown.contains("hvsmon_pm2_process_info"))
    await scene.monitor.stop(grace: .seconds(1))
    let folder = scene.harness.folder.path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(files.contains { $0.hasSuffix(".sqlite") })
    for name in files where !name.hasPrefix("ssh.") {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      #expect(bytes.firstRange(of: Data(SimulatedSecrets.mark.utf8)) == nil, "\(name)")
    }
    #expect(!shown.contains(SimulatedSecrets.mark))
    await scene.close()
    #expect(scene.told == ["firing PM2CrashLoop"])
  }

  @Test func `a load balancer that is set up otherwise is one message that says in what`()
    async throws
  {
    let scene = try await HostScene(faults: [.configurationDrifted(102)])
    #expect(try await scene.settles())
    #expect(await scene.waits(forMessages: 1))
    let summary = scene.hook.payloads.first?.alerts.first?.annotations["summary"]
    #expect(summary == "nginx3, nginx burst: 100 is declared, 50 was found.")
    let text = try await scene.harness.metrics(of: scene.monitor)
    // What is known better is not told again a quarter of an hour later.
    #expect(text.contains("hvsmon_nginx_config_differs{cluster=\"test\",instance=\"nginx3\""))
    #expect(!text.contains("alertname=\"NginxConfigurationsDiffer\""))
    await scene.close()
    #expect(scene.told == ["firing ArchitectureDeviates"])
  }

  @Test func `a host that shows another key is one alarm, however many ask it`() async throws {
    let scene = try await HostScene()
    #expect(try await scene.settles())
    await scene.cluster.apply(.begin(.hostKeyChanged(102)))
    #expect(await scene.waits(forMessages: 1))
    let alert = try #require(scene.hook.payloads.first?.alerts.first)
    #expect(alert.labels["instance"] == "nginx3" && alert.labels["severity"] == "page")
    let text = try await scene.harness.metrics(of: scene.monitor)
    #expect(!text.contains("alertname=\"HostNotAsked\""))
    await scene.close()
    #expect(scene.told == ["firing HostKeyChanged"])
  }

  @Test func `requests that are turned away are told once they go on`() async throws {
    let scene = try await HostScene()
    #expect(try await scene.settles())
    await scene.cluster.apply(.begin(.requestsRejected))
    let isPending = try await scene.harness.waits(
      for: "ALERTS{",
      "NginxRejectsMany",
      "pending",
      "instance=\"nginx1\"",
      on: scene.monitor
    )
    #expect(isPending)
    await scene.close()
    #expect(scene.told == [])
  }

  @Test func `a dead node is one message, whatever its hosts would have told`() async throws {
    let scene = try await HostScene()
    #expect(try await scene.settles())
    await scene.cluster.apply(.begin(.nodeDown("CoolerHostname2")))
    #expect(await scene.waits(forMessages: 1))
    // Users meet the dead app at the load balancer that has the address.
    let isLogged = try await scene.harness.waits(
      for: "hvsmon_nginx_upstream_failures_total{",
      "instance=\"nginx1\"",
      "member=\"webapp2\"",
      "connect_timeout",
      " 2",
      on: scene.monitor
    )
    #expect(isLogged)
    await scene.cluster.apply(.end(.nodeDown("CoolerHostname2")))
    #expect(await scene.waits(forMessages: 2))
    let isAsked = try await eventually(within: .seconds(30)) {
      await scene.cluster.settle()
      return try await scene.harness.metrics(of: scene.monitor).split(separator: "\n").contains {
        $0.hasPrefix("hvsmon_pm2_up{") && $0.contains("webapp2") && $0.hasSuffix(" 1")
      }
    }
    #expect(isAsked)
    await scene.close()
    #expect(scene.told == ["firing NodeDown", "resolved NodeDown"])
  }
}
