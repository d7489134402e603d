// SPDX-License-Identifier: MIT
import Collectors
import FoundationEssentials
import Logging
import Net
import Polling
import Receivers
import TestSupport

@testable import Daemon

/// A folder with settings, the log lines of the monitors started from it, and a client.
final class MonitorHarness: Sendable {
  let folder: TemporaryFolder
  let sink = MemorySink()
  let client = HTTPClient(userAgent: "test")

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Settings for tests: quick polls, a free port, files in the folder.
  ///
  /// `http` holds more keys of that section in flow style, `storage` another file of samples.
  func writeSettings(
    _ sections: String,
    rules: String = "groups: []\n",
    flushInterval: String = "100ms",
    listen: String = "127.0.0.1:0",
    http: String = "",
    storage: String? = nil
  ) throws {
    _ = try folder.write("rules.yml", rules)
    _ = try folder.write(
      "hvsmon.yml",
      """
      cluster: {name: test}
      poll: {interval: 1s, timeout: 500ms, confirm_interval: 100ms}
      storage:
        path: "\(storage ?? folder.file("samples.sqlite"))"
        flush_interval: \(flushInterval)
      http: {listen: "\(listen)", \(http)}
      rules: [rules.yml]
      \(sections)
      """
    )
  }

  /// A folder with the data of this one as a kill would leave it now.
  func copyAsKilled() throws -> MonitorHarness {
    let copy = try MonitorHarness()
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.contains(".sqlite") {
      try FileManager.default.copyItem(
        atPath: folder.file(name),
        toPath: copy.folder.file(name)
      )
    }
    return copy
  }

  var plan: MonitorPlan {
    MonitorPlan(
      configPath: folder.file("hvsmon.yml"),
      loader: SettingsLoader(collectors: allCollectors) { client in
        allReceiverKinds(ReceiverServices(client: client, clock: SystemClock()))
      },
      logger: Logger(area: "test", threshold: .debug, sink: sink),
      giveBackMemory: {}
    )
  }

  func metrics(of monitor: Monitor) async throws -> String {
    try await client.send(HTTPRequest(url: "http://127.0.0.1:\(monitor.port)/metrics")).text
  }

  func get(
    _ path: String,
    of monitor: Monitor,
    token: Substring? = nil
  ) async throws -> HTTPResponse {
    var request = HTTPRequest(url: "http://127.0.0.1:\(monitor.port)\(path)")
    if let token { request.headers["Authorization"] = "Bearer \(token)" }
    return try await client.send(request)
  }

  /// Waits for a line of `/metrics` that has all of these parts.
  func waits(for parts: String..., on monitor: Monitor) async throws -> Bool {
    try await eventually {
      try await self.metrics(of: monitor).split(separator: "\n").contains { line in
        parts.allSatisfy { line.contains($0) }
      }
    }
  }

  /// A log line that has all of these parts is there.
  func hasLogged(_ parts: String...) -> Bool {
    sink.lines.contains { line in parts.allSatisfy { line.contains($0) } }
  }
}

extension WebhookSink {
  var payloads: [Payload] { messages.map(\.payload) }

  /// The `notifications` section that sends everything here.
  var section: String {
    """
    notifications:
      route: {receiver: hook, group_wait: 0s}
      receivers:
        - {name: hook, webhook: [{url: "\(url)"}]}
    """
  }
}
