// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import Synchronization

/// Takes webhooks on loopback and keeps what they say and when they came.
package final class WebhookSink: Sendable {
  /// The part of Alertmanager's payload that tests look at.
  package struct Payload: Decodable, Sendable {
    /// One alert of a payload.
    package struct Alert: Decodable, Sendable {
      /// `firing` or `resolved`.
      package let status: String
      /// Every label.
      package let labels: [String: String]
      /// Every annotation.
      package let annotations: [String: String]
    }

    /// The format's version.
    package let version: String
    /// `firing` or `resolved`.
    package let status: String
    /// The receiver's name.
    package let receiver: String
    /// What the alerts have in common.
    package let commonLabels: [String: String]
    /// The alerts, in the order sent.
    package let alerts: [Alert]
  }

  /// One message.
  package struct Message: Sendable {
    /// When it came.
    package let time: ContinuousClock.Instant
    /// What it says.
    package let payload: Payload
  }

  private final class Box: Sendable {
    let messages = Mutex<[Message]>([])
  }

  private let box = Box()
  private let server: HTTPServer

  /// Listens on a free port.
  package init() throws {
    let box = box
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["POST"], .exact("/hook"), role: nil) { request in
          let now = ContinuousClock().now
          do {
            let payload = try JSONDecoder().decode(Payload.self, from: Data(request.body))
            box.messages.withLock { $0.append(Message(time: now, payload: payload)) }
            return .text("")
          } catch {
            return .text("\(error)", status: 400)
          }
        }
      ]
    )
  }

  /// Where to post.
  package var url: String { "http://127.0.0.1:\(server.port)/hook" }
  /// What has come, oldest first.
  package var messages: [Message] { box.messages.withLock { $0 } }

  /// Closes everything.
  package func stop() async { await server.stop(grace: .zero) }
}
