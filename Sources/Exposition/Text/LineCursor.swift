// SPDX-License-Identifier: MIT
import MetricModel

/// Walks over one line with every check: the careful way.
struct LineCursor {
  typealias Bytes = UnsafeBufferPointer<UInt8>

  /// The line without its line feed.
  let line: Bytes
  let rules: ExpositionRules
  var position = 0

  init(_ line: Bytes, _ rules: ExpositionRules) {
    self.line = line
    self.rules = rules
  }

  var isOpenMetrics: Bool { rules.format == .openMetrics }
  var isAtEnd: Bool { position == line.count }
  /// The byte at the position; nil at the end.
  var next: UInt8? { position < line.count ? line[position] : nil }
  /// What is left of the line.
  var rest: Bytes { Bytes(rebasing: line[position...]) }

  func slice(from start: Int) -> Bytes { Bytes(rebasing: line[start..<position]) }

  /// Passes over `byte` if it comes next.
  mutating func pass(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// Passes over blanks and tabs; OpenMetrics has none but single blanks.
  mutating func passBlanks() {
    guard !isOpenMetrics else { return }
    while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { position += 1 }
  }

  /// Passes over what stands between two parts of a line; false when nothing does.
  mutating func passSeparator() -> Bool {
    let start = position
    if isOpenMetrics { return pass(" ") }
    passBlanks()
    return position > start
  }

  /// The bytes up to the next blank.
  mutating func word() -> Bytes {
    let start = position
    while let byte = next, byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { position += 1 }
    return slice(from: start)
  }

  /// A name that needs no quotes; empty when there is none.
  mutating func bareName(allowsColon: Bool) -> Bytes {
    let start = position
    while let byte = next {
      let isLetter = byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
      let isDigit = byte &- UInt8(ascii: "0") <= 9 && position > start
      guard
        isLetter || isDigit || byte == UInt8(ascii: "_")
          || byte == UInt8(ascii: ":") && allowsColon
      else { break }
      position += 1
    }
    return slice(from: start)
  }

  /// The text in double quotes at the position, without its escapes.
  mutating func quoted(limitBytes: Int) throws(LineFault) -> String {
    guard pass("\"") else { throw LineFault("a double quote is missing before a label's value") }
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
    if next == UInt8(ascii: "\"") {
      let plain = slice(from: start)
      position += 1
      return try Self.text(plain, limitBytes)
    }
    var unescaped = Array(slice(from: start))
    while let byte = next, byte != UInt8(ascii: "\"") {
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        unescaped.append(byte)
        continue
      }
      guard let escaped = next else { break }
      position += 1
      switch escaped {
      case UInt8(ascii: "n"): unescaped.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): unescaped.append(escaped)
      default:
        guard isOpenMetrics || !rules.isStrict else {
          throw LineFault("a backslash stands before something else than n, \\ or a double quote")
        }
        unescaped += [byte, escaped]
      }
    }
    guard pass("\"") else { throw LineFault("a label's value has no double quote at its end") }
    return try unescaped.withUnsafeBufferPointer { bytes throws(LineFault) in
      try Self.text(bytes, limitBytes)
    }
  }

  /// The bytes as text, which must be UTF-8.
  static func text(_ bytes: Bytes, _ limitBytes: Int = .max) throws(LineFault) -> String {
    guard bytes.count <= limitBytes else {
      throw LineFault("a label's value is over the limit of \(limitBytes) bytes")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw LineFault("a text is not UTF-8")
    }
    return text
  }

  /// The number that ends at the next blank.
  mutating func number(_ what: String) throws(LineFault) -> Double {
    let word = word()
    guard !word.isEmpty else { throw LineFault("\(what) is missing") }
    guard let number = NumberText.double(word) else {
      throw LineFault("\(what) is not a decimal number in the range of a double")
    }
    return number
  }

  /// The time that ends at the next blank: whole milliseconds, or seconds in OpenMetrics.
  mutating func time() throws(LineFault) -> (unixMilliseconds: Int64, seconds: Double) {
    let start = position
    let seconds = try number("the timestamp")
    guard seconds.isFinite else { throw LineFault("the timestamp is not a finite number") }
    let word = slice(from: start)
    let limit = Timestamp.distantFuture.unixMilliseconds
    if !isOpenMetrics {
      let digits = word.first == UInt8(ascii: "-") ? word.dropFirst() : word[...]
      guard digits.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
        throw LineFault("the timestamp is not a whole number of milliseconds")
      }
      guard let exact = Int64(String(decoding: word, as: UTF8.self)) else {
        return (seconds < 0 ? -limit : limit, seconds / 1_000)
      }
      return (min(max(exact, -limit), limit), seconds / 1_000)
    }
    let exact = Self.withTerminator(word) { place in
      var place = place
      return DecimalDigits(at: &place)?.thousandths
    }
    return (exact ?? Timestamp(unixSeconds: seconds).unixMilliseconds, seconds)
  }

  /// Gives the bytes with a line feed behind them, at which numbers end.
  private static func withTerminator<Result>(
    _ bytes: Bytes,
    _ body: (UnsafePointer<UInt8>) -> Result?
  ) -> Result? {
    (Array(bytes) + [UInt8(ascii: "\n")]).withUnsafeBufferPointer { bytes in
      bytes.baseAddress.flatMap(body)
    }
  }
}
