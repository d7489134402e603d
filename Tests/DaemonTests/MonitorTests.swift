// SPDX-License-Identifier: MIT
import HTTPAPI
import Net
import SQLite
import SeriesStore
import TestSupport
import Testing

@testable import Daemon

/// Start, reload, restart, and a disk that fails.
@Suite struct MonitorTests {
  private static let downRule = """
    groups:
      - name: test
        rules:
          - alert: Down
            expr: up{job="nginx"} == 0
            labels: {severity: page}
    """

  private static func section(port: UInt16, name: String = "nginx1") -> String {
    """
    architecture:
      tiers:
        - name: web
          members: [{name: \(name), address: "127.0.0.1:\(port)"}]
          nginx: {status: "http://{address}/nginx_status"}
    """
  }

  private static func working() throws -> RawServer {
    let body = """
      Active connections: 1\u{20}
      server accepts handled requests
       5 5 9\u{20}
      Reading: 0 Writing: 1 Waiting: 0\u{20}

      """
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    return try RawServer(.readHeader, .send(reply), .again)
  }

  @Test func `a file that is not a database refuses the start and says what to do`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("")
    _ = try harness.folder.write("samples.sqlite", String(repeating: "no database ", count: 500))
    let failure = await #expect(throws: StartFailure.self) {
      _ = try await Monitor.start(harness.plan)
    }
    #expect(failure?.exitStatus == 2)
    #expect(failure?.description.contains("samples.sqlite is not a database") == true)
  }

  @Test func `a damaged state file refuses the start and says what to do`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("")
    _ = try harness.folder.write("samples-state.sqlite", String(repeating: "junk ", count: 900))
    let failure = await #expect(throws: StartFailure.self) {
      _ = try await Monitor.start(harness.plan)
    }
    #expect(failure?.description.contains("samples-state.sqlite") == true)
  }

  @Test func `faulty settings refuse the start with every fault at its place`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("pol: {}\narchitecture: {tiers: [{name: a}]}")
    let failure = await #expect(throws: StartFailure.self) {
      _ = try await Monitor.start(harness.plan)
    }
    #expect(failure?.exitStatus == 1)
    #expect(failure?.description.contains("did you mean \"poll\"?") == true)
    #expect(failure?.description.contains("members") == true)
  }

  @Test func `health, readiness, metrics and queries are served`() async throws {
    let harness = try MonitorHarness()
    let peer = try Self.working()
    defer { peer.stop() }
    try harness.writeSettings(Self.section(port: peer.port))
    let monitor = try await Monitor.start(harness.plan)
    #expect(try await harness.get("/-/healthy", of: monitor).status == 200)
    #expect(
      try await eventually { try await harness.get("/-/ready", of: monitor).status == 200 }
    )
    let reply = try await harness.get("/api/v1/query?query=sum(up)", of: monitor)
    #expect(reply.text.contains("\"value\":["))
    #expect(reply.text.contains("\"2\"]"), "nginx and hvsmon itself")
    let bad = try await harness.get("/api/v1/query?query=sum(", of: monitor)
    #expect(bad.status == 400)
    #expect(bad.text.contains("\"errorType\":\"bad_data\""))
    #expect(try await harness.get("/nowhere", of: monitor).status == 404)
    await monitor.stop(grace: .seconds(1))
  }

  @Test func `a reload takes up new targets, and a faulty file keeps the old ones`() async throws {
    let harness = try MonitorHarness()
    let peer = try Self.working()
    defer { peer.stop() }
    try harness.writeSettings(Self.section(port: peer.port))
    let monitor = try await Monitor.start(harness.plan)
    #expect(try await harness.waits(for: "up{", "\"nginx1\"", " 1", on: monitor))
    try harness.writeSettings("architecture: 5")
    guard case .refused(let faults) = await monitor.reload() else {
      Issue.record("a faulty file was taken")
      return
    }
    #expect(faults.contains("architecture"))
    #expect(
      try await harness.waits(for: "hvsmon_config_last_reload_successful{", " 0", on: monitor)
    )
    #expect(try await harness.waits(for: "up{", "\"nginx1\"", " 1", on: monitor))
    try harness.writeSettings(Self.section(port: peer.port, name: "other"))
    guard case .reloaded = await monitor.reload() else {
      Issue.record("a good file was refused")
      return
    }
    #expect(try await harness.waits(for: "up{", "\"other\"", " 1", on: monitor))
    #expect(try await !harness.metrics(of: monitor).contains("\"nginx1\""))
    await monitor.stop(grace: .seconds(1))
  }

  @Test func `an alert that was told is not told again after a restart, and its end is`()
    async throws
  {
    let harness = try MonitorHarness()
    let hook = try WebhookSink()
    let first = try Self.working()
    let port = first.port
    first.stop()
    try harness.writeSettings(
      Self.section(port: port) + "\n" + hook.section,
      rules: Self.downRule
    )
    let before = try await Monitor.start(harness.plan)
    #expect(await eventually { hook.payloads.count == 1 })
    #expect(hook.payloads.first?.version == "4")
    #expect(hook.payloads.first?.alerts.first?.labels["alertname"] == "Down")
    await before.stop(grace: .seconds(1))
    let after = try await Monitor.start(harness.plan)
    #expect(
      try await harness.waits(for: "ALERTS{", "\"Down\"", "firing", on: after)
    )
    #expect(try await harness.waits(for: "up{", "\"nginx1\"", " 0", on: after))
    #expect(hook.payloads.count == 1)
    let peer = try NginxLike.start(on: port)
    #expect(await eventually { hook.payloads.count == 2 })
    #expect(hook.payloads.last?.status == "resolved")
    await after.stop(grace: .seconds(1))
    await peer.stop(grace: .zero)
    await hook.stop()
  }

  @Test func `a disk that takes no more keeps alerts going, says so, and recovers`() async throws {
    let harness = try MonitorHarness()
    let hook = try WebhookSink()
    let peer = try NginxLike.start()
    // Enough members that a page is full within a second or two.
    let members = (1...50).map { "{name: nginx\($0), address: \"127.0.0.1:\(peer.port)\"}" }
    let section = """
      architecture:
        tiers:
          - name: web
            members: [\(members.joined(separator: ", "))]
            nginx: {status: "http://{address}/nginx_status"}
      """
    try harness.writeSettings(section + "\n" + hook.section, rules: Self.downRule)
    let monitor = try await Monitor.start(harness.plan)
    #expect(try await harness.waits(for: "up{", "\"nginx1\"", " 1", on: monitor))
    try await monitor.parts.store.limitFile(toBytes: 1)
    #expect(try await harness.waits(for: "hvsmon_store_writable{", " 0", on: monitor))
    #expect(harness.hasLogged("level=error", "samples cannot be written to disk"))
    await peer.stop(grace: .zero)
    #expect(await eventually { hook.payloads.contains { $0.status == "firing" } })
    try await monitor.parts.store.limitFile(toBytes: 1 << 30)
    #expect(try await harness.waits(for: "hvsmon_store_writable{", " 1", on: monitor))
    #expect(harness.hasLogged("samples are written to disk again"))
    await monitor.stop(grace: .seconds(1))
    await hook.stop()
  }

  @Test func `a store that another program holds does not hold back an alert`() async throws {
    let harness = try MonitorHarness()
    let hook = try WebhookSink()
    let peer = try NginxLike.start()
    try harness.writeSettings(
      Self.section(port: peer.port) + "\n" + hook.section,
      rules: Self.downRule
    )
    let monitor = try await Monitor.start(harness.plan)
    #expect(try await harness.waits(for: "up{", "\"nginx1\"", " 1", on: monitor))
    let other = try DatabaseQueue(path: harness.folder.file("samples.sqlite"))
    try other.runBlocking { connection throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
    }
    await peer.stop(grace: .zero)
    // A flush gives up after five seconds only.
    #expect(await eventually(within: .milliseconds(4_500)) { hook.payloads.count == 1 })
    try other.runBlocking { connection throws(SQLiteError) in try connection.execute("ROLLBACK") }
    await monitor.stop(grace: .seconds(1))
    await other.close()
    await hook.stop()
  }
}
