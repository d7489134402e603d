// SPDX-License-Identifier: MIT
import Net
import Synchronization
import TestSupport
import Testing

@testable import Simulator

@Suite struct SimulatedClusterTests {
  private let client = HTTPClient(userAgent: "test")
  private let clock = ManualTimeSource(tuesday)

  private func get(_ service: SimulatedService, _ path: String = "/") async throws -> HTTPResponse {
    try await client.send(
      HTTPRequest(url: "http://\(service.address):\(service.port)\(path)")
    )
  }

  @Test func `a load balancer answers in nginx's words and counts on until it restarts`()
    async throws
  {
    let cluster = try SimulatedCluster(clock: clock)
    let balancer = cluster.loadBalancers[0]
    let first = try await get(balancer, "/nginx_status")
    #expect(first.text.hasPrefix("Active connections: 3 \nserver accepts handled requests\n"))
    #expect(first.text.hasSuffix("Waiting: 2 \n"))
    #expect(first.headers["Content-Type"] == "text/plain")
    let second = try await get(balancer, "/nginx_status")
    #expect(first.text.contains(" 7 \n"))
    #expect(second.text.contains(" 14 \n"))
    await balancer.stop()
    await #expect(throws: HTTPClientError.self) { try await get(balancer, "/nginx_status") }
    try balancer.start()
    #expect(try await get(balancer, "/nginx_status").text == first.text)
    await cluster.stop()
  }

  @Test func `the story breaks and mends what it says`() async throws {
    let cluster = try SimulatedCluster(clock: clock)
    let events = try #require(Scenario.named("nginx-and-app")).events
    await cluster.apply(events[0].change)
    await #expect(throws: HTTPClientError.self) {
      try await get(cluster.loadBalancers[1], "/nginx_status")
    }
    await cluster.apply(events[1].change)
    #expect(try await get(cluster.loadBalancers[1], "/nginx_status").status == 200)
    await cluster.apply(events[2].change)
    #expect(try await get(cluster.apps[0]).status == 500)
    #expect(try await get(cluster.site).status == 200)
    await cluster.apply(events[3].change)
    #expect(try await get(cluster.apps[0]).status == 200)
    await cluster.stop()
  }

  @Test func `a dead node takes everything on it along until its guests have started`() async throws
  {
    let cluster = try SimulatedCluster(clock: clock)
    func running() -> [String] {
      (cluster.nodes + cluster.loadBalancers + cluster.apps + [cluster.site])
        .filter(\.isRunning).map(\.name) + cluster.databases.running.map(\.name)
    }
    let all = running()
    #expect(all.count == 13)
    await cluster.apply(.begin(.nodeDown("CoolerHostname")))
    #expect(
      running() == [
        "CoolerHostname2", "CoolerHostname3", "nginx2", "nginx3", "webapp2", "webapp3", "mongo2",
        "mongo3",
      ]
    )
    await #expect(throws: HTTPClientError.self) { try await get(cluster.site) }
    clock.advance(by: SimulatedWorld.downInterval(100))
    await cluster.settle()
    #expect(try await get(cluster.site).status == 200)
    await cluster.apply(.end(.nodeDown("CoolerHostname")))
    #expect(running().contains("CoolerHostname") && !running().contains("nginx1"))
    clock.advance(by: SimulatedWorld.guestStartDelay)
    await cluster.settle()
    #expect(running() == all)
    await cluster.stop()
    #expect(running() == [])
  }

  @Test func `the chat room hands on what a Slack message says and refuses the rest`() async throws
  {
    final class Heard: Sendable {
      let texts = Mutex<[String]>([])
    }
    let heard = Heard()
    let room = try ChatSink { text in heard.texts.withLock { $0.append(text) } }
    let good = HTTPRequest(
      method: "POST",
      url: room.webhookURL,
      body: Array(#"{"text":"hello","attachments":[]}"#.utf8)
    )
    #expect(try await client.send(good).text == "ok")
    let bad = HTTPRequest(method: "POST", url: room.webhookURL, body: Array("hello".utf8))
    #expect(try await client.send(bad).status == 400)
    #expect(heard.texts.withLock { $0 } == ["hello"])
    await room.stop()
  }
}
