// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying

/// Telegram by a bot.
///
/// Source: the Bot API's pages on sendMessage, editMessageText (4,096 characters after entities) and
/// HTML style.
struct TelegramService: MessageService {
  private static let maximumText = 4_000

  let endpoint: Endpoint
  let apiURL: String
  let token: Secret
  var chat: String
  /// The topic of a forum.
  let thread: Int?

  var canEdit: Bool { true }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    // The text with its markup fits, all the more the text that is left when that is read.
    let text = MessageBody.text(
      notification,
      limit: Self.maximumText,
      in: .utf16,
      markup: form == .rich ? .html(lineEnd: "\n") : .plain
    )
    var chat = self.chat
    var members: [(String, JSONValue?)] = []
    var method = "sendMessage"
    switch relation {
    case .first:
      members.append(("message_thread_id", thread.map { .integer($0) }))
    case .following(let reference):
      members.append(("message_thread_id", thread.map { .integer($0) }))
      members.append(("reply_parameters", Self.reply(to: reference, in: chat)))
    case .replacing(let reference):
      method = "editMessageText"
      if let (place, id) = Self.parts(reference) {
        chat = place
        members.append(("message_id", .integer(id)))
      }
    }
    if method == "sendMessage" {
      members.append(("disable_notification", .flag(notification.tone.isQuiet)))
    }
    members += [
      ("chat_id", Int(chat).map { .integer($0) } ?? .string(chat)),
      ("text", .string(text)),
      ("parse_mode", form == .rich ? .string("HTML") : nil),
      ("link_preview_options", .members(("is_disabled", .flag(true)))),
    ]
    return ServiceRequest(
      url: "\(apiURL)/bot\(token.reveal())/\(method)",
      body: JSONValue.object(
        members.compactMap { name, value in value.map { .init(name: name, value: $0) } }
      ).bytes
    )
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    switch answer.status {
    case 200: answer.json?["ok"]?.bool == true ? .delivered : .later(after: answer.wish)
    // The message says so already: an edit whose first answer was lost.
    case 400 where answer.json?["description"]?.string?.contains("not modified") == true: .delivered
    default: answer.verdictByStatus
    }
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    let result = answer.json?["result"]
    guard let id = result?["message_id"]?.int else { return nil }
    return MessageReference("\(result?["chat"]?["id"]?.string ?? chat) \(id)")
  }

  /// A group that became a supergroup says its new number.
  func corrected(by answer: ServiceAnswer) -> TelegramService? {
    guard let moved = answer.json?["parameters"]?["migrate_to_chat_id"]?.int else { return nil }
    var service = self
    service.chat = String(moved)
    return service
  }

  /// Chat and number of a message.
  private static func parts(_ reference: MessageReference) -> (chat: String, id: Int)? {
    let parts = reference.text.split(separator: " ")
    guard parts.count == 2, let id = Int(parts[1]) else { return nil }
    return (String(parts[0]), id)
  }

  private static func reply(to reference: MessageReference, in chat: String) -> JSONValue? {
    guard let (place, id) = parts(reference), place == chat else { return nil }
    return .members(
      ("message_id", .integer(id)),
      ("allow_sending_without_reply", .flag(true))
    )
  }
}
