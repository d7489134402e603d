// SPDX-License-Identifier: MIT
import MetricModel

/// A value of BSON, as far as a server needs them to answer questions about itself.
enum MongoValue: Equatable, Sendable {
  case double(Double)
  case text(String)
  case document(MongoDocument)
  case list([MongoValue])
  case bytes([UInt8])
  /// 12 bytes.
  case objectID([UInt8])
  case bool(Bool)
  case date(Timestamp)
  case null
  case int32(Int32)
  case moment(seconds: UInt32, increment: UInt32)
  case int64(Int64)
  /// Any other type, with its bytes.
  case other(type: UInt8, [UInt8])

  /// The number it is, of whatever type.
  var number: Double? {
    switch self {
    case .double(let number): number
    case .int32(let number): Double(number)
    case .int64(let number): Double(number)
    default: nil
    }
  }

  /// MongoDB's idea of a switch that is on.
  var isOn: Bool {
    switch self {
    case .bool(let flag): flag
    case .null: false
    default: number.map { $0 != 0 } ?? true
    }
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
  var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  var document: MongoDocument? {
    if case .document(let document) = self { document } else { nil }
  }
}

extension MongoValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .text(text) }
  init(booleanLiteral flag: Bool) { self = .bool(flag) }
  init(integerLiteral number: Int32) { self = .int32(number) }
  init(floatLiteral number: Double) { self = .double(number) }
  init(arrayLiteral elements: MongoValue...) { self = .list(elements) }
  init(dictionaryLiteral fields: (String, MongoValue)...) {
    self = .document(MongoDocument(fields: fields.map { .init(name: $0, value: $1) }))
  }
}

/// Named values in an order.
struct MongoDocument: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  struct Field: Equatable, Sendable {
    let name: String
    let value: MongoValue
  }

  var fields: [Field]

  init(fields: [Field] = []) {
    self.fields = fields
  }

  init(dictionaryLiteral fields: (String, MongoValue)...) {
    self.fields = fields.map { Field(name: $0, value: $1) }
  }

  /// The first value of that name.
  subscript(name: String) -> MongoValue? { fields.first { $0.name == name }?.value }

  mutating func add(_ name: String, _ value: MongoValue) {
    fields.append(Field(name: name, value: value))
  }

  static func + (left: MongoDocument, right: MongoDocument) -> MongoDocument {
    MongoDocument(fields: left.fields + right.fields)
  }

  // MARK: Bytes, by bsonspec.org 1.1

  /// The document in bytes.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  private func write(to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes += [0, 0, 0, 0]
    for field in fields { Self.write(field.name, field.value, to: &bytes) }
    bytes.append(0)
    bytes.replaceSubrange(start..<start + 4, with: Int32(bytes.count - start).littleEndianBytes)
  }

  private static func write(_ name: String, _ value: MongoValue, to bytes: inout [UInt8]) {
    func begin(_ type: UInt8) {
      bytes.append(type)
      bytes += name.utf8
      bytes.append(0)
    }
    switch value {
    case .double(let number):
      begin(0x01)
      bytes += number.bitPattern.littleEndianBytes
    case .text(let text):
      begin(0x02)
      bytes += Int32(text.utf8.count + 1).littleEndianBytes
      bytes += text.utf8
      bytes.append(0)
    case .document(let document):
      begin(0x03)
      document.write(to: &bytes)
    case .list(let items):
      begin(0x04)
      MongoDocument(
        fields: items.enumerated().map { Field(name: String($0.offset), value: $0.element) }
      ).write(to: &bytes)
    case .bytes(let content):
      begin(0x05)
      bytes += Int32(content.count).littleEndianBytes
      bytes.append(0)
      bytes += content
    case .objectID(let content):
      begin(0x07)
      bytes += content
    case .bool(let flag):
      begin(0x08)
      bytes.append(flag ? 1 : 0)
    case .date(let instant):
      begin(0x09)
      bytes += instant.unixMilliseconds.littleEndianBytes
    case .null: begin(0x0a)
    case .int32(let number):
      begin(0x10)
      bytes += number.littleEndianBytes
    case .moment(let seconds, let increment):
      begin(0x11)
      bytes += increment.littleEndianBytes + seconds.littleEndianBytes
    case .int64(let number):
      begin(0x12)
      bytes += number.littleEndianBytes
    case .other(let type, let content):
      begin(type)
      bytes += content
    }
  }
}

extension FixedWidthInteger {
  /// The bytes, least significant first.
  var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }

  /// The number that the first bytes are, least significant first; nil when there are too few.
  init?(littleEndianBytes bytes: ArraySlice<UInt8>) {
    let size = Self.bitWidth / 8
    guard bytes.count >= size else { return nil }
    self = bytes.prefix(size).reversed().reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }
}
