// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules

/// A notification as a Slack message: the first line as text, the alerts in a coloured bar below.
///
/// Source: Slack's pages on incoming webhooks, Block Kit (50 blocks, 3,000 characters in a section)
/// and escaping; the text stays far below the 4,000 characters that Slack advises.
enum SlackMessage {
  private static let maximumTextUnits = 3_000
  private static let maximumSectionUnits = 2_900
  private static let maximumAlerts = 10

  /// The body of a notification.
  static func render(_ notification: AlertNotification) -> [UInt8] {
    let shown = notification.byImportance.prefix(maximumAlerts)
    var blocks: [JSONValue] = []
    if notification.alerts.count > 1 || hasDetails(shown.first) {
      blocks += shown.map { section(details($0, of: notification)) }
    }
    let hidden = notification.alerts.count - shown.count
    if hidden > 0 { blocks.append(section("+\(hidden) more")) }
    blocks.append(
      .members(
        ("type", .string("context")),
        ("elements", .array([markdown(footer(notification))]))
      )
    )
    return JSONValue.members(
      ("text", .string(headline(notification))),
      (
        "attachments",
        .array([.members(("color", .string(color(notification))), ("blocks", .array(blocks)))])
      ),
      ("unfurl_links", .flag(false)),
      ("unfurl_media", .flag(false))
    ).bytes
  }

  /// The body without blocks and colour, for a peer that refuses them.
  static func renderPlain(_ notification: AlertNotification) -> [UInt8] {
    JSONValue.members(("text", .string(headline(notification)))).bytes
  }

  private static func headline(_ notification: AlertNotification) -> String {
    SlackText.escaped(notification.headline.onOneLine, units: maximumTextUnits)
  }

  private static func color(_ notification: AlertNotification) -> String {
    switch notification.severity {
    case .page: "#d9302c"
    case .warning: "#e8a317"
    case .info: "#3b7ddd"
    case nil: notification.alerts.allSatisfy(\.isWithdrawn) ? "#8d8d8d" : "#2ea44f"
    }
  }

  private static func section(_ text: String) -> JSONValue {
    .members(("type", .string("section")), ("text", markdown(text)))
  }

  private static func markdown(_ text: String) -> JSONValue {
    .members(("type", .string("mrkdwn")), ("text", .string(text)))
  }

  /// There is more to say of the alert than the first line does.
  private static func hasDetails(_ told: NotifiedAlert?) -> Bool {
    told.map { AlertWords.annotation("description", of: $0.alert) != nil } ?? false
  }

  /// One alert of a message in up to four lines.
  private static func details(_ told: NotifiedAlert, of notification: AlertNotification) -> String {
    let alert = told.alert
    var lines: [String] = []
    if notification.alerts.count > 1 {
      let mark = alert.isResolved ? "resolved " : told.isNew ? "new " : ""
      let name = SlackText.escaped((alert.labels["alertname"] ?? "").onOneLine, units: 200)
      let object = SlackText.escaped(AlertWords.object(alert.labels).onOneLine, units: 300)
      lines.append("\(mark)*\(name)* \(object)")
      if let summary = AlertWords.annotation("summary", of: alert) {
        lines.append(SlackText.escaped(summary.onOneLine, units: 600))
      }
      lines.append(
        SlackText.escaped(
          AlertWords.course(told, isDelayed: notification.delayedSince != nil),
          units: 200
        )
      )
    }
    if let description = AlertWords.annotation("description", of: alert), !alert.isResolved {
      lines.append(SlackText.escaped(description, units: 1_200))
    }
    let text =
      lines.isEmpty ? AlertWords.course(told, isDelayed: false) : lines.joined(separator: "\n")
    precondition(text.utf16.count <= maximumSectionUnits, "the parts of a section fit into it")
    return text
  }

  private static func footer(_ notification: AlertNotification) -> String {
    var parts = [notification.reasonText]
    let labels = notification.groupLabels.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    if !labels.isEmpty { parts.append(SlackText.escaped(labels.onOneLine, units: 500)) }
    if !notification.externalURL.isEmpty {
      parts.append("<\(SlackText.linkTarget(notification.externalURL))|hvsmon>")
    }
    return parts.joined(separator: " · ")
  }
}

/// Text as Slack wants it.
enum SlackText {
  /// Escapes `&`, `<` and `>`, which also disarms mentions, and cuts at a whole character.
  ///
  /// - Parameters:
  ///   - text: Plain text.
  ///   - units: The most UTF-16 units of the result.
  /// - Returns: The text, with an ellipsis at the end when it was cut.
  static func escaped(_ text: String, units: Int) -> String {
    var result = ""
    var count = 0
    for character in text {
      let piece =
        switch character {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: String(character)
        }
      let length = piece.utf16.count
      // One unit is kept for the ellipsis until it is sure that nothing follows.
      guard count + length < units else {
        return result + "…"
      }
      result += piece
      count += length
    }
    return result
  }

  /// A URL for `<url|text>`, in which a bar or bracket would end it.
  static func linkTarget(_ url: String) -> String {
    var result = ""
    for character in url {
      switch character {
      case "|": result += "%7C"
      case ">": result += "%3E"
      case "<": result += "%3C"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }
}
