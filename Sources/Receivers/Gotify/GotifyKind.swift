// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `gotify`: pushes by an application of a Gotify server.
struct GotifyKind: ReceiverKind {
  let key = "gotify"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let server = section.ownServiceURL("url", "the address of the server")
    let token = section.requiredToken("token", "the token of the application")
    let endpoint = Endpoint(section, services: services, hiding: [token])
    guard let server, let token else { return nil }
    return ServiceReceiver(
      service: GotifyService(endpoint: endpoint, server: server, token: token)
    )
  }
}
