// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `pagerduty`: opens and resolves incidents by PagerDuty's Events API, version 2.
struct PagerDutyKind: ReceiverKind {
  let key = "pagerduty"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let routing = section.requiredToken("routing_key", "the integration key of the service")
    // Accounts in Europe have another address.
    let url = section.serviceURL("url", default: "https://events.pagerduty.com/v2/enqueue")
    let endpoint = Endpoint(section, services: services, hiding: [routing])
    return routing.map {
      ServiceReceiver(service: PagerDutyService(endpoint: endpoint, url: url, routingKey: $0))
    }
  }
}
