// SPDX-License-Identifier: MIT
import MetricModel

/// Reads documents that a client sent; nothing in them can make it read past their end.
struct MongoReader {
  struct Malformed: Error, Equatable {
    let reason: String
  }

  /// No command needs more.
  private static let depthMax = 24

  private var rest: ArraySlice<UInt8>

  /// Begins at the first of the bytes.
  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// Reads one document, and leaves what stands behind it.
  mutating func document(depth: Int = 0) throws(Malformed) -> MongoDocument {
    guard depth < Self.depthMax else { throw Malformed(reason: "nested too deep") }
    guard let size = Int32(littleEndianBytes: rest), size >= 5, size <= rest.count else {
      throw Malformed(reason: "a document's size is wrong")
    }
    var inner = MongoReader(rest.prefix(Int(size)).dropFirst(4))
    rest = rest.dropFirst(Int(size))
    guard inner.rest.popLast() == 0 else { throw Malformed(reason: "a document has no end") }
    var document = MongoDocument()
    while let type = inner.rest.popFirst() {
      let name = try inner.name()
      document.add(name, try inner.value(type, depth: depth))
    }
    return document
  }

  /// Text that ends with a zero byte.
  mutating func name() throws(Malformed) -> String {
    guard let end = rest.firstIndex(of: 0) else { throw Malformed(reason: "a name has no end") }
    let text = String(validating: rest[..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    guard let text else { throw Malformed(reason: "a name is not UTF-8") }
    return text
  }

  private mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw Malformed(reason: "a value is cut off") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(Malformed) -> Number {
    let bytes = try take(Number.bitWidth / 8)
    guard let number = Number(littleEndianBytes: bytes) else {
      throw Malformed(reason: "a number is cut off")
    }
    return number
  }

  private mutating func text() throws(Malformed) -> String {
    let size = try number(Int32.self)
    let bytes = try take(Int(size))
    guard bytes.last == 0 else { throw Malformed(reason: "a text has no end") }
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }

  private mutating func value(_ type: UInt8, depth: Int) throws(Malformed) -> MongoValue {
    switch type {
    case 0x01: return .double(Double(bitPattern: try number(UInt64.self)))
    case 0x02: return .text(try text())
    case 0x03: return .document(try document(depth: depth + 1))
    case 0x04: return .list(try document(depth: depth + 1).fields.map(\.value))
    case 0x05:
      let size = try number(Int32.self)
      let subtype = try number(UInt8.self)
      let content = Array(try take(Int(size)))
      guard subtype != 0 else { return .bytes(content) }
      return .other(type: type, size.littleEndianBytes + [subtype] + content)
    case 0x07: return .objectID(Array(try take(12)))
    case 0x08: return .bool(try number(UInt8.self) != 0)
    case 0x09: return .date(Timestamp(unixMilliseconds: try number(Int64.self)))
    case 0x0a: return .null
    case 0x10: return .int32(try number(Int32.self))
    case 0x11:
      let increment = try number(UInt32.self)
      return .moment(seconds: try number(UInt32.self), increment: increment)
    case 0x12: return .int64(try number(Int64.self))
    case 0x13: return .other(type: type, Array(try take(16)))
    case 0x06, 0x7f, 0xff: return .other(type: type, [])
    default: throw Malformed(reason: "a type that no command has")
    }
  }
}
