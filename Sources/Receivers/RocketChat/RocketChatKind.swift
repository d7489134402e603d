// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `rocketchat`: posts to an incoming webhook, or to a channel as a user, and edits there.
struct RocketChatKind: ReceiverKind {
  let key = "rocketchat"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let isUser = ["auth_token", "auth_token_file", "auth_token_env"].contains { section.has($0) }
    let destination: RocketChatService.Destination?
    let secret: Secret?
    if isUser {
      secret = section.requiredToken("auth_token", "the personal access token of the user")
      let user = section.neededText("user_id", "the id of the user who writes")
      let server = section.ownServiceURL("url", "the address of the server")
      let channel = section.neededText("channel", "the channel, such as #alerts")
      if let secret, let user, let server, let channel {
        destination = .channel(channel, user: user, token: secret, server: server)
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
      ServiceReceiver(service: RocketChatService(endpoint: endpoint, destination: $0))
    }
  }
}
