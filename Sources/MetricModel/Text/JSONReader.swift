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

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var values = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// Reads one value that fills the whole text but for blanks around it.
  ///
  /// - Parameter text: UTF-8; whoever received it has limited its length.
  /// - Returns: The value.
  /// - Throws: ``JSONError`` with the place of the first fault.
  package static func read(_ text: [UInt8]) throws(JSONError) -> JSONTree {
    let outcome = text.withUnsafeBufferPointer { bytes -> Result<JSONTree, JSONError> in
      var reader = JSONReader(bytes)
      do throws(JSONError) {
        let tree = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.position == bytes.count else {
          throw reader.fault("more text after the value")
        }
        return .success(tree)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func fault(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }

  /// The byte at the position, nil at the end.
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  /// Passes over `byte` if it comes next.
  private mutating func pass(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONTree {
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
    let end = position + word.utf8.count
    guard end <= bytes.count, bytes[position..<end].elementsEqual(word.utf8) else {
      throw fault("not a value")
    }
    position = end
    return value
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
      guard next == UInt8(ascii: "\"") else { throw fault("not the name of a member") }
      let name = try string()
      skipBlanks()
      guard pass(":") else { throw fault("no colon after the name of a member") }
      members.append(JSONTree.Member(name, try value(depth: depth + 1)))
      skipBlanks()
      if pass("}") { return .object(members) }
      guard pass(",") else { throw fault("neither a comma nor the end of the object") }
    }
  }

  private mutating func number() throws(JSONError) -> JSONTree {
    let start = position
    var isWhole = true
    _ = pass("-")
    if !pass("0"), digits() == 0 {
      position = start
      throw fault("not a value")
    }
    if pass(".") {
      isWhole = false
      guard digits() > 0 else { throw fault("no digit after the decimal point") }
    }
    if pass("e") || pass("E") {
      isWhole = false
      if !pass("+") { _ = pass("-") }
      guard digits() > 0 else { throw fault("no digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let double = Double(text) else { throw fault("a number out of range") }
    return .number(double)
  }

  /// Passes over digits and says how many there were.
  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
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
