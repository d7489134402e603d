// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `mattermost`: posts to an incoming webhook, or to a channel with a bot token, and edits there.
struct MattermostKind: ReceiverKind {
  let key = "mattermost"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let isBot = ["bot_token", "bot_token_file", "bot_token_env"].contains { section.has($0) }
    let destination: MattermostService.Destination?
    let secret: Secret?
    if isBot {
      secret = section.requiredToken("bot_token", "the token of the bot account")
      let server = section.ownServiceURL("url", "the address of the server")
      let channel = section.neededText("channel_id", "the id of the channel the bot writes to")
      if let secret, let server, let channel {
        destination = .channel(id: channel, token: secret, server: server)
      } else {
        destination = nil
      }
    } else {
      secret = section.requiredSecretURL("webhook_url", "the address of the incoming webhook")
      let channel = section.text("channel")
      destination = secret.map { .webhook(url: $0, channel: channel) }
    }
    let endpoint = Endpoint(section, services: services, hiding: [secret])
    return destination.map {
      ServiceReceiver(service: MattermostService(endpoint: endpoint, destination: $0))
    }
  }
}
