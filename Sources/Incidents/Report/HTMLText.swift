// SPDX-License-Identifier: MIT

/// HTML that is being written: its own words are in the source, every other text is escaped.
struct HTMLText {
  private(set) var html = ""

  /// HTML from the source.
  mutating func raw(_ html: StaticString) {
    html.withUTF8Buffer { self.html += String(decoding: $0, as: UTF8.self) }
  }

  /// Text from anywhere, which also fits between quotes.
  mutating func text(_ text: String) {
    for character in text.unicodeScalars {
      switch character {
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "&": html += "&amp;"
      case "\"": html += "&quot;"
      case "'": html += "&#39;"
      default: html.unicodeScalars.append(character)
      }
    }
  }

  /// A number with at most one digit behind the point.
  mutating func number(_ number: Double) {
    let tenths = number.isFinite ? Int(max(-1e9, min(number, 1e9)) * 10) : 0
    html += tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }
}
