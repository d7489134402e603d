// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Telegram's Bot API: `/botSECRET/sendMessage` and `/botSECRET/editMessageText`.
///
/// The chat -1 has become the chat -1001.
enum TelegramFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    try call.demand(secret: call.path.first.map { String($0.dropFirst("bot".count)) }, 401)
    guard let chat = call.json["chat_id"]?.int else { throw fault("chat not found") }
    guard chat != -1 else {
      throw ChatRefusal(
        "group chat was upgraded to a supergroup chat",
        json: #"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1001}}"#
      )
    }
    let sent = try call.text(call.json["text"], "text", most: 16_384)
    let text: String
    switch call.json["parse_mode"]?.string {
    case nil: text = sent
    case "HTML":
      do throws(ChatRefusal) {
        text = try MarkupReading.html(sent, tags: ["b", "i", "u", "s", "code", "pre", "a"])
      } catch {
        throw fault(error.reason)
      }
    default: throw fault("unsupported parse_mode")
    }
    guard text.utf16.count <= 4_096 else { throw fault("message is too long") }
    let headline = String(text.prefix { $0 != "\n" })
    let id: String
    switch call.path.last {
    case "sendMessage": id = room.post(.telegram, headline: headline, text: text)
    case "editMessageText":
      id = call.json["message_id"]?.string ?? ""
      if room.messages.last(where: { $0.id == id })?.text == text {
        throw fault("message is not modified")
      }
      guard room.edit(.telegram, id: id, headline: headline, text: text) else {
        throw fault("message to edit not found")
      }
    default: throw ChatRefusal("no such method", 404)
    }
    let result = #"{"message_id":\#(id),"chat":{"id":\#(chat)}}"#
    return .json(Array(#"{"ok":true,"result":\#(result)}"#.utf8))
  }

  private static func fault(_ reason: String) -> ChatRefusal {
    let words = reason.prefix { $0 != "\"" && $0 != "\\" }
    return ChatRefusal(
      reason,
      json: #"{"ok":false,"error_code":400,"description":"Bad Request: \#(words)"}"#
    )
  }

  static func limited(seconds: Int) -> ServerResponse {
    let text = #"{"ok":false,"error_code":429,"parameters":{"retry_after":\#(seconds)}}"#
    return .json(Array(text.utf8), status: 429)
  }
}
