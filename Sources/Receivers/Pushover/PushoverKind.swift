// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `pushover`: pushes to a user or a group of Pushover.
struct PushoverKind: ReceiverKind {
  let key = "pushover"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let token = section.requiredToken("token", "the token of the application")
    let user = section.requiredToken("user_key", "the key of the user or group")
    let apiURL = section.serviceURL("api_url", default: "https://api.pushover.net")
    let endpoint = Endpoint(section, services: services, hiding: [token, user])
    guard let token, let user else { return nil }
    return ServiceReceiver(
      service: PushoverService(endpoint: endpoint, apiURL: apiURL, token: token, user: user)
    )
  }
}
