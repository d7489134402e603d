// SPDX-License-Identifier: MIT

extension BSONDocument {
  /// The bytes of the document; decoding them gives the same document again.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  /// Adds the bytes of the document.
  func append(to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: [0, 0, 0, 0])
    for element in elements { element.value.append(to: &bytes, key: element.key) }
    bytes.append(0)
    bytes.setLength(at: start, to: bytes.count - start)
  }
}

extension BSONValue {
  /// The number of the value's type on the wire.
  private var typeNumber: UInt8 {
    switch self {
    case .double: 0x01
    case .string: 0x02
    case .document: 0x03
    case .array: 0x04
    case .binary: 0x05
    case .undefined: 0x06
    case .objectID: 0x07
    case .bool: 0x08
    case .datetime: 0x09
    case .null: 0x0a
    case .regex: 0x0b
    case .pointer: 0x0c
    case .code: 0x0d
    case .symbol: 0x0e
    case .scopedCode: 0x0f
    case .int32: 0x10
    case .timestamp: 0x11
    case .int64: 0x12
    case .decimal128: 0x13
    case .minKey: 0xff
    case .maxKey: 0x7f
    }
  }

  fileprivate func append(to bytes: inout [UInt8], key: String) {
    bytes.append(typeNumber)
    bytes.appendZeroEnded(key)
    switch self {
    case .double(let value): bytes.appendInteger(value.bitPattern)
    case .string(let text), .code(let text), .symbol(let text): bytes.appendString(text)
    case .document(let document): document.append(to: &bytes)
    case .array(let values): Self.append(values, to: &bytes)
    case .binary(let binary): Self.append(binary, to: &bytes)
    case .undefined, .null, .minKey, .maxKey: break
    case .objectID(let id): bytes.appendObjectID(id)
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .datetime(let milliseconds): bytes.appendInteger(milliseconds)
    case .regex(let pattern, let options):
      bytes.appendZeroEnded(pattern)
      // The letters have to be in alphabetical order.
      var letters = String.UnicodeScalarView()
      letters.append(contentsOf: options.unicodeScalars.sorted())
      bytes.appendZeroEnded(String(letters))
    case .pointer(let collection, let id):
      bytes.appendString(collection)
      bytes.appendObjectID(id)
    case .scopedCode(let code, let scope):
      let start = bytes.count
      bytes.append(contentsOf: [0, 0, 0, 0])
      bytes.appendString(code)
      scope.append(to: &bytes)
      bytes.setLength(at: start, to: bytes.count - start)
    case .int32(let value): bytes.appendInteger(value)
    case .timestamp(let moment):
      bytes.appendInteger(moment.increment)
      bytes.appendInteger(moment.seconds)
    case .int64(let value): bytes.appendInteger(value)
    case .decimal128(let low, let high):
      bytes.appendInteger(low)
      bytes.appendInteger(high)
    }
  }

  private static func append(_ values: [BSONValue], to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: [0, 0, 0, 0])
    for (place, value) in values.enumerated() { value.append(to: &bytes, key: String(place)) }
    bytes.append(0)
    bytes.setLength(at: start, to: bytes.count - start)
  }

  private static func append(_ binary: BSONBinary, to bytes: inout [UInt8]) {
    let isOld = binary.subtype == 2
    bytes.appendInteger(Int32(truncatingIfNeeded: binary.bytes.count + (isOld ? 4 : 0)))
    bytes.append(binary.subtype)
    if isOld { bytes.appendInteger(Int32(truncatingIfNeeded: binary.bytes.count)) }
    bytes += binary.bytes
  }
}

extension [UInt8] {
  /// Adds an integer, little-endian.
  mutating func appendInteger(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Adds a text that a zero byte ends.
  mutating func appendZeroEnded(_ text: String) {
    precondition(!text.utf8.contains(0), "a text that a zero byte ends holds none")
    append(contentsOf: text.utf8)
    append(0)
  }

  /// Writes a count of bytes over the four bytes at `place`.
  ///
  /// Nothing here is ever near 2 GiB: what is sent is built from settings, and a frame is refused
  /// by its own limit.
  mutating func setLength(at place: Int, to length: Int) {
    for offset in 0..<4 { self[place + offset] = UInt8(truncatingIfNeeded: length >> (offset * 8)) }
  }

  fileprivate mutating func appendString(_ text: String) {
    appendInteger(Int32(truncatingIfNeeded: text.utf8.count + 1))
    append(contentsOf: text.utf8)
    append(0)
  }

  fileprivate mutating func appendObjectID(_ id: BSONObjectID) {
    appendInteger(id.high.byteSwapped)
    appendInteger(id.low.byteSwapped)
  }
}
