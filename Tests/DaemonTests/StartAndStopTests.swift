// SPDX-License-Identifier: MIT
import HTTPAPI
import Logging
import MetricModel
import Net
import SeriesStore
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// Starts that are refused half-way, and stops that meet other work.
@Suite struct StartAndStopTests {
  private static let downRule = """
    groups:
      - name: test
        rules:
          - {alert: Down, expr: 'up{job="nginx"} == 0', labels: {severity: page}}
    """

  /// A member that refuses, so that the alert fires.
  private static let deadMember = """
    architecture:
      tiers:
        - name: web
          members: [{name: dead, address: "127.0.0.1:1"}]
          nginx: {status: "http://{address}/nginx_status"}
    """

  private static func receiver(_ name: String, _ url: String) -> String {
    """
    notifications:
      route: {receiver: \(name), group_wait: 0s}
      receivers:
        - {name: \(name), webhook: [{url: "\(url)"}]}
    """
  }

  private static func refusal(_ harness: MonitorHarness) async -> String {
    let failure = await #expect(throws: StartFailure.self) {
      _ = try await Monitor.start(harness.plan)
    }
    #expect(failure?.exitStatus == 2)
    return failure?.description ?? ""
  }

  private static func storePath(_ harness: MonitorHarness) -> String {
    harness.folder.file("samples.sqlite")
  }

  /// Nobody holds the samples any more: they can be opened at once.
  private static func opensSamples(_ harness: MonitorHarness) async throws {
    let store = try SampleStore.open(path: storePath(harness), time: SystemTime())
    try await store.close()
  }

  @Test func `a start refused for its state file lets go of the samples`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("")
    _ = try harness.folder.write("samples-state.sqlite", String(repeating: "junk ", count: 900))
    #expect(await Self.refusal(harness).contains("samples-state.sqlite is damaged"))
    try await Self.opensSamples(harness)
  }

  @Test func `a start refused for its port says which and lets go of everything`() async throws {
    let harness = try MonitorHarness()
    let other = try RawServer(.wait)
    defer { other.stop() }
    try harness.writeSettings("", listen: "127.0.0.1:\(other.port)")
    #expect(await Self.refusal(harness).contains("\(other.port)"))
    try await Self.opensSamples(harness)
    try harness.writeSettings("")
    let monitor = try await Monitor.start(harness.plan)
    await monitor.stop(grace: .seconds(1))
  }

  @Test func `two monitors on one file are refused, and the first goes on`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("")
    let first = try await Monitor.start(harness.plan)
    #expect(await Self.refusal(harness).contains("samples.sqlite is in use by another hvsmon"))
    #expect(try await harness.get("/-/healthy", of: first).status == 200)
    await first.stop(grace: .seconds(1))
  }

  @Test func `a path that is a folder or in no folder is refused with what to do`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("", storage: harness.folder.path)
    let folder = await Self.refusal(harness)
    #expect(folder.contains("\(harness.folder.path) is a folder: name a file"))
    try harness.writeSettings("", storage: harness.folder.file("nowhere/samples.sqlite"))
    let nowhere = await Self.refusal(harness)
    #expect(nowhere.contains("nowhere/samples.sqlite"))
    #expect(nowhere.contains("check that its folder exists"))
  }

  @Test func `a stop takes less than its grace while a receiver hangs`() async throws {
    let harness = try MonitorHarness()
    let hanging = try RawServer(.readHeader, .wait)
    defer { hanging.stop() }
    try harness.writeSettings(
      Self.deadMember + "\n" + Self.receiver("hook", hanging.url("/hook")),
      rules: Self.downRule
    )
    let monitor = try await Monitor.start(harness.plan)
    #expect(await eventually { hanging.headersRead == 1 })
    let clock = ContinuousClock()
    let began = clock.now
    await monitor.stop(grace: .seconds(5))
    #expect(clock.now - began < .seconds(5))
  }

  @Test func `a reload without a receiver that hangs serves the others soon`() async throws {
    let harness = try MonitorHarness()
    let hanging = try RawServer(.readHeader, .wait)
    let hook = try WebhookSink()
    defer { hanging.stop() }
    try harness.writeSettings(
      Self.deadMember + "\n" + Self.receiver("old", hanging.url("/hook")),
      rules: Self.downRule
    )
    let monitor = try await Monitor.start(harness.plan)
    #expect(await eventually { hanging.headersRead == 1 })
    try harness.writeSettings(
      Self.deadMember + "\n" + Self.receiver("new", hook.url),
      rules: Self.downRule
    )
    let clock = ContinuousClock()
    let began = clock.now
    guard case .reloaded = await monitor.reload() else {
      Issue.record("a good file was refused")
      return
    }
    #expect(await eventually { hook.payloads.first?.receiver == "new" })
    #expect(clock.now - began < .seconds(4))
    await monitor.stop(grace: .seconds(1))
    await hook.stop()
  }

  @Test func `a reload that meets a stop starts nothing anew`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings(Self.deadMember)
    let monitor = try await Monitor.start(harness.plan)
    async let stopped: Void = monitor.stop(grace: .seconds(1))
    async let met = monitor.reload()
    async let stoppedTwice: Void = monitor.stop(grace: .seconds(1))
    _ = await (stopped, met, stoppedTwice)
    guard case .refused(let reason) = await monitor.reload() else {
      Issue.record("a monitor that was stopped took settings")
      return
    }
    #expect(reason.contains("stopping"))
    try await Self.opensSamples(harness)
    #expect(harness.sink.lines.last?.contains("msg=stopped") == true)
  }

  @Test func `a change that needs a restart is named until the restart`() async throws {
    let harness = try MonitorHarness()
    func write(token: String) throws {
      try harness.writeSettings(
        "",
        http: "auth: {tokens: [{name: me, role: operate, token: \"\(token)\"}]}"
      )
    }
    try write(token: "first-token-of-the-test")
    let monitor = try await Monitor.start(harness.plan)
    try write(token: "second-token-of-the-test")
    for count in 1...2 {
      _ = await monitor.reload()
      let lines = harness.sink.lines.filter {
        $0.contains("needs a restart") && $0.contains("section=http")
      }
      #expect(lines.count == count)
    }
    await monitor.stop(grace: .seconds(1))
  }
}

private struct SystemTime: TimeSource {
  var now: Timestamp { Timestamp(unixSeconds: 1_767_225_600) }
}
