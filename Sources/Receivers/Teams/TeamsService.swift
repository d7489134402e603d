// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying

/// Microsoft Teams by a workflow that shows adaptive cards.
///
/// A 202 says that the workflow was started, not that the card is shown: nothing tells of that.
/// Source: Microsoft's pages on workflows and adaptive cards; a message is at most 28 KB.
struct TeamsService: MessageService {
  private static let maximumHeadline = 2_000
  private static let maximumBody = 20_000

  let endpoint: Endpoint
  let webhook: Secret

  private static let markup = Markup.markdown("[]()*_\\", lineEnd: "\n\n").breaking(after: "{$")

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let headline = BudgetedText.line(
      notification.headline,
      limit: Self.maximumHeadline,
      in: .jsonBytes,
      markup: Self.markup
    )
    var blocks = [
      JSONValue.members(
        ("type", .string("TextBlock")),
        ("text", .string(headline)),
        ("wrap", .flag(true)),
        ("weight", form == .rich ? .string("Bolder") : nil),
        ("color", form == .rich ? .string(Self.color(notification.tone)) : nil)
      )
    ]
    if form == .rich {
      let body = MessageBody.text(
        notification,
        limit: Self.maximumBody,
        in: .jsonBytes,
        markup: Self.markup,
        hasHeadline: false
      )
      blocks.append(
        .members(
          ("type", .string("TextBlock")),
          ("text", .string(body)),
          ("wrap", .flag(true))
        )
      )
    }
    let card = JSONValue.members(
      ("$schema", .string("http://adaptivecards.io/schemas/adaptive-card.json")),
      ("type", .string("AdaptiveCard")),
      ("version", .string("1.4")),
      ("body", .array(blocks)),
      ("msteams", .members(("width", .string("Full"))))
    )
    let attachment = JSONValue.members(
      ("contentType", .string("application/vnd.microsoft.card.adaptive")),
      ("content", card)
    )
    return ServiceRequest(
      url: webhook.reveal(),
      body: JSONValue.members(
        ("type", .string("message")),
        ("attachments", .array([attachment]))
      ).bytes
    )
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    // Some doors answer 200 and say in the text that the room is closed for a while.
    if (200...299).contains(answer.status), answer.text.contains("HTTP error 429") {
      return .later(after: answer.wish)
    }
    return answer.verdictByStatus
  }

  private static func color(_ tone: MessageTone) -> String {
    switch tone {
    case .page: "Attention"
    case .warning: "Warning"
    case .info: "Accent"
    case .resolved: "Good"
    case .withdrawn: "Default"
    }
  }
}
