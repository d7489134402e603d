// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `ntfy`: publishes to a topic of ntfy.sh or of an own server.
struct NtfyKind: ReceiverKind {
  let key = "ntfy"
  /// What a server refills: a request in five seconds.
  let standardRate: DeliveryRate? = DeliveryRate(12, per: .seconds(60))
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let server = section.serviceURL("url", default: "https://ntfy.sh")
    // On a public server who knows the topic may read it.
    let topic = section.requiredToken("topic", "the topic, which is a secret on a public server")
    let token = section.secret("token")
    let password = section.secret("password")
    let user = section.text("username")
    let endpoint = Endpoint(section, services: services, hiding: [topic, token, password])
    if token != nil, user != nil { section.report("token", "excludes username: give one of them") }
    if (user == nil) != (password == nil) {
      section.report("username", "username and password belong together")
    }
    guard let topic else { return nil }
    var login: NtfyService.Login?
    if let token {
      login = .token(token)
    } else if let user, let password {
      login = .password(user: user, password)
    }
    return ServiceReceiver(
      service: NtfyService(endpoint: endpoint, server: server, topic: topic, login: login)
    )
  }
}
