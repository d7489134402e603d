// SPDX-License-Identifier: MIT

/// Text for one field of a message that cannot grow beyond the field's limit.
///
/// Markup goes in whole or not at all; text is made visible, escaped, and cut at a whole character.
struct BudgetedText {
  private static let ellipsis = "…"

  let limit: Int
  let unit: TextUnit
  let markup: Markup
  private(set) var text = ""
  private(set) var used = 0
  /// Something did not fit into the limit.
  private(set) var isCut = false

  init(limit: Int, in unit: TextUnit, markup: Markup) {
    precondition(limit >= 16, "a field has room for an ellipsis")
    self.limit = limit
    self.unit = unit
    self.markup = markup
  }

  /// What is left of the limit.
  var room: Int { limit - used }

  /// Adds a piece of markup if all of it fits.
  mutating func add(markup piece: String) {
    let cost = unit.cost(of: piece)
    guard cost <= room else {
      isCut = true
      return
    }
    text += piece
    used += cost
  }

  /// Adds text on one line.
  ///
  /// - Parameters:
  ///   - line: Plain text.
  ///   - most: The most of the limit that it may take; what it has more is cut, which is no cut of
  ///     the whole.
  mutating func add(line: String, atMost most: Int = .max) {
    let room = room
    if add(visible: VisibleText.line(line), atMost: min(most, room)), most > room { isCut = true }
  }

  /// Adds text on one line in bold, where the service has that.
  mutating func add(boldLine line: String, atMost most: Int) {
    let frame = unit.cost(of: markup.bold.open) + unit.cost(of: markup.bold.close)
    guard room >= frame + 16 else {
      isCut = true
      return
    }
    let isLimitedByRoom = room < most
    add(markup: markup.bold.open)
    let isShortened = add(
      visible: VisibleText.line(line),
      atMost: min(most - frame, room - unit.cost(of: markup.bold.close))
    )
    if isShortened, isLimitedByRoom { isCut = true }
    add(markup: markup.bold.close)
  }

  /// Adds text that may have several lines.
  mutating func add(block: String, atMost most: Int = .max) {
    let room = room
    if add(visible: VisibleText.block(block), atMost: min(most, room)), most > room {
      isCut = true
    }
  }

  /// Adds as much as the limit takes; true when that is not all.
  private mutating func add(visible: String, atMost allowed: Int) -> Bool {
    let reserve = unit.cost(of: Self.ellipsis)
    var pieces = ""
    var cost = 0
    /// The longest start that leaves room for an ellipsis.
    var start = (bytes: 0, cost: 0)
    for character in visible {
      let piece = escaped(character)
      let next = cost + unit.cost(of: piece)
      guard next <= allowed else {
        guard start.cost + reserve <= allowed else { return true }
        text += pieces[..<pieces.utf8.index(pieces.startIndex, offsetBy: start.bytes)]
        text += Self.ellipsis
        used += start.cost + reserve
        return true
      }
      pieces += piece
      cost = next
      if cost + reserve <= allowed { start = (pieces.utf8.count, cost) }
    }
    text += pieces
    used += cost
    return false
  }

  private func escaped(_ character: Character) -> String {
    if character == "\n" { return markup.lineEnd }
    var result = ""
    for scalar in character.unicodeScalars {
      if let escape = markup.escape(scalar) {
        result += escape
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Adds text that was built for the same field, if all of it fits.
  mutating func add(_ part: BudgetedText) { add(markup: part.text) }
}

extension BudgetedText {
  /// One line of text cut to a limit.
  static func line(
    _ line: String,
    limit: Int,
    in unit: TextUnit = .utf16,
    markup: Markup = .plain
  ) -> String {
    var text = BudgetedText(limit: limit, in: unit, markup: markup)
    text.add(line: line)
    return text.text
  }
}
