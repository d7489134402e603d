// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `opsgenie`: opens and closes alerts of Opsgenie, which is sold no more and is to end in 2027.
struct OpsgenieKind: ReceiverKind {
  let key = "opsgenie"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let apiKey = section.requiredToken("api_key", "the key of the API integration")
    // Accounts in Europe have another address.
    let apiURL = section.serviceURL("api_url", default: "https://api.opsgenie.com")
    let endpoint = Endpoint(section, services: services, hiding: [apiKey])
    return apiKey.map {
      ServiceReceiver(service: OpsgenieService(endpoint: endpoint, apiURL: apiURL, apiKey: $0))
    }
  }
}
