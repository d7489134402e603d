// SPDX-License-Identifier: MIT
import Net
import Synchronization
import Testing

@testable import Simulator

@Suite struct SimulatedClusterTests {
  private let client = HTTPClient(userAgent: "test")

  private func get(_ port: UInt16, _ path: String) async throws -> HTTPResponse {
    try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
  }

  @Test func `a load balancer answers in nginx's words and counts on until it restarts`()
    async throws
  {
    let cluster = try SimulatedCluster()
    let balancer = cluster.loadBalancers[0]
    let first = try await get(balancer.port, "/nginx_status")
    #expect(first.text.hasPrefix("Active connections: 3 \nserver accepts handled requests\n"))
    #expect(first.text.hasSuffix("Waiting: 2 \n"))
    #expect(first.headers["Content-Type"] == "text/plain")
    let second = try await get(balancer.port, "/nginx_status")
    #expect(first.text.contains(" 7 \n"))
    #expect(second.text.contains(" 14 \n"))
    await balancer.stop()
    await #expect(throws: HTTPClientError.self) { try await get(balancer.port, "/nginx_status") }
    try balancer.start()
    #expect(try await get(balancer.port, "/nginx_status").text == first.text)
    await cluster.stop()
  }

  @Test func `the story breaks and mends what it says`() async throws {
    let cluster = try SimulatedCluster()
    let events = Story.failAndRecover.events
    #expect(events.map(\.time) == events.map(\.time).sorted())
    #expect(events.allSatisfy { $0.time < Story.failAndRecover.length })
    await events[0].happen(in: cluster)
    await #expect(throws: HTTPClientError.self) {
      try await get(cluster.loadBalancers[1].port, "/nginx_status")
    }
    await events[1].happen(in: cluster)
    #expect(try await get(cluster.loadBalancers[1].port, "/nginx_status").status == 200)
    await events[2].happen(in: cluster)
    #expect(try await get(cluster.app.port, "/").status == 500)
    await events[3].happen(in: cluster)
    #expect(try await get(cluster.app.port, "/").status == 200)
    await cluster.stop()
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
