// SPDX-License-Identifier: MIT
import MetricModel

extension TemplateLexer {
  /// Reads `12`, `-1.5`, `1e3`, `0x1f`, `0b1`, `1_000`.
  mutating func number(at place: TemplatePlace) throws(TemplateError) -> TemplateToken {
    let start = position
    if byte(at: position) == UInt8(ascii: "+") || byte(at: position) == UInt8(ascii: "-") {
      position += 1
    }
    while let next = byte(at: position), isNumberByte(next, from: start) { position += 1 }
    let written = String(decoding: bytes[start..<position], as: UTF8.self)
    let text = written.filter { $0 != "_" }
    if let integer = Self.integer(text) { return .integer(integer) }
    let isFloat = text.contains { ".eEpP".contains($0) }
    if isFloat, let number = Double(text), number.isFinite { return .number(number) }
    throw place.error("\(written.quotedForPromQL) is not a number that can be used")
  }

  private func isNumberByte(_ byte: UInt8, from start: Int) -> Bool {
    if isWordByte(byte) || byte == UInt8(ascii: ".") { return true }
    guard byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), position > start else {
      return false
    }
    let isHexadecimal = bytes[start..<position].contains(UInt8(ascii: "x"))
    return bytes[position - 1] | 0x20 == (isHexadecimal ? UInt8(ascii: "p") : UInt8(ascii: "e"))
  }

  private static func integer(_ text: String) -> Int? {
    let isNegative = text.hasPrefix("-")
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard let first = digits.first, first.isASCII, first.isNumber else { return nil }
    let lowered = digits.lowercased()
    var radix = 10
    var rest = lowered[...]
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where lowered.hasPrefix(prefix) {
      radix = base
      rest = lowered.dropFirst(2)
    }
    if radix == 10, lowered.count > 1, lowered.hasPrefix("0") {
      radix = 8
      rest = lowered.dropFirst()
    }
    guard let head = rest.first, head.isHexDigit else { return nil }
    return Int((isNegative ? "-" : "") + rest, radix: radix)
  }

  /// Reads `"text"`, `` `raw text` `` or `'c'`, which is the character's number.
  mutating func quoted(
    _ quote: UInt8,
    at place: TemplatePlace
  ) throws(TemplateError) -> TemplateToken {
    position += 1
    let start = position
    if quote == UInt8(ascii: "`") {
      while let next = byte(at: position), next != quote { position += 1 }
      guard position < bytes.count else { throw place.error("the raw text is not closed") }
      position += 1
      let raw = bytes[start..<(position - 1)].filter { $0 != 0x0d }
      return .text(String(decoding: raw, as: UTF8.self))
    }
    var text: [UInt8] = []
    while let next = byte(at: position), next != quote {
      guard next != 0x0a else { throw place.error("the text is not closed on its line") }
      position += 1
      if next == UInt8(ascii: "\\") {
        text += try escape(in: quote, at: place)
      } else {
        text.append(next)
      }
    }
    guard position < bytes.count else { throw place.error("the text is not closed") }
    position += 1
    let decoded = String(decoding: text, as: UTF8.self)
    guard quote == UInt8(ascii: "'") else { return .text(decoded) }
    let scalars = Array(decoded.unicodeScalars)
    guard scalars.count == 1 else { throw place.error("'...' must hold one character") }
    return .integer(Int(scalars[0].value))
  }

  /// Reads what follows a backslash.
  private mutating func escape(
    in quote: UInt8,
    at place: TemplatePlace
  ) throws(TemplateError) -> [UInt8] {
    guard let letter = byte(at: position) else { throw place.error("the text is not closed") }
    position += 1
    switch letter {
    case UInt8(ascii: "a"): return [0x07]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "v"): return [0x0b]
    case UInt8(ascii: "\\"), quote: return [letter]
    case UInt8(ascii: "x"): return [UInt8(truncatingIfNeeded: try digits(2, radix: 16, at: place))]
    case UInt8(ascii: "u"): return try scalar(digits(4, radix: 16, at: place), at: place)
    case UInt8(ascii: "U"): return try scalar(digits(8, radix: 16, at: place), at: place)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      return [UInt8(truncatingIfNeeded: try digits(3, radix: 8, at: place))]
    default:
      let shown = String(decoding: [letter], as: UTF8.self)
      throw place.error("\\\(shown) is not an escape")
    }
  }

  private mutating func digits(
    _ count: Int,
    radix: Int,
    at place: TemplatePlace
  ) throws(TemplateError) -> UInt32 {
    let end = min(position + count, bytes.count)
    let text = String(decoding: bytes[position..<end], as: UTF8.self)
    guard text.utf8.count == count, text.first != "+", text.first != "-",
      let number = UInt32(text, radix: radix)
    else { throw place.error("an escape needs \(count) digits") }
    position = end
    return number
  }

  private func scalar(
    _ number: UInt32,
    at place: TemplatePlace
  ) throws(TemplateError) -> [UInt8] {
    guard let scalar = Unicode.Scalar(number) else {
      throw place.error("an escape names no character")
    }
    return Array(String(Character(scalar)).utf8)
  }
}
