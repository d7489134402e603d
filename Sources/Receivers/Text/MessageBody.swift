// SPDX-License-Identifier: MIT
import Notifying

/// The text of a message below or with its first line, for services that take one text.
enum MessageBody {
  /// What the sentence about left out alerts may take.
  private static let moreReserve = 32
  private static let maximumFooter = 400

  /// Writes first line, alerts and footer.
  ///
  /// - Parameters:
  ///   - notification: What to say.
  ///   - limit: The most of the whole.
  ///   - unit: What the limit counts.
  ///   - markup: How the service writes.
  ///   - hasHeadline: The first line is part of the text.
  ///   - mostItems: Further alerts are counted only.
  /// - Returns: At most `limit` units.
  static func text(
    _ notification: AlertNotification,
    limit: Int,
    in unit: TextUnit,
    markup: Markup,
    hasHeadline: Bool = true,
    mostItems: Int = 10
  ) -> String {
    var text = BudgetedText(limit: limit, in: unit, markup: markup)
    if let own = notification.wording?.text {
      if hasHeadline {
        text.add(boldLine: notification.headline, atMost: max(limit / 2, 32))
        text.add(markup: markup.lineEnd)
      }
      text.add(block: own)
      return text.text
    }
    let footer = footer(notification, limit: min(maximumFooter, limit / 4), in: unit, markup)
    let reserve = footer.used + unit.cost(of: markup.lineEnd)
    if hasHeadline {
      text.add(boldLine: notification.headline, atMost: max(limit / 2, 32))
    }
    add(notification.items(most: mostItems), to: &text, reserving: reserve)
    if !text.text.isEmpty { text.add(markup: markup.lineEnd) }
    text.add(footer)
    return text.text
  }

  private static func add(
    _ items: (shown: [MessageItem], others: Int),
    to text: inout BudgetedText,
    reserving reserve: Int
  ) {
    let more = reserve + moreReserve
    var shown = 0
    for item in items.shown {
      let room = text.room - more
      guard room >= 64 else { break }
      var part = BudgetedText(limit: room, in: text.unit, markup: text.markup)
      if !text.text.isEmpty { part.add(markup: text.markup.lineEnd) }
      write(item, to: &part)
      // Half an alert says less than the count of those that are missing.
      guard !part.isCut || shown == 0 else { break }
      text.add(part)
      shown += 1
    }
    let all = items.shown.count + items.others
    let hidden = all - shown
    // The details of a single alert are no other alert.
    guard hidden > 0, all > 1 else { return }
    if !text.text.isEmpty { text.add(markup: text.markup.lineEnd) }
    text.add(line: "and \(hidden) more")
  }

  /// One alert in up to five lines.
  static func write(_ item: MessageItem, to text: inout BudgetedText) {
    let markup = text.markup
    var isFirst = true
    func nextLine(_ text: inout BudgetedText) {
      if !isFirst { text.add(markup: markup.lineEnd) }
      isFirst = false
    }
    if let title = item.title {
      nextLine(&text)
      text.add(boldLine: title, atMost: 400)
    }
    for line in item.lines {
      nextLine(&text)
      text.add(line: line, atMost: 600)
    }
    if let description = item.description {
      nextLine(&text)
      text.add(block: description, atMost: 1_200)
    }
    guard !item.links.isEmpty else { return }
    nextLine(&text)
    let links = item.links.map { markup.link($0.url, $0.title) }
    text.add(markup: links.joined(separator: " · "))
  }

  /// Why it is sent, about which group, and where to see more.
  static func footer(
    _ notification: AlertNotification,
    limit: Int,
    in unit: TextUnit,
    _ markup: Markup
  ) -> BudgetedText {
    var text = BudgetedText(limit: max(limit, 64), in: unit, markup: markup)
    let link = LinkTarget.safe(notification.externalURL).map {
      " · " + markup.link($0, "hvsmon")
    }
    let linkCost = link.map { unit.cost(of: $0) } ?? 0
    if let fault = notification.wording?.fault {
      text.add(line: "\(fault); these are hvsmon's own words", atMost: text.room / 2)
      text.add(markup: markup.lineEnd)
    }
    let labels = notification.groupText
    let words = notification.reasonText + (labels.isEmpty ? "" : " · \(labels)")
    text.add(line: words, atMost: max(text.room - linkCost, 40))
    if let link { text.add(markup: link) }
    return text
  }
}
