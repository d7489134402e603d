// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `webhook`: posts Alertmanager's version 4 body to any URL.
struct WebhookKind: ReceiverKind {
  let key = "webhook"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let maximum = section.integer("max_alerts", default: 0, in: 0...100_000)
    let key = section.secret("secret")
    let post = EndpointPost.read(
      section,
      urlKey: "url",
      meaning: "where to post",
      services: services
    )
    return post.map { WebhookReceiver(post: $0, key: key, maximumAlerts: maximum) }
  }
}
