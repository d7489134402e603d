// SPDX-License-Identifier: MIT

/// One value of a BSON document, of any type that bsonspec.org 1.1 names.
package enum BSONValue: Equatable, Sendable {
  /// Type 01.
  case double(Double)
  /// Type 02.
  case string(String)
  /// Type 03.
  case document(BSONDocument)
  /// Type 04; its keys are the places, so they are not kept.
  case array([BSONValue])
  /// Type 05.
  case binary(BSONBinary)
  /// Type 06, deprecated.
  case undefined
  /// Type 07.
  case objectID(BSONObjectID)
  /// Type 08.
  case bool(Bool)
  /// Type 09: milliseconds since 1970, UTC; negative before.
  case datetime(unixMilliseconds: Int64)
  /// Type 0A.
  case null
  /// Type 0B; neither text holds a zero byte.
  indirect case regex(pattern: String, options: String)
  /// Type 0C, deprecated.
  indirect case pointer(collection: String, id: BSONObjectID)
  /// Type 0D.
  case code(String)
  /// Type 0E, deprecated.
  case symbol(String)
  /// Type 0F, deprecated.
  indirect case scopedCode(String, scope: BSONDocument)
  /// Type 10.
  case int32(Int32)
  /// Type 11.
  case timestamp(BSONTimestamp)
  /// Type 12.
  case int64(Int64)
  /// Type 13: the 16 bytes as they are on the wire, little-endian.
  case decimal128(low: UInt64, high: UInt64)
  /// Type FF.
  case minKey
  /// Type 7F.
  case maxKey
}

/// Bytes with a subtype.
package struct BSONBinary: Equatable, Sendable {
  /// 00 is anything, 04 a UUID; with the old 02 the inner length is not part of ``bytes``.
  package var subtype: UInt8
  /// The bytes themselves.
  package var bytes: [UInt8]

  /// Wraps bytes of the generic subtype, or of another.
  package init(_ bytes: [UInt8], subtype: UInt8 = 0) {
    self.bytes = bytes
    self.subtype = subtype
  }
}

/// The 12 bytes that name an object, compared byte by byte.
package struct BSONObjectID: Hashable, Comparable, Sendable {
  /// The first eight bytes, big-endian.
  package let high: UInt64
  /// The last four bytes, big-endian.
  package let low: UInt32

  /// Makes the object ID of these bytes, read big-endian.
  package init(high: UInt64, low: UInt32) {
    self.high = high
    self.low = low
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// A moment of the oplog: seconds since 1970 and a counter within the second.
package struct BSONTimestamp: Hashable, Comparable, Sendable {
  /// Seconds since 1970, by the clock of the primary that wrote it.
  package let seconds: UInt32
  /// Counts the writes within a second, from 1.
  package let increment: UInt32

  /// Names a moment.
  package init(seconds: UInt32, increment: UInt32) {
    self.seconds = seconds
    self.increment = increment
  }

  /// What a member reports that has no moment to report.
  package static let none = BSONTimestamp(seconds: 0, increment: 0)

  package static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.increment) < (right.seconds, right.increment)
  }
}

extension BSONValue {
  /// The number, of whichever type servers send it in: int32, int64, double, or 1 and 0 for a bool.
  package var number: Double? {
    switch self {
    case .int32(let value): Double(value)
    case .int64(let value): Double(value)
    case .double(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// ``number`` where it is whole and fits, exact above 2^53 too.
  package var integer: Int64? {
    switch self {
    case .int32(let value): Int64(value)
    case .int64(let value): value
    case .double(let value): Int64(exactly: value)
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The bool, or whether a number is not zero.
  package var truth: Bool? { number.map { $0 != 0 } }

  /// The text of a string.
  package var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The embedded document.
  package var document: BSONDocument? {
    if case .document(let document) = self { document } else { nil }
  }

  /// The values of an array.
  package var array: [BSONValue]? { if case .array(let values) = self { values } else { nil } }

  /// The timestamp.
  package var timestamp: BSONTimestamp? {
    if case .timestamp(let moment) = self { moment } else { nil }
  }

  /// The object ID.
  package var objectID: BSONObjectID? {
    if case .objectID(let id) = self { id } else { nil }
  }

  /// The datetime in milliseconds since 1970.
  package var unixMilliseconds: Int64? {
    if case .datetime(let milliseconds) = self { milliseconds } else { nil }
  }

  /// The bytes of a binary value of any subtype.
  package var bytes: [UInt8]? {
    if case .binary(let binary) = self { binary.bytes } else { nil }
  }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// A string.
  package init(stringLiteral value: String) { self = .string(value) }
  /// A bool.
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An int32.
  package init(integerLiteral value: Int32) { self = .int32(value) }
  /// A double.
  package init(floatLiteral value: Double) { self = .double(value) }
  /// An array.
  package init(arrayLiteral elements: BSONValue...) { self = .array(elements) }
  /// A document.
  package init(dictionaryLiteral elements: (String, BSONValue)...) {
    self = .document(BSONDocument(elements))
  }
}
