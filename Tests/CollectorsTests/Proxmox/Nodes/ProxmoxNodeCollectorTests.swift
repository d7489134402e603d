// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling
import Simulator
import TestSupport
import Testing

@testable import Collectors

@Suite(.timeLimit(.minutes(1))) struct ProxmoxNodeCollectorTests {
  private var isHere: Bool { ProxmoxFixture.folder != nil }

  private func failure(_ collector: ProxmoxNodeCollector, _ poll: Poll) async -> CollectionError? {
    do throws(CollectionError) {
      _ = try await collector.collect(poll)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a node that works is asked one cheap question`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let found = try await stage.nodeCollector().collect(poll())
    #expect(found.isUp && found.failure == nil && found.samples.isEmpty)
    #expect(stage.nodes.map(\.paths) == [["/version"], [], []])
    await stage.stop()
  }

  @Test(arguments: [
    (403, ""), (500, "{\"data\":null}"), (501, ""), (503, ""), (595, ""), (596, ""), (200, "{"),
  ])
  func `whatever the node answers is a sign of life`(status: Int, body: String) async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    stage.nodes[0].set(faults: [.answer("/version", status: status, body: body)])
    #expect(await failure(stage.nodeCollector(), poll()) == nil)
    await stage.stop()
  }

  @Test func `a refused token is a sign of life, and is then left alone for a while`() async throws
  {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.nodeCollector(stage.client(secret: "wrong"))
    let start: Int64 = 1_795_508_100
    for second in [0, 5, 14, 15, 16, 44] as [Int64] {
      // With a bad token there are no lists to be had.
      let found = try await collector.collect(poll(at: start + second, isAsked: true))
      #expect(found.samples.isEmpty)
    }
    // The fake has no page that asks for no token, which is an answer as well.
    #expect(stage.nodes[0].paths == ["/version", "/version"])
    #expect(stage.nodes[1].paths.isEmpty)
    await stage.nodes[0].stop()
    #expect(await failure(collector, poll(at: start + 44))?.kind == "refused")
    await stage.stop()
  }

  @Test func `a node that is off fails, and no other is asked in its place`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let collector = stage.nodeCollector()
    await stage.nodes[0].stop()
    let off = await failure(collector, poll())
    #expect(off?.kind == "refused")
    #expect(stage.paths.isEmpty)
    stage.nodes[1].set(faults: [.silence("/")])
    let silent = ProxmoxNodeCollector(
      node: ProxmoxStage.names[1],
      client: stage.client(),
      running: RunningGuests()
    )
    #expect(await failure(silent, poll(timeout: .milliseconds(300)))?.kind == "timeout")
    await stage.stop()
  }

  @Test func `a node with another certificate fails`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let stranger = try TemporaryFolder()
    let other = try TestCertificate(in: stranger, from: "20250101000000Z", to: "20350101000000Z")
    let endpoint = stage.nodes[0].endpoint("CoolerHostname", trust: .caFile(path: other.path))
    let collector = stage.nodeCollector(stage.client(endpoints: [endpoint]))
    #expect(await failure(collector, poll())?.kind == "tls")
    await stage.stop()
  }

  @Test func `a connection that the node closed while idle is no trouble`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"data\":{}}"
    let server = try RawServer(script: { connection in
      connection == 0 ? [.readHeader, .send(reply), .readHeader] : [.readHeader, .send(reply)]
    })
    let endpoint = ProxmoxSettings.Endpoint(
      node: ProxmoxStage.names[0],
      origin: "http://127.0.0.1:\(server.port)",
      trust: .system
    )
    let collector = stage.nodeCollector(stage.client(endpoints: [endpoint]))
    for second in [0, 10] as [Int64] {
      #expect(await failure(collector, poll(at: 1_795_508_100 + second)) == nil)
    }
    #expect(server.acceptedConnections == 2)
    server.stop()
    await stage.stop()
  }

  @Test func `a list that fails leaves itself out and the node up`() async throws {
    guard isHere else { return }
    let stage = try ProxmoxStage()
    stage.nodes[0].set(faults: [
      .answer("/lxc", status: 403), .answer("/qemu", status: 200, body: "{\"data\":[]}"),
    ])
    let refused = try await stage.nodeCollector().collect(poll(isAsked: true))
    #expect(refused.isUp && refused.failure == nil && refused.samples.count == 1)
    let reason = ["part": "live_lxc", "reason": "forbidden"]
    #expect(refused.samples.value("hvsmon_collector_partial", reason) == 1)
    stage.nodes[0].set(faults: [
      .silence("/lxc"), .answer("/qemu", status: 200, body: "{\"data\":[{\"vmid\":7}]}"),
    ])
    let slow = try await stage.nodeCollector()
      .collect(poll(timeout: .seconds(1), isAsked: true))
    #expect(
      slow.samples.value("hvsmon_collector_partial", ["part": "live_lxc", "reason": "timeout"])
        == 1
    )
    await stage.stop()
  }
}

@Suite(.timeLimit(.minutes(1))) struct LiveGuestStateTests {
  private let metric = "hvsmon_pve_guest_live_state"
  private let node = "CoolerHostname"

  @Test func `a guest that just stopped is seen by its node before the cluster knows`() async throws
  {
    let proxmox = try SimulatedProxmox()
    let before = try await proxmox.pollCluster().samples
    #expect(before.value("hvsmon_pve_guest_state", ["id": "lxc/106", "state": "running"]) == 1)
    #expect(try await proxmox.pollNode(node).isEmpty)
    await proxmox.cluster.apply(.begin(.guestStopped(106)))
    let cluster = try await proxmox.pollCluster(isAsked: true).samples
    // What pvestatd told some seconds ago.
    #expect(cluster.value("hvsmon_pve_guest_state", ["id": "lxc/106", "state": "running"]) == 1)
    let live = try await proxmox.pollNode(node, isAsked: true)
    live.expectSound()
    #expect(live.value(metric, ["id": "lxc/106", "name": "webapp1", "state": "stopped"]) == 1)
    #expect(live.value(metric, ["id": "lxc/106", "state": "running"]) == 0)
    #expect(live.value(metric, ["id": "lxc/100", "state": "running"]) == 1)
    #expect(live.count(metric) == 9)
    await proxmox.stop()
  }

  @Test func `the states are told until the guest is back`() async throws {
    let proxmox = try SimulatedProxmox()
    _ = try await proxmox.pollCluster()
    await proxmox.cluster.apply(.begin(.guestStopped(106)))
    _ = try await proxmox.pollNode(node, isAsked: true)
    proxmox.clock.advance(by: .seconds(600))
    let missed = try await proxmox.pollNode(node)
    #expect(missed.value(metric, ["id": "lxc/106", "state": "stopped"]) == 1)
    await proxmox.cluster.apply(.end(.guestStopped(106)))
    proxmox.clock.advance(by: .seconds(10))
    let back = try await proxmox.pollNode(node)
    #expect(back.value(metric, ["id": "lxc/106", "state": "running"]) == 1)
    #expect(try await proxmox.pollNode(node).isEmpty)
    await proxmox.stop()
  }

  @Test func `a node whose statistics hang tells what runs all the same`() async throws {
    let proxmox = try SimulatedProxmox()
    await proxmox.cluster.apply(.begin(.statisticsHung(node)))
    proxmox.clock.advance(by: .seconds(400))
    let cluster = try await proxmox.pollCluster().samples
    #expect(cluster.value("hvsmon_pve_guest_state", ["id": "lxc/106", "state": "unknown"]) == 1)
    let live = try await proxmox.pollNode(node, isAsked: true)
    #expect(live.value(metric, ["id": "lxc/106", "state": "running"]) == 1)
    await proxmox.stop()
  }

  @Test func `a node that is back tells what runs at once`() async throws {
    let proxmox = try SimulatedProxmox()
    let collector = try #require(proxmox.nodeCollectors[node])
    await proxmox.cluster.apply(.begin(.nodeHung(node)))
    let poll = proxmox.poll(timeout: .milliseconds(300), isAsked: true)
    for _ in 0..<2 {
      await #expect(throws: CollectionError.self) { try await collector.collect(poll) }
    }
    await proxmox.cluster.apply(.end(.nodeHung(node)))
    let back = try await collector.collect(proxmox.poll(timeout: .seconds(30)))
    #expect(back.samples.value(metric, ["id": "lxc/100", "state": "running"]) == 1)
    await proxmox.stop()
  }

  @Test func `a refusal that takes longer than a poll does not make nodes fail`() async throws {
    let proxmox = try SimulatedProxmox()
    await proxmox.cluster.apply(.begin(.tokenRefused))
    let collector = try #require(proxmox.nodeCollectors[node])
    var outcomes: [Bool] = []
    for _ in 0..<6 {
      let poll = Poll(time: proxmox.clock.now, timeout: .milliseconds(2_500))
      outcomes.append((try? await collector.collect(poll)) != nil)
      proxmox.clock.advance(by: .seconds(1))
    }
    // Each failure is followed by a poll without the token: never two, and soon none.
    #expect(outcomes == [false, true, false, true, true, true])
    await proxmox.stop()
  }

  @Test func `a token that is refused does not make nodes fail`() async throws {
    let proxmox = try SimulatedProxmox()
    await proxmox.cluster.apply(.begin(.tokenRefused))
    for _ in 0..<2 {
      // The first waits for the 3 s of a refusal, the second shows no token.
      let poll = proxmox.poll(timeout: .seconds(30), isAsked: true)
      #expect(try await proxmox.nodeCollectors[node]?.collect(poll).samples.isEmpty == true)
      proxmox.clock.advance(by: .seconds(5))
    }
    await proxmox.stop()
  }
}

/// How long the cluster takes to answer when the node that was asked last dies.
///
/// The times are printed; what is asserted holds on a busy machine as well.
@Suite(.timeLimit(.minutes(2))) struct ProxmoxFailOverTests {
  /// Long enough that a hung node's neighbours answer, however slowly.
  private let timeout = Duration.seconds(30)

  private let first = "CoolerHostname"

  private func answering(_ samples: [CollectedSample]) -> String? {
    samples.first { $0.definition == ClusterMetrics.answeringNode }?.labels["node"]
  }

  @Test func `a node that is off costs no time`() async throws {
    let proxmox = try SimulatedProxmox()
    let before = try await proxmox.pollCluster()
    #expect(answering(before.samples) == first)
    await proxmox.cluster.apply(.begin(.nodeDown(first)))
    let after = try await proxmox.pollCluster(timeout: timeout, isAsked: true)
    print("fail-over, node off: \(after.took)")
    #expect(answering(after.samples) != first && after.samples.count > 100)
    #expect(after.took < timeout / 4)
    await proxmox.stop()
  }

  @Test func `a node that hangs costs a second, once`() async throws {
    let proxmox = try SimulatedProxmox()
    _ = try await proxmox.pollCluster()
    await proxmox.cluster.apply(.begin(.nodeHung(first)))
    let after = try await proxmox.pollCluster(timeout: timeout, isAsked: true)
    print("fail-over, node hung: \(after.took)")
    #expect(answering(after.samples) != first)
    #expect(after.took >= .seconds(1) && after.took < timeout / 2)
    await proxmox.stop()
  }

  @Test func `a node that does not answer for itself is not asked about the cluster`() async throws
  {
    let proxmox = try SimulatedProxmox()
    _ = try await proxmox.pollCluster()
    await proxmox.cluster.apply(.begin(.nodeHung(first)))
    await #expect(throws: CollectionError.self) { try await proxmox.pollNode(first) }
    let after = try await proxmox.pollCluster(timeout: timeout, isAsked: true)
    print("fail-over, hung node known: \(after.took)")
    #expect(answering(after.samples) != first)
    await proxmox.cluster.apply(.end(.nodeHung(first)))
    _ = try await proxmox.pollNode(first)
    await proxmox.stop()
  }

  @Test func `a node that failed for itself is asked about the cluster last`() async throws {
    guard ProxmoxFixture.folder != nil else { return }
    let stage = try ProxmoxStage()
    let client = stage.client()
    await stage.nodes[0].stop()
    _ = try? await stage.nodeCollector(client).collect(poll())
    await stage.nodes[1].stop()
    let reply = try await client.get("/version", timeout: timeout)
    #expect(reply.answeredBy == ProxmoxStage.names[2])
    #expect(client.order(for: nil) == [2, 1, 0])
    await stage.stop()
  }

  @Test func `half of many nodes that hang do not use up the time of a poll`() async throws {
    let proxmox = try SimulatedProxmox(plan: .sized(nodes: 6, guests: 12))
    _ = try await proxmox.pollCluster()
    for node in proxmox.cluster.plan.nodes.prefix(3) {
      await proxmox.cluster.apply(.begin(.nodeHung(node.name)))
    }
    let after = try await proxmox.pollCluster(timeout: timeout)
    print("fail-over, three of six hung: \(after.took)")
    #expect(after.took < timeout / 2)
    await proxmox.stop()
  }
}
