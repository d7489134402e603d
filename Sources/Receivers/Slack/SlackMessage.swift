// SPDX-License-Identifier: MIT
import Notifying

/// A notification as a Slack message: the first line, and the alerts in a coloured bar below.
///
/// Source: Slack's pages on Block Kit (50 blocks, 3,000 characters in a section or context element),
/// attachments and escaping; the notification text stays below the 4,000 characters advised.
enum SlackMessage {
  private static let maximumTextUnits = 2_900
  private static let maximumAlerts = 10

  /// Slack's escapes, which also disarm mentions.
  static let markup = Markup(
    escape: { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: nil
      }
    },
    link: { url, title in
      let address = url.split(separator: "&", omittingEmptySubsequences: false)
      return "<\(address.joined(separator: "&amp;"))|\(title)>"
    }
  )

  /// The members of a message that say a notification.
  static func members(_ notification: AlertNotification, _ form: MessageForm) -> [JSONValue.Member]
  {
    let headline = BudgetedText.line(
      notification.headline,
      limit: maximumTextUnits,
      markup: markup
    )
    var members: [JSONValue.Member] = [.init(name: "text", value: .string(headline))]
    if form == .rich {
      members += [
        .init(name: "blocks", value: .array([section(headline)])),
        .init(name: "attachments", value: .array([attachment(notification)])),
      ]
    }
    return members + [
      .init(name: "unfurl_links", value: .flag(false)),
      .init(name: "unfurl_media", value: .flag(false)),
    ]
  }

  private static func attachment(_ notification: AlertNotification) -> JSONValue {
    if let own = notification.wording?.text {
      var text = BudgetedText(limit: maximumTextUnits, in: .utf16, markup: markup)
      text.add(block: own)
      return .members(
        ("color", .string(notification.tone.colorText)),
        ("blocks", .array([section(text.text)]))
      )
    }
    let (items, hidden) = notification.items(most: maximumAlerts)
    var blocks = items.flatMap { sections(of: $0) }
    if hidden > 0 { blocks.append(section("and \(hidden) more")) }
    let footer = MessageBody.footer(
      notification,
      limit: maximumTextUnits,
      in: .utf16,
      markup
    )
    blocks.append(context(footer.text))
    return .members(
      ("color", .string(notification.tone.colorText)),
      ("blocks", .array(blocks))
    )
  }

  /// One alert: its texts, in which nothing is markup, and its links.
  private static func sections(of item: MessageItem) -> [JSONValue] {
    let words = MessageItem(
      title: item.title,
      lines: item.lines,
      description: item.description,
      links: []
    )
    var blocks: [JSONValue] = []
    if !words.isEmpty {
      var text = BudgetedText(limit: maximumTextUnits, in: .utf16, markup: markup)
      MessageBody.write(words, to: &text)
      blocks.append(section(text.text))
    }
    if !item.links.isEmpty {
      let links = item.links.map { markup.link($0.url, $0.title) }
      blocks.append(context(links.joined(separator: " · ")))
    }
    return blocks
  }

  /// Plain text: stars and dashes in names are no markup there.
  private static func section(_ text: String) -> JSONValue {
    .members(
      ("type", .string("section")),
      (
        "text",
        .members(
          ("type", .string("plain_text")),
          ("text", .string(text)),
          ("emoji", .flag(false))
        )
      )
    )
  }

  private static func context(_ text: String) -> JSONValue {
    .members(
      ("type", .string("context")),
      (
        "elements",
        .array([
          .members(
            ("type", .string("mrkdwn")),
            ("text", .string(text)),
            ("verbatim", .flag(true))
          )
        ])
      )
    )
  }
}
