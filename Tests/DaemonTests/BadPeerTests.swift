// SPDX-License-Identifier: MIT
import Logging
import Net
import TestSupport
import Testing

@testable import Daemon

/// Peers that misbehave in every way, watched together with one that does not.
@Suite struct BadPeerTests {
  private static let status = """
    Active connections: 1\u{20}
    server accepts handled requests
     5 5 9\u{20}
    Reading: 0 Writing: 1 Waiting: 0\u{20}

    """

  private static func reply(_ head: String, _ body: String) -> String {
    "HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// A peer with one way to misbehave, and the word its failures are counted under.
  private struct BadPeer {
    let name: String
    let reason: String
    let server: RawServer

    init(_ name: String, _ reason: String, _ answer: RawServer.Step...) throws {
      self.name = name
      self.reason = reason
      server = try RawServer { _ in [.readHeader] + answer + [.again] }
    }
  }

  private static func badPeers() throws -> [BadPeer] {
    [
      try BadPeer("html", "malformed", .send(reply("200 OK", "<!doctype html><title>app</title>"))),
      try BadPeer(
        "huge",
        "body_too_large",
        .send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"),
        .flood(bytes: 1 << 30)
      ),
      try BadPeer("header", "header_too_large", .send("HTTP/1.1 200 OK\r\n"), .endlessHeader),
      try BadPeer("drip", "timeout", .drip(reply("200 OK", status), pauseMilliseconds: 200)),
      try BadPeer(
        "middle",
        "closed_early",
        .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nActive"),
        .reset
      ),
      try BadPeer("missing", "status", .send(reply("404 Not Found", "no"))),
      try BadPeer(
        "moved",
        "status",
        .send("HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
      ),
      try BadPeer("silent", "timeout", .wait),
    ]
  }

  private static func settings(_ bad: [BadPeer], good: RawServer, loop: RawServer) -> String {
    let members = (bad.map { ($0.name, $0.server.port) } + [("good", good.port)])
      .map { "{name: \($0.0), address: \"127.0.0.1:\($0.1)\"}" }
    return """
      architecture:
        tiers:
          - name: web
            members: [\(members.joined(separator: ", "))]
            nginx: {status: "http://{address}/nginx_status"}
        entry:
          - {name: loop, url: "\(loop.url("/on"))"}
          - {name: tls, url: "https://127.0.0.1:\(good.port)/"}
      """
  }

  @Test func `each bad answer is a named error and leaves the other targets alone`() async throws {
    let good = try RawServer(.readHeader, .send(Self.reply("200 OK", Self.status)), .again)
    let redirect = "HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n"
    let loop = try RawServer(.readHeader, .send(redirect), .again)
    let bad = try Self.badPeers()
    defer { for server in [good, loop] + bad.map(\.server) { server.stop() } }
    let harness = try MonitorHarness()
    try harness.writeSettings(Self.settings(bad, good: good, loop: loop))
    let monitor = try await Monitor.start(harness.plan)
    for peer in bad {
      #expect(
        try await harness.waits(
          for: "hvsmon_target_poll_failures_total{",
          "\"\(peer.name)\"",
          "reason=\"\(peer.reason)\"",
          on: monitor
        ),
        "\(peer.name): \(harness.sink.lines.filter { $0.contains(peer.name) })"
      )
      #expect(try await harness.waits(for: "up{", "\"\(peer.name)\"", " 0", on: monitor))
      #expect(
        harness.hasLogged("level=warning", "nginx/web/\(peer.name)", "reason=\(peer.reason)")
      )
    }
    for (name, reason) in [("loop", "too_many_redirects"), ("tls", "tls")] {
      #expect(try await harness.waits(for: "probe_success{", "\"\(name)\"", " 0", on: monitor))
      #expect(try await harness.waits(for: "failures_total{", name, reason, on: monitor))
    }
    #expect(try await harness.waits(for: "up{", "\"good\"", " 1", on: monitor))
    #expect(try await harness.waits(for: "nginx_http_requests_total{", "good", " 9", on: monitor))
    await monitor.stop(grace: .seconds(1))
  }
}
