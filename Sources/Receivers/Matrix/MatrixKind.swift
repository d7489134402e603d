// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `matrix`: writes to a room that is not encrypted, and edits there.
struct MatrixKind: ReceiverKind {
  let key = "matrix"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let server = section.ownServiceURL("homeserver_url", "the address of the homeserver")
    let token = section.requiredToken("access_token", "the access token of the account that writes")
    let room = section.neededText("room_id", "the room's id, such as !abc:example.org")
    let endpoint = Endpoint(section, services: services, hiding: [token])
    guard let server, let token, let room else { return nil }
    guard room.hasPrefix("!") else {
      section.report("room_id", "must be a room id, which begins with an exclamation mark")
      return nil
    }
    return ServiceReceiver(
      service: MatrixService(endpoint: endpoint, server: server, token: token, room: room)
    )
  }
}
