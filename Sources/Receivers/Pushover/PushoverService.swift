// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules

/// Pushover's message API.
///
/// Source: Pushover's page on its API: message 1,024 characters, title 250, url 512, its title 100;
/// after a 5xx at least five seconds of rest; a 4xx must not be repeated.
struct PushoverService: MessageService {
  private static let maximumMessage = 1_024
  private static let maximumTitle = 250
  private static let maximumURL = 512

  let endpoint: Endpoint
  let apiURL: String
  let token: Secret
  let user: Secret

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
    let links = notification.byImportance.first.map { notification.links(of: $0.alert) } ?? []
    let link = links.first { $0.url.utf8.count <= Self.maximumURL }
    return ServiceRequest(
      url: "\(apiURL)/1/messages.json",
      body: JSONValue.members(
        ("token", .string(token.reveal())),
        ("user", .string(user.reveal())),
        ("title", .string(BudgetedText.line(notification.shortTitle, limit: Self.maximumTitle))),
        ("message", .string(message)),
        ("priority", .integer(Self.priority(notification.tone))),
        ("timestamp", .integer(Int(notification.createdAt.unixMilliseconds / 1_000))),
        ("url", link.map { .string($0.url) }),
        ("url_title", link.map { .string($0.title) })
      ).bytes
    )
  }

  /// 1 breaks the quiet hours, -1 makes no sound.
  private static func priority(_ tone: MessageTone) -> Int {
    switch tone {
    case .page: 1
    case .warning: 0
    case .info, .resolved, .withdrawn: -1
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    switch answer.status {
    case 200 where answer.json?["status"]?.int == 1: .delivered
    case 200: .later(after: answer.wish)
    case 500...599: .later(after: max(answer.wish ?? .zero, .seconds(5)))
    default: answer.verdictByStatus
    }
  }
}
