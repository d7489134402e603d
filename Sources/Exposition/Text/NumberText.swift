// SPDX-License-Identifier: MIT

/// A number as text, whatever its length: the careful way behind ``DecimalDigits``.
enum NumberText {
  /// The double nearest to the text; nil when it is no number of the formats.
  ///
  /// Decimal with an optional exponent, or infinity (`Inf`, `Infinity`) and `NaN` in any case; no
  /// hexadecimal, no underscores, nothing beyond the range of a double.
  static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let first = text.first else { return nil }
    var body = text[...]
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { body = body.dropFirst() }
    if isWord(body, "inf") || isWord(body, "infinity") {
      return first == UInt8(ascii: "-") ? -.infinity : .infinity
    }
    if isWord(text[...], "nan") { return .nan }
    guard isDecimal(body), let value = Double(String(decoding: text, as: UTF8.self)),
      value.isFinite
    else { return nil }
    return value
  }

  private static func isWord(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ word: StaticString)
    -> Bool
  {
    word.withUTF8Buffer { word in
      text.count == word.count && zip(text, word).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  /// Digits with at most one point among them or at either end, and an exponent behind them.
  private static func isDecimal(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    let isDigit: (UInt8) -> Bool = { $0 &- UInt8(ascii: "0") <= 9 }
    let mark = text.firstIndex { $0 | 0x20 == UInt8(ascii: "e") }
    let number = text[..<(mark ?? text.endIndex)]
    var points = 0
    var digits = 0
    for byte in number {
      if byte == UInt8(ascii: ".") {
        points += 1
      } else if isDigit(byte) {
        digits += 1
      } else {
        return false
      }
    }
    guard digits > 0, points <= 1 else { return false }
    guard let mark else { return true }
    var exponent = text[text.index(after: mark)...]
    if exponent.first == UInt8(ascii: "-") || exponent.first == UInt8(ascii: "+") {
      exponent = exponent.dropFirst()
    }
    return !exponent.isEmpty && exponent.allSatisfy(isDigit)
  }
}
