// SPDX-License-Identifier: MIT
import Net
import SeriesStore
import StateStore
import TestSupport
import Testing

@testable import Daemon

/// What the files say when the daemon ends without a word.
@Suite struct KilledTests {
  private static let rules = """
    groups:
      - name: test
        interval: 1s
        rules:
          - alert: Down
            expr: up{job="nginx"} == 0
    """

  /// One member of its own and others, one of which is asked before it after a start.
  private static func section(port: UInt16, others: UInt16) -> String {
    let members = (1...6).map { "{name: other\($0), address: \"127.0.0.1:\(others)\"}" }
    return """
      architecture:
        tiers:
          - name: web
            members: [{name: nginx1, address: "127.0.0.1:\(port)"}, \(members.joined(separator: ", "))]
            nginx: {status: "http://{address}/nginx_status"}
      """
  }

  @Test func `an alert that ended just before a kill is not told again`() async throws {
    let harness = try MonitorHarness()
    let hook = try WebhookSink()
    let others = try NginxLike.start()
    let placeholder = try NginxLike.start()
    let port = placeholder.port
    await placeholder.stop(grace: .zero)
    let sections = Self.section(port: port, others: others.port) + "\n" + hook.section
    // Nothing is written at an interval as short as this test.
    try harness.writeSettings(sections, rules: Self.rules, flushInterval: "60s")
    let killed = try await Monitor.start(harness.plan)
    #expect(await eventually { hook.payloads.count == 1 })
    try await killed.parts.store.flush()
    let peer = try NginxLike.start(on: port)
    #expect(await eventually { hook.payloads.count == 2 })
    #expect(hook.payloads.map(\.status) == ["firing", "resolved"])
    // A message that arrived is sent again after a kill until the file says that it did.
    #expect(try await eventually { try await killed.parts.queue.records(limit: 9).count == 2 })

    let copy = try harness.copyAsKilled()
    try copy.writeSettings(sections, rules: Self.rules)
    await killed.stop(grace: .seconds(1))
    let after = try await Monitor.start(copy.plan)
    #expect(try await eventually { try await copy.get("/-/ready", of: after).status == 200 })
    #expect(try await copy.waits(for: "hvsmon_rule_group_evaluations_total{", on: after))
    // The end may come twice, when the files were copied before its delivery was noted.
    #expect(hook.payloads.filter { $0.status == "firing" }.count == 1)
    #expect(hook.payloads.last?.status == "resolved")
    await after.stop(grace: .seconds(1))
    await peer.stop(grace: .zero)
    await others.stop(grace: .zero)
    await hook.stop()
  }
}

/// Answers as nginx does.
enum NginxLike {
  static func start(on port: UInt16 = 0) throws -> HTTPServer {
    let body = """
      Active connections: 1\u{20}
      server accepts handled requests
       5 5 9\u{20}
      Reading: 0 Writing: 1 Waiting: 0\u{20}

      """
    return try HTTPServer.start(
      HTTPServerSettings(port: port),
      routes: [
        HTTPRoute(["GET"], .exact("/nginx_status"), role: nil) { _ in
          .data(Array(body.utf8), type: "text/plain")
        }
      ]
    )
  }
}
