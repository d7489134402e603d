// SPDX-License-Identifier: MIT
import FoundationEssentials
package import Net

/// A chat room on loopback that hands each message it is sent to a closure.
package final class ChatSink: Sendable {
  private let server: HTTPServer

  /// Opens the room on a free port.
  ///
  /// - Parameter received: Called with the text of each message, on any thread.
  /// - Throws: ``HTTPServerError`` when loopback takes no server.
  package init(received: @escaping @Sendable (_ text: String) -> Void) throws(HTTPServerError) {
    let route = HTTPRoute(["POST"], .exact("/services/demo"), role: nil) { request in
      guard let message = try? JSONDecoder().decode(SlackMessage.self, from: Data(request.body))
      else { return .text("invalid_payload", status: 400) }
      received(message.text)
      return .text("ok")
    }
    server = try HTTPServer.start(HTTPServerSettings(port: 0), routes: [route])
  }

  /// The URL that a chat receiver posts to, in the form of a Slack incoming webhook.
  package var webhookURL: String { "http://127.0.0.1:\(server.port)/services/demo" }

  /// Closes the room.
  package func stop() async {
    await server.stop(grace: .seconds(1))
  }
}

/// The part of a Slack message that says everything in plain text.
private struct SlackMessage: Decodable {
  let text: String
}
