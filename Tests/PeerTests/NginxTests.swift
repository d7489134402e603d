// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import Net
import TestSupport
import Testing

/// From a real nginx to a real HTTP receiver.
@Suite(.serialized, .enabled(if: Peers.has(Peers.nginx))) struct NginxTests {
  private let client = HTTPClient(userAgent: "test")

  /// One tier for each nginx, so that each is a group of its own; every alert to one webhook.
  ///
  /// A partner that works keeps a tier alive whose nginx is stopped: a whole tier is told as that.
  private static func sections(
    _ servers: [RealNginx],
    partner: RealNginx? = nil,
    hook: String
  ) -> String {
    let tiers = servers.enumerated().map { index, nginx in
      let partner = partner.map { ", {name: partner\(index), address: \"127.0.0.1:\($0.port)\"}" }
      return """
            - name: tier\(index)
              members: [{name: nginx\(index), address: "127.0.0.1:\(nginx.port)"}\(partner ?? "")]
              nginx: {status: "http://{address}/nginx_status"}
        """
    }
    return """
      architecture:
        tiers:
      \(tiers.joined(separator: "\n"))
      notifications:
        receivers:
          - {name: hook, webhook: [{url: "\(hook)"}]}
      """
  }

  @Test func `the shipped settings file says what is in force without one`() async throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(Peers.root)/deploy/hvsmon.yml"))
    let tree = SettingsTree(parsing: Array(text), file: "hvsmon.yml")
    #expect(tree.readSettings().settings.poll == PollSettings())
    let route = tree.root.section("notifications")?.section("route")
    #expect(route?.text("group_wait") == "250ms")
    #expect(route?.text("group_interval") == "1m")
  }

  @Test func `values agree with what nginx says`() async throws {
    let hook = try WebhookSink()
    let nginx = try RealNginx()
    try await nginx.start(client)
    let monitor = try await RunningMonitor(
      sections: Self.sections([nginx], hook: hook.url),
      client: client
    )
    #expect(try await monitor.waits(for: "up{job=\"nginx\"}", toBe: "1"))
    for _ in 0..<20 {
      _ = try await client.send(HTTPRequest(url: nginx.statusURL, reusesConnection: false))
    }
    // Our own next look counts as a request, as hvsmon's next poll will.
    let page = try await client.send(HTTPRequest(url: nginx.statusURL)).text
    let numbers = page.split { !$0.isNumber }.compactMap { Int($0) }
    #expect(numbers.count == 7)
    let requests = numbers[3] + 1
    #expect(try await monitor.waits(for: "nginx_http_requests_total", toBe: "\(requests)"))
    #expect(try await monitor.waits(for: "nginx_connections_accepted", toBe: "\(numbers[1])"))
    #expect(try await monitor.waits(for: "nginx_connections_handled", toBe: "\(numbers[2])"))
    #expect(try await monitor.waits(for: "nginx_connections_writing", toBe: "1"))
    #expect(try await monitor.waits(for: "nginx_up", toBe: "1"))
    #expect(try await monitor.stop() < .seconds(5))
    try await nginx.stop()
    await hook.stop()
  }

  @Test
  func `a stopped nginx is told once within 1.5 s, a quick restart not at all, and the end is`()
    async throws
  {
    let hook = try WebhookSink()
    var servers: [RealNginx] = []
    for _ in 0..<6 { servers.append(try RealNginx()) }
    let partner = try RealNginx()
    for server in servers + [partner] { try await server.start(client) }
    let monitor = try await RunningMonitor(
      sections: Self.sections(servers, partner: partner, hook: hook.url),
      client: client
    )
    #expect(try await monitor.waits(for: "count(nginx_up == 1)", toBe: "12"))
    var delays: [Duration] = []
    for index in 0..<5 {
      let began = ContinuousClock().now
      try await servers[index].stop()
      let isTold = await eventually {
        hook.messages("NginxDown", tier: "tier\(index)").contains { $0.payload.status == "firing" }
      }
      #expect(isTold, "\(monitor.errorOutput)")
      guard let message = hook.messages("NginxDown", tier: "tier\(index)").first else { continue }
      delays.append(message.time - began)
      #expect(try await monitor.waits(for: "up{instance=\"nginx\(index)\"}", toBe: "0"))
    }
    let median = try #require(delays.sorted().dropFirst(2).first)
    print("from SIGTERM of nginx to the webhook: \(delays), median \(median)")
    #expect(median <= .milliseconds(1_500))
    // A restart shows by counts that fall: those before must be high, however often a busy machine
    // asks until the server is there again.
    for _ in 0..<60 { _ = try await client.send(HTTPRequest(url: servers[5].statusURL)) }
    let isCounted = "nginx_http_requests_total{instance=\"nginx5\"} > bool 60"
    #expect(try await monitor.waits(for: isCounted, toBe: "1"))
    // Down for as long as it takes to start again: well below a second.
    try await servers[5].stop()
    try await servers[5].start(client)
    for index in 0..<5 { try await servers[index].start(client) }
    for index in 0..<5 {
      let isTold = await eventually(within: .seconds(20)) {
        hook.messages("NginxDown", tier: "tier\(index)").contains {
          $0.payload.status == "resolved"
        }
      }
      #expect(isTold, "\(monitor.errorOutput)")
      let told = hook.messages("NginxDown", tier: "tier\(index)").map(\.payload.status)
      #expect(told == ["firing", "resolved"])
    }
    #expect(hook.messages("NginxDown", tier: "tier5").isEmpty)
    #expect(
      try await monitor.waits(for: "hvsmon_nginx_restarts_total{instance=\"nginx5\"}", toBe: "1")
    )
    #expect(try await monitor.stop() < .seconds(5))
    for server in servers + [partner] { try await server.stop() }
    await hook.stop()
  }
}
