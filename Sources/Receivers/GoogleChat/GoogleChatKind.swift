// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `googlechat`: posts to the webhook of a space; what belongs together is one thread.
struct GoogleChatKind: ReceiverKind {
  let key = "googlechat"
  /// One request a second, shared by all webhooks of a space.
  let standardRate: DeliveryRate? = DeliveryRate(1, per: .seconds(1))
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let url = section.requiredSecretURL("webhook_url", "the address of the space's webhook")
    let endpoint = Endpoint(section, services: services, hiding: [url])
    return url.map { ServiceReceiver(service: GoogleChatService(endpoint: endpoint, webhook: $0)) }
  }
}
