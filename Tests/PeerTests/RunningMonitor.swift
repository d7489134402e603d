// SPDX-License-Identifier: MIT
import Net
import TestSupport

/// `hvsmon serve` as a process of its own.
final class RunningMonitor: Sendable {
  let port: UInt16
  let folder: TemporaryFolder
  private let process: ChildProcess
  private let client: HTTPClient
  private let headers: HTTPHeaders

  /// Starts it with these sections, the shipped rules and otherwise the shipped settings.
  ///
  /// `http` holds more keys of that section in flow style, `token` is shown when asking, `rules` is
  /// another rule file.
  init(
    sections: String,
    http: String = "",
    token: String? = nil,
    rules: String? = nil,
    client: HTTPClient
  ) async throws {
    self.client = client
    headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
    port = FreePort.next()
    folder = try TemporaryFolder()
    let config = try folder.write(
      "hvsmon.yml",
      """
      storage: {path: \(folder.file("hvsmon.sqlite"))}
      http: {listen: "127.0.0.1:\(port)", \(http)}
      rules: ["\(rules ?? "\(Peers.root)/alerts.yml")"]
      \(sections)
      """
    )
    let program = ChildProcess.builtExecutable("hvsmon")
    process = try ChildProcess(program, ["serve", "--config", config])
  }

  var errorOutput: String { process.errorOutput }

  func query(_ expression: String) async throws -> String {
    let url = "http://127.0.0.1:\(port)/api/v1/query?query=\(URLText.encoded(expression))"
    return try await client.send(HTTPRequest(url: url, headers: headers)).text
  }

  func metrics() async throws -> HTTPResponse {
    try await client.send(
      HTTPRequest(url: "http://127.0.0.1:\(port)/metrics", headers: headers)
    )
  }

  /// Waits until the expression has a sample of this value.
  func waits(for expression: String, toBe value: String) async throws -> Bool {
    try await eventually(within: .seconds(20)) {
      do throws(any Error) {
        return try await self.query(expression).contains(",\"\(value)\"]")
      } catch is HTTPClientError {
        return false
      }
    }
  }

  /// Asks it to stop; the time it took.
  func stop() async throws -> Duration {
    let clock = ContinuousClock()
    let began = clock.now
    let exit = try await process.terminate()
    guard exit == .code(0) else { throw BadExit(exit: exit, log: process.errorOutput) }
    return clock.now - began
  }

  struct BadExit: Error {
    let exit: ChildProcess.Exit
    let log: String
  }
}

extension WebhookSink {
  /// The messages about one alert of one tier.
  func messages(_ alertName: String, tier: String) -> [Message] {
    messages.filter {
      $0.payload.commonLabels["alertname"] == alertName && $0.payload.commonLabels["tier"] == tier
    }
  }
}
