// SPDX-License-Identifier: MIT

/// Reads documents from bytes that may be anything.
///
/// A document is `int32 size, (type byte, key, 00, value)*, 00`; the size counts itself.
package struct BSONDecoder: Sendable {
  /// Nested documents at most; servers allow 200 in what is stored, replies need 10.
  package var depthLimit: Int
  /// Elements at most, embedded ones included: two bytes on the wire become 40 in memory.
  package var elementLimit: Int
  /// Puts U+FFFD in the place of what is not UTF-8 in a value, where otherwise it is an error.
  ///
  /// A key that is not UTF-8 is always one.
  package var repairsText: Bool

  /// Sets the limits.
  package init(depthLimit: Int = 100, elementLimit: Int = 262_144, repairsText: Bool = false) {
    self.depthLimit = depthLimit
    self.elementLimit = elementLimit
    self.repairsText = repairsText
  }

  /// Reads the one document that fills the bytes.
  package func document(_ bytes: [UInt8]) throws(BSONError) -> BSONDocument {
    let found = try document(at: 0, in: bytes, end: bytes.count)
    guard found.end == bytes.count else { throw .trailingBytes(at: found.end) }
    return found.document
  }

  /// Reads the document that begins at `start` and lies before `end`.
  ///
  /// - Returns: The document, where it ends, and how many elements it has.
  /// - Throws: ``BSONError`` with places that count from the first of `bytes`.
  func document(
    at start: Int,
    in bytes: [UInt8],
    end: Int
  ) throws(BSONError) -> (document: BSONDocument, end: Int, elementCount: Int) {
    precondition(start >= 0 && end <= bytes.count, "the place lies within the bytes")
    var cursor = Cursor(limits: self, bytes: bytes, place: start)
    let elements = try cursor.elements(end: end, depth: 1)
    return (BSONDocument(elements: elements), cursor.place, cursor.elementCount)
  }
}

/// A place in the bytes that moves on with every value read.
private struct Cursor {
  let limits: BSONDecoder
  let bytes: [UInt8]
  var place: Int
  var elementCount = 0

  // MARK: Documents

  mutating func elements(end: Int, depth: Int) throws(BSONError) -> [BSONDocument.Element] {
    let end = try enterDocument(end: end, depth: depth)
    var elements: [BSONDocument.Element] = []
    while let type = try elementType(end: end) {
      let key = try zeroEndedText(end: end)
      elements.append(BSONDocument.Element(key: key, value: try value(type, end, depth)))
    }
    return elements
  }

  /// The keys of an array say nothing.
  mutating func values(end: Int, depth: Int) throws(BSONError) -> [BSONValue] {
    let end = try enterDocument(end: end, depth: depth)
    var values: [BSONValue] = []
    while let type = try elementType(end: end) {
      try skipZeroEndedText(end: end)
      values.append(try value(type, end, depth))
    }
    return values
  }

  /// Reads the size of the document and returns where its last byte, the zero, lies.
  private mutating func enterDocument(end: Int, depth: Int) throws(BSONError) -> Int {
    guard depth <= limits.depthLimit else { throw .tooDeep(limit: limits.depthLimit) }
    let start = place
    let size = try length(end: end)
    guard size >= 5, size <= end - start else { throw .lengthOutOfRange(length: size, at: start) }
    let last = start + size - 1
    guard bytes[last] == 0 else { throw .missingTerminator(at: last) }
    return last
  }

  /// The type of the next element; nil behind the document's last byte.
  private mutating func elementType(end: Int) throws(BSONError) -> UInt8? {
    if place == end {
      place += 1
      return nil
    }
    elementCount += 1
    guard elementCount <= limits.elementLimit else {
      throw .tooManyElements(limit: limits.elementLimit)
    }
    place += 1
    return bytes[place - 1]
  }

  // MARK: Values

