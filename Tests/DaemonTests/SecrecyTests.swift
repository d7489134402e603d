// SPDX-License-Identifier: MIT
import HTTPAPI
import Logging
import Net
import TestSupport
import Testing

@testable import Daemon

/// No secret of the settings reaches a log line, `/metrics`, a timeline or the answer of a reload.
@Suite struct SecrecyTests {
  private static let token = "tokenInline-5f1c2ad93b"
  private static let fileToken = "tokenOfFile-88e0c4d17a"
  private static let hookKey = "hookPath-0b9d3f6e12"
  private static let signingKey = "signingKey-71ac5520ef"
  private static let slackKey = "slackPath-c2f4470b9a"
  private static let secrets = [token, fileToken, hookKey, signingKey, slackKey]

  private static let rules = """
    groups:
      - name: test
        rules:
          - {alert: Down, expr: 'up{job="nginx"} == 0', labels: {severity: page}}
    """

  private static func sections(hook: RawServer, slackFile: String) -> String {
    """
    architecture:
      tiers:
        - name: web
          members: [{name: dead, address: "127.0.0.1:1"}]
          nginx: {status: "http://{address}/nginx_status"}
    notifications:
      route:
        receiver: hook
        group_wait: 0s
        routes: [{matchers: ['alertname="Down"'], receiver: both}]
      receivers:
        - {name: hook, webhook: [{url: "http://127.0.0.1:1/\(hookKey)"}]}
        - name: both
          webhook:
            - {url: "\(hook.url("/\(hookKey)"))", secret: "\(signingKey)"}
            - {url: "http://127.0.0.1:1/\(hookKey)", secret: "\(signingKey)"}
          slack: [{webhook_url_file: "\(slackFile)"}]
    """
  }

  private static func http(tokenFile: String) -> String {
    """
    auth: {tokens: [{name: a, role: operate, token: "\(token)"}, \
    {name: b, role: read, token_file: "\(tokenFile)"}]}
    """
  }

  /// Peers like to repeat what they were sent, and so do faults of settings.
  private static func echoing() throws -> RawServer {
    let body = "no such hook: /\(hookKey), slack: /\(slackKey)"
    let reply = "HTTP/1.1 404 Not Found\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    return try RawServer(.readHeader, .send(reply))
  }

  private static let faulty = [
    // Too short, unknown keys, both spellings, no URL, a list where a text belongs.
    "notifications: {receivers: [{name: a, webhook: [{url: \"ftp://x/\(hookKey)\"}]}]}",
    "notifications: {receivers: [{name: a, webhok: [{url: \"http://x/\(hookKey)\"}]}]}",
    "notifications: {receivers: [{name: a, slack: [{webhook_url: [\"\(slackKey)\"]}]}]}",
    "notifications: {receivers: [{name: a, slack: [{webhook_url: x, webhook_url_file: y}]}]}",
    "notifications: {receivers: [{name: a, webhook: [{url: \"http://x\", secert: \(signingKey)}]}]}",
    "tokens: [\(token)]",
    "notifications: {receivers: [{name: a, webhook: [{url: \"http://x/\(hookKey)\"}]}",
  ]

  @Test func `no log line, metric or answer shows a secret`() async throws {
    let harness = try MonitorHarness()
    let peer = try Self.echoing()
    defer { peer.stop() }
    let slackFile = try harness.folder.write("slack", peer.url("/\(Self.slackKey)") + "\n")
    let tokenFile = try harness.folder.write("token", Self.fileToken + "\n")
    let http = Self.http(tokenFile: tokenFile)
    let sections = Self.sections(hook: peer, slackFile: slackFile)
    try harness.writeSettings(sections, rules: Self.rules, http: http)
    let monitor = try await Monitor.start(harness.plan)
    #expect(await eventually { harness.hasLogged("is given up", "both/slack[0]") })
    #expect(await eventually { harness.hasLogged("is given up", "both/webhook[0]") })
    #expect(await eventually { harness.hasLogged("will be tried again", "both/webhook[1]") })
    #expect(try await harness.get("/metrics", of: monitor).status == 401)
    let wrong = Self.token.dropLast() + "x"
    #expect(try await harness.get("/metrics", of: monitor, token: wrong).status == 401)
    var shown: [String] = []
    for sections in Self.faulty {
      try harness.writeSettings(sections, rules: Self.rules, http: http)
      guard case .refused(let faults) = await monitor.reload() else {
        Issue.record("taken: \(sections)")
        continue
      }
      shown.append(faults)
    }
    #expect(
      await eventually {
        let all = try? await harness.get("/metrics", of: monitor, token: Self.fileToken[...])
        return all?.text.contains("hvsmon_notification_failures_total") == true
      }
    )
    let metrics = try await harness.get("/metrics", of: monitor, token: Self.fileToken[...])
    shown.append(metrics.text)
    let timeline = try await harness.get(
      "/api/hvsmon/v1/timeline",
      of: monitor,
      token: Self.fileToken[...]
    ).text
    // Services that repeat what they were sent are among those that were not told.
    #expect(timeline.contains("given_up") && timeline.contains("both/slack[0]"))
    shown.append(timeline)
    await monitor.stop(grace: .seconds(1))
    for text in shown + harness.sink.lines {
      for secret in Self.secrets { #expect(!text.contains(secret), "\(text)") }
    }
  }
}
