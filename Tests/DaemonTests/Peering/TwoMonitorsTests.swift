// SPDX-License-Identifier: MIT
import FoundationEssentials
import HTTPAPI
import MetricModel
import Net
import Notifying
import TestSupport
import Testing

@testable import Daemon

/// Two monitors of one cluster in one process, which find each other by HTTP.
@Suite struct TwoMonitorsTests {
  private static let rules = """
    groups:
      - name: test
        interval: 1s
        rules: [{alert: Always, expr: "vector(7)", labels: {severity: warning}}]
    """
  private static let token = "0123456789abcdef"

  private struct Pair {
    let harnesses: [MonitorHarness]
    let ports: [UInt16]
    let hook: WebhookSink

    init(rules: String = TwoMonitorsTests.rules) async throws {
      let ports = [FreePort.next(), FreePort.next()]
      let hook = try WebhookSink()
      (self.ports, self.hook) = (ports, hook)
      let urls = ports.map { "http://127.0.0.1:\($0)" }
      harnesses = try ["a", "b"].enumerated().map { index, name in
        let harness = try MonitorHarness()
        let peers = """
          peers:
            name: \(name)
            token: \(TwoMonitorsTests.token)
            wait: 10s
            instances: [{name: a, url: "\(urls[0])"}, {name: b, url: "\(urls[1])"}]
          """
        try harness.writeSettings(
          "\(hook.section)\n\(peers)",
          rules: rules,
          listen: "127.0.0.1:\(ports[index])"
        )
        return harness
      }
    }

    func start(_ index: Int) async throws -> Monitor {
      try await Monitor.start(harnesses[index].plan)
    }

    func post(_ body: [UInt8], token: String?, to index: Int) async throws -> HTTPResponse {
      var request = HTTPRequest(
        method: "POST",
        url: "http://127.0.0.1:\(ports[index])/api/hvsmon/v1/peer/exchange",
        body: body
      )
      if let token { request.headers["Authorization"] = "Bearer \(token)" }
      return try await harnesses[index].client.send(request)
    }
  }

  @Test func `a message comes from the first, the second says who sent it, and takes over`()
    async throws
  {
    let pair = try await Pair()
    let (first, second) = (try await pair.start(0), try await pair.start(1))
    #expect(await eventually { pair.hook.messages.count == 1 })
    let isLeft = try await pair.harnesses[1].waits(
      for: "hvsmon_peer_deduplicated_notifications_total{",
      "peer=\"a\"",
      "} 1",
      on: second
    )
    #expect(isLeft)
    let path = "/api/hvsmon/v1/explain?alert=Always"
    let explained = try await pair.harnesses[1].get(path, of: second)
    #expect(explained.text.contains("\"answer\":\"told by a\""), "\(explained.text)")
    #expect(pair.hook.messages.count == 1)
    #expect(try await pair.harnesses[1].waits(for: "hvsmon_peers_ahead{", "} 1", on: second))
    await first.stop(grace: .seconds(1))
    let isGone = await eventually(within: .seconds(20)) {
      await second.parts.peers.ahead.isEmpty
    }
    #expect(isGone)
    let figures = await second.parts.peers.samples()
    #expect(figures.first { $0.definition == PeerMetrics.isUp }?.value == 0)
    #expect(pair.harnesses[1].hasLogged("another instance cannot be reached", "peer=a"))
    // One that starts anew learns what was told.
    let again = try await pair.start(0)
    #expect(try await pair.harnesses[0].waits(for: "hvsmon_peer_up{", "} 1", on: again))
    #expect(pair.hook.messages.count == 1)
    for monitor in [again, second] { await monitor.stop(grace: .seconds(1)) }
    await pair.hook.stop()
  }