  private mutating func value(_ type: UInt8, _ end: Int, _ depth: Int) throws(BSONError)
    -> BSONValue
  {
    switch type {
    case 0x01: return .double(Double(bitPattern: try integer(end: end)))
    case 0x02: return .string(try string(end: end))
    case 0x03:
      return .document(BSONDocument(elements: try elements(end: end, depth: depth + 1)))
    case 0x04: return .array(try values(end: end, depth: depth + 1))
    case 0x05: return .binary(try binary(end: end))
    case 0x07: return .objectID(try objectID(end: end))
    case 0x08: return .bool(try bool(end: end))
    case 0x09:
      return .datetime(unixMilliseconds: Int64(bitPattern: try integer(end: end)))
    case 0x0b:
      let pattern = try zeroEndedText(end: end)
      return .regex(pattern: pattern, options: try zeroEndedText(end: end))
    case 0x0c:
      let collection = try string(end: end)
      return .pointer(collection: collection, id: try objectID(end: end))
    case 0x0d: return .code(try string(end: end))
    case 0x0e: return .symbol(try string(end: end))
    case 0x0f: return try scopedCode(end: end, depth: depth)
    case 0x10: return .int32(Int32(bitPattern: try integer(end: end)))
    case 0x11:
      let both: UInt64 = try integer(end: end)
      return .timestamp(
        BSONTimestamp(
          seconds: UInt32(both >> 32),
          increment: UInt32(truncatingIfNeeded: both)
        )
      )
    case 0x12: return .int64(Int64(bitPattern: try integer(end: end)))
    case 0x13:
      let low: UInt64 = try integer(end: end)
      return .decimal128(low: low, high: try integer(end: end))
    default: return try emptyValue(type)
    }
  }

  /// The types that have no bytes.
  private func emptyValue(_ type: UInt8) throws(BSONError) -> BSONValue {
    switch type {
    case 0x06: .undefined
    case 0x0a: .null
    case 0x7f: .maxKey
    case 0xff: .minKey
    default: throw .unknownType(type, at: place)
    }
  }

  private mutating func binary(end: Int) throws(BSONError) -> BSONBinary {
    let start = place
    let length = try length(end: end)
    guard length >= 0, length < end - place else {
      throw .lengthOutOfRange(length: length, at: start)
    }
    let subtype = bytes[place]
    let last = place + 1 + length
    place += 1
    if subtype == 2 {
      // The old form repeats the length inside.
      let inner = place
      let innerLength = try self.length(end: last)
      guard innerLength == length - 4 else {
        throw .lengthOutOfRange(length: innerLength, at: inner)
      }
    }
    defer { place = last }
    return BSONBinary(Array(bytes[place..<last]), subtype: subtype)
  }

  private mutating func scopedCode(end: Int, depth: Int) throws(BSONError) -> BSONValue {
    let start = place
    let size = try length(end: end)
    guard size >= 14, size <= end - start else { throw .lengthOutOfRange(length: size, at: start) }
    let last = start + size
    let code = try string(end: last)
    let scope = BSONDocument(elements: try elements(end: last, depth: depth + 1))
    guard place == last else { throw .lengthOutOfRange(length: size, at: start) }
    return .scopedCode(code, scope: scope)
  }

  private mutating func bool(end: Int) throws(BSONError) -> Bool {
    guard place < end else { throw .truncated(at: place) }
    let value = bytes[place]
    guard value <= 1 else { throw .invalidBool(value, at: place) }
    place += 1
    return value == 1
  }

  private mutating func objectID(end: Int) throws(BSONError) -> BSONObjectID {
    let high: UInt64 = try integer(end: end)
    let low: UInt32 = try integer(end: end)
    return BSONObjectID(high: high.byteSwapped, low: low.byteSwapped)
  }

  // MARK: Texts and numbers

  private mutating func string(end: Int) throws(BSONError) -> String {
    let start = place
    let length = try length(end: end)
    guard length >= 1, length <= end - place else {
      throw .lengthOutOfRange(length: length, at: start)
    }
    let last = place + length - 1
    guard bytes[last] == 0 else { throw .missingTerminator(at: last) }
    defer { place = last + 1 }
    let text = bytes[place..<last]
    if let valid = String(validating: text, as: UTF8.self) { return valid }
    guard limits.repairsText else { throw .invalidText(at: place) }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func zeroEndedText(end: Int) throws(BSONError) -> String {
    let start = place
    try skipZeroEndedText(end: end)
    guard let text = String(validating: bytes[start..<place - 1], as: UTF8.self) else {
      throw .invalidText(at: start)
    }
    return text
  }

  private mutating func skipZeroEndedText(end: Int) throws(BSONError) {
    guard let zero = bytes[place..<end].firstIndex(of: 0) else { throw .truncated(at: place) }
    place = zero + 1
  }

  private mutating func length(end: Int) throws(BSONError) -> Int {
    let value: UInt32 = try integer(end: end)
    return Int(Int32(bitPattern: value))
  }

  private mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
    end: Int
  ) throws(BSONError) -> T {
    let size = T.bitWidth / 8
    guard end - place >= size else { throw .truncated(at: place) }
    var value: T = 0
    for offset in 0..<size { value |= T(bytes[place + offset]) << (offset * 8) }
    place += size
    return value
  }
}
