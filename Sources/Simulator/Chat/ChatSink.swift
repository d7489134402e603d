// SPDX-License-Identifier: MIT
import MetricModel
package import Net
import Synchronization

/// Chat, push and paging services on loopback: each checks what it is sent as its own documents say,
/// keeps it, and answers as it would.
package final class ChatSink: Sendable {
  /// What every service of the sink wants to see before it takes a message.
  package static let secret = "verysecretkey0123456789abcdefghi"
  /// Messages and complaints that are kept; the oldest make room.
  static let keptMax = 10_000

  private struct State {
    var room = ChatRoom()
    var moods: [ChatMood] = []
    var complaints: [String] = []
    var requests = 0
  }

  private final class Shared: Sendable {
    let state = Mutex(State())
  }

  private let shared: Shared
  private let server: HTTPServer

  /// Opens the services on a free port.
  ///
  /// - Parameter received: Called with the text of each message that is not an edit, on any thread.
  /// - Throws: ``HTTPServerError`` when loopback takes no server.
  package init(
    received: @escaping @Sendable (_ text: String) -> Void = { _ in }
  ) throws(HTTPServerError) {
    let shared = Shared()
    self.shared = shared
    let route = HTTPRoute(["POST", "PUT", "PATCH"], .prefix("/"), role: nil) { request in
      await Self.answer(request, shared, received)
    }
    server = try HTTPServer.start(HTTPServerSettings(port: 0), routes: [route])
  }

  /// The URL that a chat receiver posts to, in the form of a Slack incoming webhook.
  package var webhookURL: String { "\(url(of: .slack))/services/\(Self.secret)" }

  /// The address of a service without what follows it.
  package func url(of service: ChatService) -> String {
    "http://127.0.0.1:\(server.port)/\(service.rawValue)"
  }

  /// Plays these moods for the next requests, one each, and is well again afterwards.
  package func play(_ moods: ChatMood...) {
    shared.state.withLock { $0.moods = moods }
  }

  /// The messages as people see them now, edits applied, oldest first.
  package var messages: [ChatMessage] { shared.state.withLock { $0.room.messages } }
  /// Why requests were refused by the rules of a service, oldest first.
  package var complaints: [String] { shared.state.withLock { $0.complaints } }
  /// The number of requests so far.
  package var requests: Int { shared.state.withLock { $0.requests } }

  /// Closes the services.
  package func stop() async {
    await server.stop(grace: .zero)
  }

  private static func answer(
    _ request: ServerRequest,
    _ shared: Shared,
    _ received: @Sendable (String) -> Void
  ) async -> ServerResponse {
    let parts = request.path.split(separator: "/").map(String.init)
    guard let service = parts.first.flatMap(ChatService.init(rawValue:)) else {
      return .text("no such service", status: 404)
    }
    let mood = shared.state.withLock { state -> ChatMood? in
      state.requests += 1
      return state.moods.isEmpty ? nil : state.moods.removeFirst()
    }
    if let mood, let answer = await mood.answer(of: service) { return answer }
    let (answer, news) = shared.state.withLock { state -> (ServerResponse, String?) in
      let before = state.room.messages.count
      do throws(ChatRefusal) {
        let call = try ChatCall(request, service: service, path: Array(parts.dropFirst()))
        let answer = try service.face.take(call, &state.room)
        let isNew = state.room.messages.count > before
        state.room.forgetOldest(beyond: keptMax)
        return (answer, isNew ? state.room.messages.last?.headline : nil)
      } catch {
        state.complaints = (state.complaints + ["\(service.rawValue): \(error.reason)"])
          .suffix(keptMax)
        return (error.response, nil)
      }
    }
    if let news { received(news) }
    return answer
  }
}