  @Test func `what people say at one is in force at the other`() async throws {
    let pair = try await Pair()
    let monitors = [try await pair.start(0), try await pair.start(1)]
    #expect(await eventually { pair.hook.messages.count == 1 })
    let parts = monitors.map(\.parts)
    let now = monitors[0].clock.now
    let draft = SilenceDraft(
      matchers: [LabelMatcher("alertname", .equal, "Other")],
      startsAt: now,
      endsAt: now + .seconds(3_600),
      createdBy: "ann",
      comment: "test"
    )
    let id = try await parts[1].silences.set(draft, by: "ann").get()
    #expect(await eventually { await parts[0].silences.silences.map(\.id) == [id] })
    _ = try await parts[0].silences.expire(id, by: "bob").get()
    let isEnded = await eventually {
      await parts[1].silences.silences.allSatisfy {
        $0.state(at: monitors[1].clock.now) == .expired
      }
    }
    #expect(isEnded)
    let labels = LabelSet(["alertname": "Always", "severity": "warning"])
    // It covers what fires by then, at either.
    #expect(await eventually { await parts[1].notifications.reports().isEmpty == false })
    let said = Acknowledgement(
      .alert(labels),
      by: "ann",
      at: monitors[0].clock.now,
      comment: "on it"
    )
    await parts[0].silences.acknowledge([said], by: "ann")
    func acknowledged() async -> Bool {
      await parts[1].notifications.reports().contains { $0.explanation?.acknowledgement != nil }
    }
    #expect(await eventually { await acknowledged() })
    #expect(await parts[1].silences.withdraw([.alert(labels)], by: "bob") == 1)
    let isBack = await eventually {
      await parts[0].notifications.reports().allSatisfy { $0.explanation?.acknowledgement == nil }
    }
    #expect(isBack)
    for monitor in monitors { await monitor.stop(grace: .seconds(1)) }
    await pair.hook.stop()
  }

  @Test func `bad messages are refused with a sentence and change nothing`() async throws {
    let pair = try await Pair()
    let monitor = try await pair.start(0)
    let message = PeerMessage(
      cluster: "test",
      from: "b",
      to: "a",
      epoch: "e",
      sentAt: monitor.clock.now
    )
    var other = message
    other.cluster = "elsewhere"
    let good = PeerText.bytes(of: message)
    let cases: [([UInt8], String?, Int, String)] = [
      (good, nil, 401, "the token is not the one"),
      (good, "another-token-of-16", 401, "the token is not the one"),
      (Array(good.dropLast(5)), Self.token, 400, "this is no message of an hvsmon"),
      (Array("\u{0}\u{1}".utf8), Self.token, 400, "this is no message of an hvsmon"),
      (Array(#"{"form":7}"#.utf8), Self.token, 409, "run the same version of hvsmon everywhere"),
      (PeerText.bytes(of: other), Self.token, 409, "give both the same cluster.name"),
      ([UInt8](repeating: 32, count: (1 << 20) + 1), Self.token, 413, "over the limit"),
    ]
    for (body, token, status, words) in cases {
      let response = try await pair.post(body, token: token, to: 0)
      #expect(response.status == status && response.text.contains(words), "\(response.text)")
      #expect(await monitor.parts.peers.replica?.isAlive("b", at: monitor.clock.now) == false)
    }
    let taken = try await pair.post(good, token: Self.token, to: 0)
    #expect(taken.status == 200)
    #expect(try PeerText.message(taken.body).to == "b")
    #expect(await monitor.parts.peers.replica?.isAlive("b", at: monitor.clock.now) == true)
    await monitor.stop(grace: .seconds(1))
    await pair.hook.stop()
  }

  @Test func `without peers there is nothing to exchange`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("")
    let monitor = try await Monitor.start(harness.plan)
    let url = "http://127.0.0.1:\(monitor.port)/api/hvsmon/v1/peer/exchange"
    let response = try await harness.client.send(HTTPRequest(method: "POST", url: url))
    #expect(response.status == 404 && response.text.contains("there are no peers"))
    await monitor.stop(grace: .seconds(1))
  }
}
