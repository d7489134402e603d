// SPDX-License-Identifier: MIT

/// Cuts a query's text into tokens.
struct Lexer {
  let bytes: [UInt8]
  var index = 0
  private var openParentheses = 0
  private var openBrackets = 0
  private var isInBraces = false

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// All tokens; the last is `.end` or `.invalid`.
  mutating func tokens() -> [Token] {
    var tokens: [Token] = []
    while true {
      skipSpace()
      let start = index
      let kind: Token.Kind
      do throws(LexicalFault) {
        kind = try next()
      } catch {
        kind = .invalid(error.message)
      }
      tokens.append(Token(kind: kind, start: start))
      switch kind {
      case .end, .invalid: return tokens
      default: break
      }
    }
  }

  func byte(at position: Int) -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private mutating func skipSpace() {
    while let byte = byte(at: index) {
      if byte == UInt8(ascii: "#") {
        while let comment = self.byte(at: index), comment != UInt8(ascii: "\n") { index += 1 }
      } else if CharacterClass.isSpace(byte) {
        index += 1
      } else {
        return
      }
    }
  }

  private mutating func next() throws(LexicalFault) -> Token.Kind {
    guard let first = byte(at: index) else { return try end() }
    let following = byte(at: index + 1)
    if CharacterClass.isDigit(first)
      || first == UInt8(ascii: ".") && following.map(CharacterClass.isDigit) == true
    {
      return .number(try number())
    }
    let isColon = first == UInt8(ascii: ":")
    if CharacterClass.isLetter(first) || isColon && openBrackets == 0 && !isInBraces {
      return .word(word())
    }
    switch first {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try quotedString(first))
    case UInt8(ascii: "`"): return .string(try rawString())
    default: return .symbol(try symbol(first, following))
    }
  }

  private func end() throws(LexicalFault) -> Token.Kind {
    if isInBraces { throw LexicalFault("unexpected end of input inside braces") }
    if openBrackets > 0 { throw LexicalFault("unclosed left bracket") }
    if openParentheses > 0 { throw LexicalFault("unclosed left parenthesis") }
    return .end
  }

  private mutating func word() -> String {
    let start = index
    while let byte = byte(at: index),
      CharacterClass.isLetter(byte) || CharacterClass.isDigit(byte)
        || byte == UInt8(ascii: ":") && openBrackets == 0 && !isInBraces
    {
      index += 1
    }
    return text(start..<index)
  }

  private mutating func symbol(_ first: UInt8, _ second: UInt8?) throws(LexicalFault) -> Symbol {
    if let second, let symbol = Symbol(rawValue: String(decoding: [first, second], as: UTF8.self)) {
      index += 2
      return symbol
    }
    guard let symbol = Symbol(rawValue: String(decoding: [first], as: UTF8.self)) else {
      throw LexicalFault("unexpected character: '\(characterText())'")
    }
    index += 1
    switch symbol {
    case .leftParenthesis: openParentheses += 1
    case .rightParenthesis:
      guard openParentheses > 0 else { throw LexicalFault("unexpected right parenthesis ')'") }
      openParentheses -= 1
    case .leftBrace:
      guard !isInBraces else { throw LexicalFault("unexpected left brace '{'") }
      isInBraces = true
    case .rightBrace:
      guard isInBraces else { throw LexicalFault("unexpected right brace '}'") }
      isInBraces = false
    case .leftBracket:
      guard openBrackets == 0 else { throw LexicalFault("unexpected left bracket '['") }
      openBrackets = 1
    case .rightBracket:
      guard openBrackets > 0 else { throw LexicalFault("unexpected right bracket ']'") }
      openBrackets = 0
    default: break
    }
    return symbol
  }

  /// The character at the index as text, whole even when it takes more than one byte.
  private func characterText() -> String {
    var end = index + 1
    while let byte = byte(at: end), byte & 0xc0 == 0x80 { end += 1 }
    return text(index..<end)
  }
}

/// What is wrong with a piece of text that is no token.
struct LexicalFault: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
