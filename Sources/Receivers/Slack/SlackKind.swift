// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `slack`: posts to an incoming webhook, or to a channel with a bot token, and edits there.
struct SlackKind: ReceiverKind {
  let key = "slack"
  /// About one message a second, with short bursts.
  let standardRate: DeliveryRate? = DeliveryRate(5, per: .seconds(5))
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let isBot = ["bot_token", "bot_token_file", "bot_token_env"].contains { section.has($0) }
    let destination: SlackService.Destination?
    let secret: Secret?
    if isBot {
      secret = section.requiredToken("bot_token", "the bot's token with the right chat:write")
      let id = section.neededText("channel", "the id of the channel the bot writes to")
      let apiURL = section.serviceURL("api_url", default: "https://slack.com/api")
      if let id, let secret {
        destination = .channel(id: id, token: secret, apiURL: apiURL)
      } else {
        destination = nil
      }
    } else {
      secret = section.requiredSecretURL("webhook_url", "the address of the incoming webhook")
      destination = secret.map { .webhook(url: $0) }
    }
    let endpoint = Endpoint(section, services: services, hiding: [secret])
    return destination.map {
      ServiceReceiver(service: SlackService(endpoint: endpoint, destination: $0))
    }
  }
}
