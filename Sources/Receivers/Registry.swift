// SPDX-License-Identifier: MIT
package import MetricModel
package import Net
package import Notifying

/// What receivers need of the outside.
package struct ReceiverServices: Sendable {
  let client: HTTPClient
  let clock: any TimeSource

  /// Names the client that carries every message, and the clock for time stamps in them.
  package init(client: HTTPClient, clock: any TimeSource) {
    self.client = client
    self.clock = clock
  }
}

/// Every way to tell people, in the order of the documentation; add yours here.
package func allReceiverKinds(_ services: ReceiverServices) -> [any ReceiverKind] {
  [
    SlackKind(services: services),
    DiscordKind(services: services),
    TeamsKind(services: services),
    TelegramKind(services: services),
    MatrixKind(services: services),
    GoogleChatKind(services: services),
    MattermostKind(services: services),
    RocketChatKind(services: services),
    NtfyKind(services: services),
    GotifyKind(services: services),
    PushoverKind(services: services),
    PagerDutyKind(services: services),
    OpsgenieKind(services: services),
    EmailKind(services: services),
    WebhookKind(services: services),
  ]
}
