// SPDX-License-Identifier: MIT

/// A piece of a query's text.
struct Token: Equatable {
  enum Kind: Equatable {
    /// A name or keyword; which of the two depends on where it stands.
    case word(String)
    /// A number, or a duration in seconds.
    case number(Double)
    case string(String)
    case symbol(Symbol)
    case end
    /// The text is faulty from here on; the message says how.
    case invalid(String)
  }

  let kind: Kind
  /// The offset of its first byte.
  let start: Int

  /// How messages name it.
  var name: String {
    switch kind {
    case .word(let text): "identifier \"\(text)\""
    case .number: "number"
    case .string: "string"
    case .symbol(let symbol): "\"\(symbol.rawValue)\""
    case .end: "end of input"
    case .invalid: "character"
    }
  }
}

/// Punctuation and operators.
enum Symbol: String {
  case plus = "+"
  case minus = "-"
  case asterisk = "*"
  case slash = "/"
  case percent = "%"
  case caret = "^"
  case equalEqual = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case equal = "="
  case matches = "=~"
  case doesNotMatch = "!~"
  case comma = ","
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBrace = "{"
  case rightBrace = "}"
  case leftBracket = "["
  case rightBracket = "]"
  case colon = ":"
  case at = "@"
}

/// Tells letters and digits of PromQL's ASCII words apart.
enum CharacterClass {
  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
      || byte == UInt8(ascii: "\r")
  }

  /// The text is `[A-Za-z_][A-Za-z0-9_]*`.
  static func isLabelName(_ text: String) -> Bool { isName(text, allowingColon: false) }

  /// The text is `[A-Za-z_:][A-Za-z0-9_:]*`.
  static func isMetricName(_ text: String) -> Bool { isName(text, allowingColon: true) }

  private static func isName(_ text: String, allowingColon: Bool) -> Bool {
    var isFirst = true
    for byte in text.utf8 {
      let isColon = allowingColon && byte == UInt8(ascii: ":")
      guard isLetter(byte) || isColon || (!isFirst && isDigit(byte)) else { return false }
      isFirst = false
    }
    return !isFirst
  }
}
