// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Gotify by the token of an application.
///
/// Source: Gotify's API: `POST /message`, priority 0 to 10; it states no limit, so that ours is what
/// a telephone shows.
struct GotifyService: MessageService {
  private static let maximumMessage = 4_000
  private static let maximumTitle = 250

  let endpoint: Endpoint
  let server: String
  let token: Secret

  var hasPlainForm: Bool { false }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let message = MessageBody.text(
      notification,
      limit: Self.maximumMessage,
      in: .utf16,
      markup: .plain
    )
    let click = LinkTarget.safe(notification.externalURL).map {
      JSONValue.members(("click", .members(("url", .string($0)))))
    }
    return ServiceRequest(
      url: "\(server)/message",
      headers: ["Content-Type": "application/json", "X-Gotify-Key": token.reveal()],
      body: JSONValue.members(
        ("title", .string(BudgetedText.line(notification.shortTitle, limit: Self.maximumTitle))),
        ("message", .string(message)),
        ("priority", .integer(Self.priority(notification.tone))),
        (
          "extras",
          .members(
            ("client::display", .members(("contentType", .string("text/plain")))),
            ("client::notification", click)
          )
        )
      ).bytes
    )
  }

  /// From 8 on a telephone makes itself heard in any case.
  private static func priority(_ tone: MessageTone) -> Int {
    switch tone {
    case .page: 8
    case .warning: 5
    case .resolved: 4
    case .info, .withdrawn: 2
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    answer.status == 200 && answer.json?["id"] == nil ? .later(after: nil) : answer.verdictByStatus
  }
}
