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
@Suite(.timeLimit(.minutes(3)), .serialized) struct HostStoryTests {
  /// A scene in which advertisements are sent; nil where this process may not.
  private static func advertisedScene() async throws -> HostScene? {
    let scene = try await HostScene()
    #expect(try await scene.settles())
    #expect(scene.told == [])
    if scene.isAdvertised { return scene }
    print("skipped: no right to open raw sockets")
    await scene.close()
    return nil
  }

  @Test func `two who hold the address are one message, and its end another`() async throws {
    guard let scene = try await Self.advertisedScene() else { return }
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

  @Test func `a fail-over is one message that tells how long nobody had the address`() async throws
  {
    guard let scene = try await Self.advertisedScene() else { return }
    await scene.cluster.apply(.begin(.keepalivedStopped(100)))
    #expect(await scene.waits(forMessages: 1))
    let summary = scene.hook.payloads.last?.alerts.first?.annotations["summary"] ?? ""
    #expect(summary.contains("moved from nginx1 to nginx2; nobody had it for "), "\(summary)")
    // The skew of 609 ms, less what the farewell was late, and what a busy machine adds.
    let gap = summary.firstMatch(of: /for ([0-9.]+)ms/).flatMap { Double($0.output.1) }
    #expect(gap.map { (550..<1_000).contains($0) } == true, "\(summary)")
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

  @Test func `what is wrong inside hosts is one message each, and their secrets are in none`()
    async throws
  {
    let scene = try await HostScene(faults: [.configurationDrifted(102)])
    #expect(try await scene.settles())
    #expect(await scene.waits(forMessages: 1))
    await scene.cluster.apply(.begin(.requestsRejected))
    for _ in 0..<4 {
      await scene.cluster.apply(.begin(.processRestarts(107)))
      await scene.cluster.apply(.end(.processRestarts(107)))
    }
    #expect(await scene.waits(forMessages: 2))
    // Two collectors ask a load balancer.
    await scene.cluster.apply(.begin(.hostKeyChanged(102)))
    #expect(await scene.waits(forMessages: 3))
    let alerts = scene.hook.payloads.flatMap(\.alerts)
    #expect(alerts.map { $0.labels["instance"] } == ["nginx3", "webapp2", "nginx3"])
    #expect(
      alerts.first?.annotations["summary"]
        == "nginx3, nginx burst: 100 is declared, 50 was found."
    )
    var lines: [Substring] = []
    let waiting = try await eventually(within: .seconds(30)) {
      lines = try await scene.harness.metrics(of: scene.monitor).split(separator: "\n")
        .filter { $0.hasPrefix("ALERTS{") }
      func has(_ name: String) -> Bool { lines.contains { $0.contains("\"\(name)\"") } }
      // What is known better is not told again after a while.
      return has("NginxRejectsMany") && !has("NginxConfigurationsDiffer") && !has("HostNotAsked")
    }
    #expect(waiting, "\(lines)")
    try await expectNoSecrets(in: scene)
    await scene.close()
    #expect(
      scene.told == ["firing ArchitectureDeviates", "firing PM2CrashLoop", "firing HostKeyChanged"]
    )
  }

  /// Stops the monitor, and looks through everything that it shows and stores.
  private func expectNoSecrets(in scene: HostScene) async throws {
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
    #expect(!shown.contains(SimulatedSecrets.mark))
    await scene.monitor.stop(grace: .seconds(1))
    let folder = scene.harness.folder.path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(files.contains { $0.hasSuffix(".sqlite") })
    for name in files where !name.hasPrefix("ssh.") {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      #expect(bytes.firstRange(of: Data(SimulatedSecrets.mark.utf8)) == nil, "\(name)")
    }
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
