// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Rocket.Chat by an incoming webhook, or by its REST API, which can edit what it sent.
///
/// Source: Rocket.Chat's pages on incoming webhooks, `chat.postMessage` and `chat.update`; a server
/// takes 5,000 characters where nobody set another limit.
struct RocketChatService: MessageService {
  /// Where messages go.
  enum Destination: Sendable {
    case webhook(url: Secret, channel: String?)
    case channel(String, user: String, token: Secret, server: String)
  }

  private static let maximumText = 1_500
  private static let maximumAttachment = 3_000
  private static let maximumEdit = 4_500

  /// A backslash helps against some signs; mentions and links are broken by what follows them.
  private static let markup = {
    var markup = Markup.markdown("*_~`").breaking(after: "@]#")
    markup.bold = ("*", "*")
    return markup
  }()

  let endpoint: Endpoint
  let destination: Destination

  var canEdit: Bool { if case .channel = destination { true } else { false } }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let text = BudgetedText.line(
      notification.headline,
      limit: Self.maximumText,
      markup: Self.markup
    )
    let attachments =
      form == .rich
      ? MessageBody.attachments(
        notification,
        limit: Self.maximumAttachment,
        markup: Self.markup
      )
      : nil
    switch destination {
    case .webhook(let url, let channel):
      return ServiceRequest(
        url: url.reveal(),
        body: JSONValue.members(
          ("text", .string(text)),
          ("channel", channel.map { .string($0) }),
          ("attachments", attachments)
        ).bytes
      )
    case .channel(let channel, let user, let token, let server):
      let isEdit = if case .replacing = relation { true } else { false }
      return ServiceRequest(
        url: "\(server)/api/v1/\(isEdit ? "chat.update" : "chat.postMessage")",
        headers: [
          "Content-Type": "application/json", "X-User-Id": user, "X-Auth-Token": token.reveal(),
        ],
        body: Self.edit(notification, relation)
          ?? JSONValue.members(
            ("channel", .string(channel)),
            ("text", .string(text)),
            ("attachments", attachments)
          ).bytes
      )
    }
  }

  /// An edit takes a text only, so that everything is in it.
  private static func edit(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) -> [UInt8]? {
    guard case .replacing(let reference) = relation else { return nil }
    let parts = reference.text.split(separator: " ").map(String.init)
    guard parts.count == 2 else { return nil }
    let text = MessageBody.text(notification, limit: maximumEdit, in: .utf16, markup: markup)
    return JSONValue.members(
      ("roomId", .string(parts[0])),
      ("msgId", .string(parts[1])),
      ("text", .string(text))
    ).bytes
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    guard answer.status == 200 else { return answer.verdictByStatus }
    switch answer.json?["success"]?.bool {
    case true?: return .delivered
    case false?: return .never(isFormRefused: true)
    // A page of something in between is no answer of Rocket.Chat.
    case nil: return .later(after: nil)
    }
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    guard let message = answer.json?["message"], let id = message["_id"]?.string,
      let room = message["rid"]?.string
    else { return nil }
    return MessageReference("\(room) \(id)")
  }
}
