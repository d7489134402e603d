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

  @Test func `each bad answer is a named error and leaves the other targets alone`() async throws {
    let good = try RawServer(.readHeader, .send(Self.reply("200 OK", Self.status)), .again)
    let bad: [(name: String, reason: String, server: RawServer)] = [
      (
        "html", "malformed",
        try RawServer(
          .readHeader,
          .send(Self.reply("200 OK", "<!doctype html><title>app</title>")),
          .again
        )
      ),
      (
        "huge", "body_too_large",
        try RawServer(
          .readHeader,
          .send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"),
          .flood(bytes: 1 << 30)
        )
      ),
      (
        "header", "header_too_large",
        try RawServer(
          .readHeader,
          .send("HTTP/1.1 200 OK\r\n"),
          .endlessHeader
        )
      ),
      (
        "drip", "timeout",
        try RawServer(
          .readHeader,
          .drip(Self.reply("200 OK", Self.status), pauseMilliseconds: 200)
        )
      ),
      (
        "middle", "closed_early",
        try RawServer(
          .readHeader,
          .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nActive")
        )
      ),
      (
        "missing", "status",
        try RawServer(
          .readHeader,
          .send(Self.reply("404 Not Found", "no")),
          .again
        )
      ),
      (
        "moved", "status",
        try RawServer(
          .readHeader,
          .send("HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
          .again
        )
      ),
      ("silent", "timeout", try RawServer(.readHeader, .wait)),
    ]
    let loop = try RawServer(
      .readHeader,
      .send("HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n"),
      .again
    )
    defer {
      good.stop()
      loop.stop()
      for peer in bad { peer.server.stop() }
    }
    let harness = try MonitorHarness()
    let members = (bad.map { ($0.name, $0.server.port) } + [("good", good.port)])
      .map { "{name: \($0.0), address: \"127.0.0.1:\($0.1)\"}" }.joined(separator: ", ")
    try harness.writeSettings(
      """
      architecture:
        tiers:
          - name: web
            members: [\(members)]
            nginx: {status: "http://{address}/nginx_status"}
        entry:
          - {name: loop, url: "\(loop.url("/on"))"}
          - {name: tls, url: "https://127.0.0.1:\(good.port)/"}
      """
    )
    let monitor = try await Monitor.start(harness.plan)
    for peer in bad {
      let isCounted = try await harness.waits(
        for: "hvsmon_target_poll_failures_total{",
        "instance=\"\(peer.name)\"",
        "reason=\"\(peer.reason)\"",
        on: monitor
      )
      #expect(isCounted, "\(peer.name)")
      #expect(try await harness.waits(for: "up{", "\"\(peer.name)\"", " 0", on: monitor))
      let isLogged = harness.hasLogged(
        "level=warning",
        "nginx/web/\(peer.name)",
        "reason=\(peer.reason)"
      )
      #expect(isLogged, "\(peer.name) \(harness.sink.lines.filter { $0.contains(peer.name) })")
    }
    #expect(try await harness.waits(for: "probe_success{", "loop", " 0", on: monitor))
    #expect(
      try await harness.waits(
        for: "poll_failures_total{",
        "loop",
        "too_many_redirects",
        on: monitor
      )
    )
    #expect(try await harness.waits(for: "probe_success{", "\"tls\"", " 0", on: monitor))
    #expect(try await harness.waits(for: "up{", "\"good\"", " 1", on: monitor))
    #expect(try await harness.waits(for: "nginx_http_requests_total{", "good", " 9", on: monitor))
    await monitor.stop(grace: .seconds(1))
  }
}
