// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `discord`: posts to a webhook of a Discord channel or thread, and edits there.
struct DiscordKind: ReceiverKind {
  let key = "discord"
  /// What people report of its webhooks; its own answers say when to wait.
  let standardRate: DeliveryRate? = DeliveryRate(5, per: .seconds(2))
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let url = section.requiredSecretURL("webhook_url", "the address of the channel's webhook")
    let endpoint = Endpoint(section, services: services, hiding: [url])
    return url.map { ServiceReceiver(service: DiscordService(endpoint: endpoint, webhook: $0)) }
  }
}
