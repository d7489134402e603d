// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `telegram`: a bot writes to a chat, and edits there.
struct TelegramKind: ReceiverKind {
  let key = "telegram"
  /// What it allows a bot in one group.
  let standardRate: DeliveryRate? = DeliveryRate(20, per: .seconds(60))
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let token = section.requiredToken("bot_token", "the bot's token")
    let chat = section.neededText("chat_id", "the number of the chat, or @channel")
    let thread = section.integer("message_thread_id", default: 0, in: 0...Int(Int32.max))
    let apiURL = section.serviceURL("api_url", default: "https://api.telegram.org")
    let endpoint = Endpoint(section, services: services, hiding: [token])
    guard let token, let chat else { return nil }
    guard Int64(chat) != nil || chat.hasPrefix("@") else {
      section.report("chat_id", "must be a number, negative for groups, or @channel")
      return nil
    }
    return ServiceReceiver(
      service: TelegramService(
        endpoint: endpoint,
        apiURL: apiURL,
        token: token,
        chat: chat,
        thread: thread == 0 ? nil : thread
      )
    )
  }
}
