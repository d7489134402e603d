// SPDX-License-Identifier: MIT
import Net

/// The services of a ``ChatSink``.
package enum ChatService: String, CaseIterable, Sendable {
  case slack
  case discord
  case msteams
  case telegram
  case matrix
  case googlechat
  case mattermost
  case rocketchat
  case ntfy
  case gotify
  case pushover
  case pagerduty
  case opsgenie
  case webhook

  var face: any ChatFace.Type {
    switch self {
    case .slack: SlackFace.self
    case .discord: DiscordFace.self
    case .msteams: TeamsFace.self
    case .telegram: TelegramFace.self
    case .matrix: MatrixFace.self
    case .googlechat: GoogleChatFace.self
    case .mattermost: MattermostFace.self
    case .rocketchat: RocketChatFace.self
    case .ntfy: NtfyFace.self
    case .gotify: GotifyFace.self
    case .pushover: PushoverFace.self
    case .pagerduty: PagerDutyFace.self
    case .opsgenie: OpsgenieFace.self
    case .webhook: WebhookFace.self
    }
  }
}

/// One service: its rules and its answers.
protocol ChatFace {
  /// Takes a request into the room, or refuses it as the service would.
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse

  /// The answer to one request too many.
  static func limited(seconds: Int) -> ServerResponse
}

extension ChatFace {
  static func limited(seconds: Int) -> ServerResponse {
    ServerResponse(status: 429, headers: ["Retry-After": String(seconds)])
  }
}

/// How a service fares for one request.
package enum ChatMood: Sendable {
  /// It says in its own way that it was asked too often.
  case limited(seconds: Int)
  /// It answers with this status and nothing else.
  case failing(status: Int)
  /// It takes so long before it answers that it cannot.
  case slow(Duration)
  /// Something in between answers 200 with a page of its own.
  case garbage
  /// It is well.
  case well

  func answer(of service: ChatService) async -> ServerResponse? {
    switch self {
    case .limited(let seconds): return service.face.limited(seconds: seconds)
    case .failing(let status): return .text("", status: status)
    case .garbage: return .text("<html><body>Please log in first</body></html>")
    case .well: return nil
    case .slow(let span):
      do {
        try await Task.sleep(for: span)
      } catch {
        // Cancelled: the caller has gone, or the sink stops.
      }
      return .text("", status: 504)
    }
  }
}
