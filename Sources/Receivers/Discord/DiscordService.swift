// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying

/// Discord by the webhook of a channel.
///
/// Source: Discord's pages on webhooks and embeds: content 2,000 characters, an embed's description
/// 4,096, all embeds of a message 6,000.
struct DiscordService: MessageService {
  private static let maximumContent = 1_990
  private static let maximumDescription = 4_000
  /// Nobody's telephone makes a sound.
  private static let silentFlag = 4_096

  let endpoint: Endpoint
  let webhook: Secret

  private static let markup = Markup.markdown("\\*_~|>#-[]()`<:")

  var canEdit: Bool { true }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let parts = webhook.reveal().split(separator: "?", maxSplits: 1)
    let path = String(parts.first ?? "")
    let query = parts.count == 2 ? "&\(parts[1])" : ""
    let embed: JSONValue = .members(
      (
        "description",
        .string(
          MessageBody.text(
            notification,
            limit: Self.maximumDescription,
            in: .utf16,
            markup: Self.markup,
            hasHeadline: false
          )
        )
      ),
      ("color", .integer(notification.tone.color)),
      ("timestamp", .string(notification.createdAt.rfc3339Text))
    )
    let content = BudgetedText.line(
      notification.headline,
      limit: Self.maximumContent,
      markup: Self.markup
    )
    var isEdit = false
    var url = "\(path)?wait=true\(query)"
    if case .replacing(let reference) = relation {
      isEdit = true
      url = "\(path)/messages/\(reference.text)?wait=true\(query)"
    }
    let isSilent = notification.tone.isQuiet && !isEdit
    return ServiceRequest(
      method: isEdit ? "PATCH" : "POST",
      url: url,
      body: JSONValue.members(
        ("content", .string(content)),
        ("embeds", form == .rich ? .array([embed]) : nil),
        // Nothing in a text may call anybody.
        ("allowed_mentions", .members(("parse", .array([])))),
        ("flags", isSilent ? .integer(Self.silentFlag) : nil)
      ).bytes
    )
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    // Asked to wait, Discord answers with the message; a page of something in between is none.
    answer.status == 200 && answer.json?["id"] == nil ? .later(after: nil) : answer.verdictByStatus
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    guard let id = answer.json?["id"]?.string, id.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
      return nil
    }
    return MessageReference(id)
  }
}
