// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Mattermost by an incoming webhook, or by a bot token, which can edit what it sent.
///
/// Source: Mattermost's pages on incoming webhooks, attachments and posts: 16,383 characters.
struct MattermostService: MessageService {
  /// Where messages go.
  enum Destination: Sendable {
    case webhook(url: Secret, channel: String?)
    case channel(id: String, token: Secret, server: String)
  }

  private static let maximumText = 4_000
  private static let maximumAttachment = 10_000

  /// A mention is broken by what follows its sign.
  private static let markup = Markup.markdown("\\`*_~|#>[]()!<:").breaking(after: "@")

  let endpoint: Endpoint
  let destination: Destination

  var canEdit: Bool { if case .channel = destination { true } else { false } }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let headline = JSONValue.string(
      BudgetedText.line(notification.headline, limit: Self.maximumText, markup: Self.markup)
    )
    let attachments =
      form == .rich
      ? MessageBody.attachments(
        notification,
        limit: Self.maximumAttachment,
        markup: Self.markup
      )
      : .array([])
    switch destination {
    case .webhook(let url, let channel):
      return ServiceRequest(
        url: url.reveal(),
        body: JSONValue.members(
          ("text", headline),
          ("channel", channel.map { .string($0) }),
          ("attachments", attachments)
        ).bytes
      )
    case .channel(let id, let token, let server):
      var request = (method: "POST", path: "posts")
      var isEdit = false
      if case .replacing(let reference) = relation {
        isEdit = true
        request = ("PUT", "posts/\(URLText.encoded(reference.text))/patch")
      }
      return ServiceRequest(
        method: request.method,
        url: "\(server)/api/v4/\(request.path)",
        headers: [
          "Content-Type": "application/json", "Authorization": "Bearer \(token.reveal())",
        ],
        body: JSONValue.members(
          ("channel_id", isEdit ? nil : .string(id)),
          ("message", headline),
          ("props", .members(("attachments", attachments)))
        ).bytes
      )
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    guard (200...201).contains(answer.status) else { return answer.verdictByStatus }
    // A page of something in between is no answer of Mattermost.
    let isKnown =
      switch destination {
      case .webhook: answer.text.onOneLine == "ok"
      case .channel: answer.json?["id"]?.string != nil
      }
    return isKnown ? .delivered : .later(after: nil)
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    answer.json?["id"]?.string.flatMap { MessageReference($0) }
  }
}
