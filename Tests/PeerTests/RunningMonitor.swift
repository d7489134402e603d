// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import Synchronization
import TestSupport

/// `hvsmon serve` as a process of its own.
final class RunningMonitor: Sendable {
  let port: UInt16
  let folder: TemporaryFolder
  private let process: ChildProcess
  private let client: HTTPClient

  /// Starts it with these sections, the shipped rules and otherwise the shipped settings.
  init(sections: String, client: HTTPClient) async throws {
    self.client = client
    port = FreePort.next()
    folder = try TemporaryFolder()
    let config = try folder.write(
      "hvsmon.yml",
      """
      storage: {path: \(folder.file("hvsmon.sqlite"))}
      http: {listen: "127.0.0.1:\(port)"}
      rules: [\(Peers.root)/alerts.yml]
      \(sections)
      """
    )
    let program = ChildProcess.builtExecutable("hvsmon")
    process = try ChildProcess(program, ["serve", "--config", config])
  }

  var errorOutput: String { process.errorOutput }

  func query(_ expression: String) async throws -> String {
    let url = "http://127.0.0.1:\(port)/api/v1/query?query=\(URLText.encoded(expression))"
    return try await client.send(HTTPRequest(url: url)).text
  }

  func metrics() async throws -> HTTPResponse {
    try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)/metrics"))
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

/// Takes webhooks and notes when they came.
final class WebhookClock: Sendable {
  struct Message: Sendable {
    let time: ContinuousClock.Instant
    let status: String
    let tier: String
    let alertName: String
  }

  private struct Payload: Decodable {
    let status: String
    let commonLabels: [String: String]
  }

  private final class Box: Sendable {
    let messages = Mutex<[Message]>([])
  }

  private let box = Box()
  private let server: HTTPServer

  init() throws {
    let box = box
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["POST"], .exact("/hook"), role: nil) { request in
          let now = ContinuousClock().now
          guard let payload = try? JSONDecoder().decode(Payload.self, from: Data(request.body))
          else { return .text("not a payload", status: 400) }
          let message = Message(
            time: now,
            status: payload.status,
            tier: payload.commonLabels["tier"] ?? "",
            alertName: payload.commonLabels["alertname"] ?? ""
          )
          box.messages.withLock { $0.append(message) }
          return .text("")
        }
      ]
    )
  }

  var url: String { "http://127.0.0.1:\(server.port)/hook" }

  func messages(_ alertName: String, tier: String) -> [Message] {
    box.messages.withLock { $0.filter { $0.alertName == alertName && $0.tier == tier } }
  }

  func stop() async { await server.stop(grace: .zero) }
}
