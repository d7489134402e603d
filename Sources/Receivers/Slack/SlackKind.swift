// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `slack`: posts to an incoming webhook of Slack, or of a service that takes the same messages.
struct SlackKind: ReceiverKind {
  let key = "slack"
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let post = EndpointPost.read(
      section,
      urlKey: "webhook_url",
      meaning: "the address of the incoming webhook",
      services: services
    )
    return post.map { SlackReceiver(post: $0) }
  }
}
