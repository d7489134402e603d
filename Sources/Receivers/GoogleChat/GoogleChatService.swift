// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying

/// Google Chat by the webhook of a space; a webhook cannot edit.
///
/// Source: Google's pages on webhooks, messages (32,000 bytes) and card text.
struct GoogleChatService: MessageService {
  private static let maximumText = 4_000
  private static let maximumCard = 20_000

  let endpoint: Endpoint
  let webhook: Secret

  /// The text above a card knows no escapes: its signs lose their meaning by what follows them.
  private static let textMarkup = Markup.plain.breaking(after: "<*_~`")

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let url = webhook.reveal()
    let option = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
    let text = BudgetedText.line(
      notification.headline,
      limit: Self.maximumText,
      in: .jsonBytes,
      markup: Self.textMarkup
    )
    let key = notification.groupDigest
    return ServiceRequest(
      url: url + (url.contains("?") ? "&" : "?") + option,
      body: JSONValue.members(
        ("text", .string(text)),
        ("cardsV2", form == .rich ? .array([Self.card(notification)]) : nil),
        ("thread", .members(("threadKey", .string(key))))
      ).bytes
    )
  }

  private static func card(_ notification: AlertNotification) -> JSONValue {
    let body = MessageBody.text(
      notification,
      limit: maximumCard,
      in: .jsonBytes,
      markup: .html(lineEnd: "<br>")
    )
    let mark = "<font color=\"\(notification.tone.colorText)\">●</font> "
    let paragraph = JSONValue.members(
      ("textParagraph", .members(("text", .string(mark + body))))
    )
    return .members(
      ("cardId", .string("alerts")),
      (
        "card",
        .members(("sections", .array([.members(("widgets", .array([paragraph])))])))
      )
    )
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    // The answer is the message; a page of something in between is not.
    answer.status == 200 && answer.json?["name"] == nil
      ? .later(after: nil) : answer.verdictByStatus
  }
}
