// SPDX-License-Identifier: MIT

extension Lexer {
  /// Reads a string in back-quotes, which knows no escapes.
  mutating func rawString() throws(LexicalFault) -> String {
    let start = index + 1
    var end = start
    while let byte = byte(at: end), byte != UInt8(ascii: "`") { end += 1 }
    guard end < bytes.count else { throw LexicalFault("unterminated raw string") }
    index = end + 1
    return text(start..<end)
  }

  /// Reads a string in single or double quotes.
  mutating func quotedString(_ quote: UInt8) throws(LexicalFault) -> String {
    var output: [UInt8] = []
    index += 1
    while let byte = byte(at: index) {
      index += 1
      switch byte {
      case quote:
        // Octal and hexadecimal escapes write bytes, which need not be UTF-8.
        return String(decoding: output, as: UTF8.self)
      case UInt8(ascii: "\n"): throw LexicalFault("unterminated quoted string")
      case UInt8(ascii: "\\"): output += try escape(in: quote)
      default: output.append(byte)
      }
    }
    throw LexicalFault("unterminated quoted string")
  }

  /// Reads what follows a backslash.
  private mutating func escape(in quote: UInt8) throws(LexicalFault) -> [UInt8] {
    guard let byte = byte(at: index) else { throw LexicalFault("escape sequence not terminated") }
    index += 1
    switch byte {
    case quote, UInt8(ascii: "\\"): return [byte]
    case UInt8(ascii: "a"): return [0x07]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "v"): return [0x0b]
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      index -= 1
      let value = try escapedNumber(digits: 3, radix: 8)
      guard value <= 255 else { throw LexicalFault("octal escape value \(value) > 255") }
      return [UInt8(value)]
    case UInt8(ascii: "x"): return [UInt8(try escapedNumber(digits: 2, radix: 16))]
    case UInt8(ascii: "u"): return try scalar(try escapedNumber(digits: 4, radix: 16))
    case UInt8(ascii: "U"): return try scalar(try escapedNumber(digits: 8, radix: 16))
    default: throw LexicalFault("unknown escape sequence")
    }
  }

  private mutating func escapedNumber(digits: Int, radix: Int) throws(LexicalFault) -> UInt32 {
    let end = index + digits
    guard end <= bytes.count else { throw LexicalFault("escape sequence not terminated") }
    let text = text(index..<end)
    // A sign is a digit to Swift's parser, not here.
    guard text.utf8.allSatisfy({ CharacterClass.isDigit($0) || CharacterClass.isLetter($0) }),
      let value = UInt32(text, radix: radix)
    else { throw LexicalFault("illegal character in escape sequence") }
    index = end
    return value
  }

  private func scalar(_ value: UInt32) throws(LexicalFault) -> [UInt8] {
    guard let scalar = Unicode.Scalar(value) else {
      throw LexicalFault("escape sequence is an invalid Unicode code point")
    }
    return Array(String(Character(scalar)).utf8)
  }
}
