// SPDX-License-Identifier: MIT

extension Lexer {
  /// Reads a number, or a duration as its seconds.
  mutating func number() throws(LexicalFault) -> Double {
    let start = index
    while let byte = byte(at: index) {
      if CharacterClass.isDigit(byte) || CharacterClass.isLetter(byte)
        || byte == UInt8(ascii: ".")
      {
        index += 1
      } else if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), isExponentMark(start) {
        index += 1
      } else {
        break
      }
    }
    let text = text(start..<index)
    if let milliseconds = try DurationText.milliseconds(of: text) {
      return Double(milliseconds) / 1_000
    }
    if let value = NumberText.value(of: text) { return value }
    throw LexicalFault("bad number or duration syntax: \"\(text)\"")
  }

  /// The text read so far is a decimal number up to its `e`, and a digit follows the sign.
  private func isExponentMark(_ start: Int) -> Bool {
    guard index > start, bytes[index - 1] | 0x20 == UInt8(ascii: "e"),
      let next = byte(at: index + 1), CharacterClass.isDigit(next)
    else { return false }
    return bytes[start..<index - 1].allSatisfy { byte in
      CharacterClass.isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
  }
}

/// Durations as PromQL writes them: `1h30m`, units from large to small, each at most once.
package enum DurationText {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000),
    ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// The longest duration that is taken: what 63 bits of nanoseconds hold.
  private static let maximumMilliseconds = Int64.max / 1_000_000

  /// Reads a duration such as `5m` or `1h30m`; nil when the text is none, or too long.
  ///
  /// `0` alone is a duration; any other number without a unit is not.
  package static func duration(of text: String) -> Duration? {
    if text == "0" { return .zero }
    do throws(LexicalFault) {
      return try milliseconds(of: text).map { .milliseconds($0) }
    } catch {
      return nil
    }
  }

  /// The duration in the largest units that fit, such as `1h30m`; `0s` when it is zero.
  ///
  /// Only the size is written, not the sign, in whole milliseconds.
  package static func text(of duration: Duration) -> String {
    var rest = Int64(duration.wholeMillisecondsMagnitude)
    guard rest > 0 else { return "0s" }
    var text = ""
    for unit in units {
      // As Prometheus prints them: years and weeks only when nothing is left over.
      if unit.name == "y" || unit.name == "w", rest % unit.milliseconds != 0 { continue }
      let count = rest / unit.milliseconds
      if count > 0 { text += "\(count)\(unit.name)" }
      rest -= count * unit.milliseconds
    }
    return text
  }

  /// The duration's milliseconds, or nil when the text is not one at all.
  static func milliseconds(of text: String) throws(LexicalFault) -> Int64? {
    let bytes = Array(text.utf8)
    var total: Int64 = 0
    var index = 0
    var nextUnit = 0
    while index < bytes.count {
      let digits = bytes[index...].prefix(while: CharacterClass.isDigit)
      guard !digits.isEmpty else { return nil }
      index = digits.endIndex
      let letters = bytes[index...].prefix { !CharacterClass.isDigit($0) }
      index = letters.endIndex
      let name = String(decoding: letters, as: UTF8.self)
      guard let unit = units[nextUnit...].firstIndex(where: { $0.name == name }) else { return nil }
      nextUnit = unit + 1
      guard let count = Int64(String(decoding: digits, as: UTF8.self)) else {
        throw LexicalFault("duration out of range")
      }
      let (span, overflows) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
      guard !overflows, span <= maximumMilliseconds - total else {
        throw LexicalFault("duration out of range")
      }
      total += span
    }
    return bytes.isEmpty ? nil : total
  }
}

extension Duration {
  fileprivate var wholeMillisecondsMagnitude: UInt64 {
    let (seconds, attoseconds) = components
    let milliseconds = seconds.multipliedReportingOverflow(by: 1_000)
    guard !milliseconds.overflow else { return UInt64(Int64.max) }
    return (milliseconds.partialValue + attoseconds / 1_000_000_000_000_000).magnitude
  }
}

/// Numbers as PromQL writes them.
enum NumberText {
  /// The number's value, or nil when the text is none.
  ///
  /// As in Go, the text is tried as an integer first, and a leading 0 then means octal.
  static func value(of text: String) -> Double? {
    guard let plain = withoutUnderscores(text) else { return nil }
    let lower = plain.lowercased()
    if lower.hasPrefix("0x") {
      guard let first = lower.dropFirst(2).first, first.isHexDigit else { return nil }
      return UInt64(lower.dropFirst(2), radix: 16).map { Double($0) }
    }
    if lower.hasPrefix("0"), lower.count > 1, lower.utf8.allSatisfy(CharacterClass.isDigit),
      let octal = UInt64(lower, radix: 8)
    {
      return Double(octal)
    }
    let isDecimal = lower.utf8.allSatisfy { byte in
      CharacterClass.isDigit(byte) || ".e+-".utf8.contains(byte)
    }
    guard isDecimal else { return nil }
    if lower.hasSuffix(".") { return Double(lower + "0") }
    if let point = lower.range(ofText: ".e") {
      return Double(lower[..<point] + lower[point...].dropFirst())
    }
    return Double(lower)
  }

  /// The text without underscores, each of which must stand between digits or behind `0x`.
  private static func withoutUnderscores(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    let underscore = UInt8(ascii: "_")
    guard bytes.contains(underscore) else { return text }
    let isHexadecimal = text.lowercased().hasPrefix("0x")
    func isDigit(_ index: Int) -> Bool {
      guard bytes.indices.contains(index) else { return false }
      if isHexadecimal, index == 1 { return true }
      let byte = bytes[index]
      return CharacterClass.isDigit(byte)
        || isHexadecimal && (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
    for index in bytes.indices where bytes[index] == underscore {
      guard isDigit(index - 1), isDigit(index + 1) else { return nil }
    }
    return String(decoding: bytes.filter { $0 != underscore }, as: UTF8.self)
  }
}

extension String {
  /// The index at which `other` begins, or nil.
  fileprivate func range(ofText other: String) -> String.Index? {
    indices.first { self[$0...].hasPrefix(other) }
  }
}
