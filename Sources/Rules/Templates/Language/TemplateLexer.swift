// SPDX-License-Identifier: MIT
import MetricModel

/// A word inside the braces.
enum TemplateToken: Equatable {
  case space
  case dot
  /// `.name`
  case field(String)
  /// `$name`, without the dollar; empty for `$` alone.
  case variable(String)
  case identifier(String)
  case keyword(String)
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case none
  case pipe
  case comma
  case declare
  case assign
  case open
  case close
}

/// A token and where it stands.
struct PlacedToken {
  let token: TemplateToken
  let place: TemplatePlace
}

/// A stretch of literal text, or the words between one pair of braces.
enum TemplatePiece {
  case text(String)
  case action([PlacedToken], TemplatePlace)
}

/// Cuts a template into literal text and actions.
struct TemplateLexer {
  static let keywords: Set<String> = [
    "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
  ]

  let bytes: [UInt8]
  var position = 0
  private var line = 1
  private var lineStart = 0
  private var lineCounted = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// The whole template in order.
  mutating func pieces() throws(TemplateError) -> [TemplatePiece] {
    var pieces: [TemplatePiece] = []
    var textStart = 0
    while let opening = nextOpening(from: position) {
      var textEnd = opening
      var start = opening + 2
      if byte(at: start) == UInt8(ascii: "-"), isSpace(byte(at: start + 1)) {
        while textEnd > textStart, isSpace(bytes[textEnd - 1]) { textEnd -= 1 }
        start += 2
      }
      appendText(textStart..<textEnd, to: &pieces)
      position = start
      let place = self.place(at: opening)
      if starts("/*") {
        try skipComment(openedAt: place)
      } else {
        pieces.append(.action(try actionTokens(openedAt: place), place))
      }
      if skipClosing() {
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
      }
      textStart = position
    }
    appendText(textStart..<bytes.count, to: &pieces)
    return pieces
  }

  private func appendText(_ range: Range<Int>, to pieces: inout [TemplatePiece]) {
    if !range.isEmpty { pieces.append(.text(String(decoding: bytes[range], as: UTF8.self))) }
  }

  private func nextOpening(from start: Int) -> Int? {
    guard bytes.count >= 2 else { return nil }
    let brace = UInt8(ascii: "{")
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == brace, bytes[index + 1] == brace { return index }
      index += 1
    }
    return nil
  }

  private mutating func skipComment(openedAt place: TemplatePlace) throws(TemplateError) {
    position += 2
    while position < bytes.count, !starts("*/") { position += 1 }
    guard position < bytes.count else { throw place.error("the comment is not closed") }
    position += 2
    guard isAtClosing else {
      throw self.place(at: position).error("the comment ends before the closing braces")
    }
  }

  /// The position stands at `}}` or ` -}}`.
  private var isAtClosing: Bool {
    starts("}}") || (isSpace(byte(at: position)) && starts("-}}", after: 1))
  }

  /// Steps over the closing braces; true when they trim the text after them.
  private mutating func skipClosing() -> Bool {
    let trims = !starts("}}")
    position += trims ? 4 : 2
    return trims
  }

  private mutating func actionTokens(
    openedAt opening: TemplatePlace
  ) throws(TemplateError) -> [PlacedToken] {
    var tokens: [PlacedToken] = []
    var depth = 0
    while !isAtClosing {
      guard position < bytes.count else { throw opening.error("the braces are not closed") }
      let place = self.place(at: position)
      let token = try nextToken(at: place)
      switch token {
      case .open: depth += 1
      case .close: depth -= 1
      default: break
      }
      guard depth >= 0 else { throw place.error("unexpected right parenthesis") }
      tokens.append(PlacedToken(token: token, place: place))
    }
    guard depth == 0 else { throw opening.error("a parenthesis is not closed") }
    return tokens
  }

  private mutating func nextToken(at place: TemplatePlace) throws(TemplateError) -> TemplateToken {
    let first = bytes[position]
    switch first {
    case let space where isSpace(space):
      while !isAtClosing, position < bytes.count, isSpace(bytes[position]) { position += 1 }
      return .space
    case UInt8(ascii: "|"): return single(.pipe)
    case UInt8(ascii: ","): return single(.comma)
    case UInt8(ascii: "="): return single(.assign)
    case UInt8(ascii: "("): return single(.open)
    case UInt8(ascii: ")"): return single(.close)
    case UInt8(ascii: ":"):
      guard starts(":=") else { throw place.error("expected :=") }
      position += 2
      return .declare
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
      return try quoted(first, at: place)
    case UInt8(ascii: "$"):
      position += 1
      return .variable(try word(at: place))
    case UInt8(ascii: ".") where !isDigit(byte(at: position + 1)):
      position += 1
      let name = try word(at: place)
      return name.isEmpty ? .dot : .field(name)
    case let byte where isDigit(byte) || byte == UInt8(ascii: "."): return try number(at: place)
    case UInt8(ascii: "+"), UInt8(ascii: "-"): return try number(at: place)
    case let byte where isWordByte(byte): return named(try word(at: place))
    default:
      let shown = String(decoding: [first], as: UTF8.self)
      throw place.error("unexpected character \(shown.quotedForPromQL)")
    }
  }

  private func named(_ word: String) -> TemplateToken {
    switch word {
    case "true": .flag(true)
    case "false": .flag(false)
    case "nil": .none
    default: Self.keywords.contains(word) ? .keyword(word) : .identifier(word)
    }
  }

  private mutating func single(_ token: TemplateToken) -> TemplateToken {
    position += 1
    return token
  }

  /// Reads letters, digits, underscores; what follows must be able to end a word.
  private mutating func word(at place: TemplatePlace) throws(TemplateError) -> String {
    let start = position
    while position < bytes.count, isWordByte(bytes[position]) { position += 1 }
    guard isAtClosing || isWordEnd(byte(at: position)) else {
      let shown = String(decoding: bytes[position...position], as: UTF8.self)
      throw self.place(at: position).error("unexpected character \(shown.quotedForPromQL)")
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }
}

extension TemplateLexer {
  /// The line and column of a byte; asked in rising order.
  mutating func place(at offset: Int) -> TemplatePlace {
    while lineCounted < min(offset, bytes.count) {
      if bytes[lineCounted] == UInt8(ascii: "\n") {
        line += 1
        lineStart = lineCounted + 1
      }
      lineCounted += 1
    }
    return TemplatePlace(line: line, column: max(offset - lineStart, 0) + 1)
  }

  func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  func starts(_ text: StaticString, after offset: Int = 0) -> Bool {
    let start = position + offset
    guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
    return text.withUTF8Buffer { wanted in
      for index in 0..<wanted.count where bytes[start + index] != wanted[index] { return false }
      return true
    }
  }

  func isSpace(_ byte: UInt8?) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
  }

  func isDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// Letters, digits, underscores, and every letter outside ASCII.
  func isWordByte(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
      || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
  }

  private func isWordEnd(_ byte: UInt8?) -> Bool {
    guard let byte else { return true }
    return isSpace(byte) || ".,|:()=".utf8.contains(byte)
  }
}
