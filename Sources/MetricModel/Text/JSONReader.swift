// SPDX-License-Identifier: MIT

/// Reads JSON from bytes of which nothing is known.
///
/// Strict in grammar (RFC 8259), so that half a reply is never taken for a whole one; broken UTF-8
/// shows as replacement characters.
package struct JSONReader {
  /// Nesting of lists and objects that is read.
  package static let depthMax = 64
  /// Values, the ones inside others included, that are read.
  package static let valuesMax = 2_000_000

  /// Each is exact.
  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  private let bytes: UnsafeBufferPointer<UInt8>
  /// Bytes of the text that were read.
  package var position = 0
  private var values = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// Reads a text piece by piece, for those who need no tree of it.
  ///
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - read: Gets a reader at the begin of the text, which is good until it returns.
  /// - Returns: What `read` makes of it.
  package static func scan<Outcome>(
    _ text: [UInt8],
    _ read: (inout JSONReader) -> Outcome
  ) -> Outcome {
    text.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      return read(&reader)
    }
  }

  /// Reads one value that fills the whole text but for blanks around it.
  ///
  /// - Parameter text: UTF-8; whoever received it has limited its length.
  /// - Returns: The value.
  /// - Throws: ``JSONError`` with the place of the first fault.
  package static func read(_ text: [UInt8]) throws(JSONError) -> JSONTree {
    let outcome = scan(text) { reader -> Result<JSONTree, JSONError> in
      do throws(JSONError) {
        let tree = try reader.value(depth: 0)
        try reader.end()
        return .success(tree)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// A fault at the position.
  package func fault(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }

  /// The byte at the position, nil at the end.
  package var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Passes over blanks.
  package mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  /// Passes over `byte` if it comes next.
  package mutating func pass(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// Makes sure that nothing but blanks follows.
  package mutating func end() throws(JSONError) {
    skipBlanks()
    guard position == bytes.count else { throw fault("more text after the value") }
  }

  /// Passes over a member's name and the colon behind it, if it is that name, written without
  /// escapes.
  package mutating func pass(name: String) -> Bool {
    guard next == UInt8(ascii: "\""), let end = end(of: name, from: position + 1),
      end < bytes.count, bytes[end] == UInt8(ascii: "\"")
    else { return false }
    let start = position
    position = end + 1
    skipBlanks()
    if pass(":") { return true }
    position = start
    return false
  }

  /// Reads a member's name and the colon behind it.
  package mutating func name() throws(JSONError) -> String {
    guard next == UInt8(ascii: "\"") else { throw fault("not the name of a member") }
    let name = try string()
    skipBlanks()
    guard pass(":") else { throw fault("no colon after the name of a member") }
    return name
  }

  /// Reads a value that is in so many lists and objects.
  package mutating func value(depth: Int) throws(JSONError) -> JSONTree {
    skipBlanks()
    values += 1
    guard values <= Self.valuesMax else { throw fault("more than \(Self.valuesMax) values") }
    switch next {
    case nil: throw fault("the text ends where a value belongs")
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .flag(true))
    case UInt8(ascii: "f"): return try word("false", .flag(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONTree) throws(JSONError) -> JSONTree {
    guard let end = end(of: word, from: position) else { throw fault("not a value") }
    position = end
    return value
  }

  /// The place behind a text; nil when another stands there.
  private func end(of text: String, from start: Int) -> Int? {
    var place = start
    for byte in text.utf8 {
      guard place < bytes.count, bytes[place] == byte else { return nil }
      place += 1
    }
    return place
  }

  /// Passes over a value of which only its grammar matters.
  package mutating func skip(depth: Int) throws(JSONError) {
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"):
      guard depth < Self.depthMax else { throw fault("deeper than \(Self.depthMax) levels") }
      position += 1
      skipBlanks()
      if pass("}") { return }
      while true {
        skipBlanks()
        _ = try name()
        try skip(depth: depth + 1)
        skipBlanks()
        if pass("}") { return }
        guard pass(",") else { throw fault("neither a comma nor the end of the object") }
      }
    case UInt8(ascii: "["):
      guard depth < Self.depthMax else { throw fault("deeper than \(Self.depthMax) levels") }
      position += 1
      skipBlanks()
      if pass("]") { return }
      while true {
        try skip(depth: depth + 1)
        skipBlanks()
        if pass("]") { return }
        guard pass(",") else { throw fault("neither a comma nor the end of the list") }
      }
    case UInt8(ascii: "\""):
      let start = position
      position += 1
      passPlainText()
      if pass("\"") { return }
      position = start
      _ = try string()
    default: _ = try value(depth: depth)
    }
  }

  private mutating func list(depth: Int) throws(JSONError) -> JSONTree {
    guard depth < Self.depthMax else { throw fault("deeper than \(Self.depthMax) levels") }
    position += 1
    skipBlanks()
    if pass("]") { return .list([]) }
    var items: [JSONTree] = []
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if pass("]") { return .list(items) }
      guard pass(",") else { throw fault("neither a comma nor the end of the list") }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONTree {
    guard depth < Self.depthMax else { throw fault("deeper than \(Self.depthMax) levels") }
    position += 1
    skipBlanks()
    if pass("}") { return .object([]) }
    var members: [JSONTree.Member] = []
    while true {
      skipBlanks()
      let name = try name()
      members.append(JSONTree.Member(name, try value(depth: depth + 1)))
      skipBlanks()
      if pass("}") { return .object(members) }
      guard pass(",") else { throw fault("neither a comma nor the end of the object") }
    }
  }

  private mutating func number() throws(JSONError) -> JSONTree {
    let start = position
    var isWhole = true
    let isNegative = pass("-")
    var (digits, decimals) = (0, 0)
    var mantissa: Int64 = 0
    if !pass("0") {
      digits = self.digits(into: &mantissa)
      if digits == 0 {
        position = start
        throw fault("not a value")
      }
    }
    if pass(".") {
      isWhole = false
      decimals = self.digits(into: &mantissa)
      guard decimals > 0 else { throw fault("no digit after the decimal point") }
    }
    var hasExponent = false
    if pass("e") || pass("E") {
      (isWhole, hasExponent) = (false, true)
      if !pass("+") { _ = pass("-") }
      var exponent: Int64 = 0
      guard self.digits(into: &exponent) > 0 else { throw fault("no digit in the exponent") }
    }
    // So few digits are exact in both types, and one division of exact numbers rounds once.
    if !hasExponent, digits + decimals <= 15 {
      if isWhole { return .integer(isNegative ? -mantissa : mantissa) }
      let value = Double(mantissa) / Self.powersOfTen[decimals]
      return .number(isNegative ? -value : value)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let double = Double(text) else { throw fault("a number out of range") }
    return .number(double)
  }

  /// Passes over digits and says how many there were; the number they add to is right for as many
  /// as fit.
  private mutating func digits(into number: inout Int64) -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) {
      number = number &* 10 &+ Int64(byte &- 0x30)
      position += 1
    }
    return position - start
  }

  /// Reads a string of which the quotation mark comes next.
  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    passPlainText()
    if next == UInt8(ascii: "\"") {
      // Nearly every string has no escape and is copied in one piece.
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    var text = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &text)
      case 0..<0x20: throw fault("a control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw fault("the text ends inside a string")
  }

  /// Passes over text up to what ends it or is written as an escape.
  private mutating func passPlainText() {
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw fault("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let scalar = try escapedScalar()
      text.append(contentsOf: String(scalar).utf8)
    default:
      position -= 1
      throw fault("an escape that JSON does not know")
    }
  }

  /// The character of `\uXXXX`, or of two of them that are a pair; half a pair is U+FFFD.
  private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    let afterFirst = position
    guard unit < 0xdc00, pass("\\"), pass("u") else {
      position = afterFirst
      return "\u{fffd}"
    }
    let low = try codeUnit()
    guard (0xdc00...0xdfff).contains(low) else {
      position = afterFirst
      return "\u{fffd}"
    }
    let code = 0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00)
    return Unicode.Scalar(code) ?? "\u{fffd}"
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Self.hexDigit(byte) else {
        throw fault("not four hexadecimal digits after \\u")
      }
      unit = unit << 4 | digit
      position += 1
    }
    return unit
  }

  private static func hexDigit(_ byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
