// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `msteams`: posts a card to a workflow of Microsoft Teams.
struct TeamsKind: ReceiverKind {
  let key = "msteams"
  /// Beyond this its workflows are slowed down.
  let standardRate: DeliveryRate? = DeliveryRate(4, per: .seconds(1))
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let url = section.requiredSecretURL(
      "webhook_url",
      "the address of the workflow \"When a Teams webhook request is received\""
    )
    let endpoint = Endpoint(section, services: services, hiding: [url])
    guard let url else { return nil }
    let host = Endpoint.host(of: url.reveal())
    guard !host.hasSuffix("webhook.office.com") else {
      section.report(
        "webhook_url",
        "is the address of an Office 365 connector, which Microsoft has retired: make a workflow "
          + "\"When a Teams webhook request is received\" and give its address"
      )
      return nil
    }
    return ServiceReceiver(service: TeamsService(endpoint: endpoint, webhook: url))
  }
}
