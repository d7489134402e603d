// SPDX-License-Identifier: MIT
import Notifying

extension MessageBody {
  /// The alerts as the one coloured attachment below a first line, as Mattermost and Rocket.Chat take
  /// it; `limit` counts UTF-16 units of its text.
  static func attachments(
    _ notification: AlertNotification,
    limit: Int,
    markup: Markup
  ) -> JSONValue {
    let text = text(
      notification,
      limit: limit,
      in: .utf16,
      markup: markup,
      hasHeadline: false
    )
    return .array([
      .members(
        ("color", .string(notification.tone.colorText)),
        ("text", .string(text))
      )
    ])
  }
}
