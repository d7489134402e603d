// SPDX-License-Identifier: MIT

/// Walks over one message of Protocol Buffers' wire format.
///
/// Source: protobuf.dev, "Encoding".
struct ProtobufCursor {
  /// What is wrong, and the address of the place.
  struct Fault: Error {
    let address: Int
    let reason: String
  }

  var place: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>

  init(_ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    self.place = place
    self.end = end
  }

  var isAtEnd: Bool { place == end }

  func fault(_ reason: String) -> Fault {
    Fault(address: Int(bitPattern: place), reason: reason)
  }

  /// The next varint.
  @inline(__always)
  mutating func varint() throws(Fault) -> UInt64 {
    guard place < end else { throw fault("the message is cut off") }
    let first = place.pointee
    place += 1
    return first < 0x80 ? UInt64(first) : try longVarint(first)
  }

  private mutating func longVarint(_ first: UInt8) throws(Fault) -> UInt64 {
    var value = UInt64(first & 0x7f)
    for shift in stride(from: UInt64(7), to: 70, by: 7) {
      guard place < end else { throw fault("the message is cut off") }
      let byte = place.pointee
      place += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw fault("a number has more than ten bytes")
  }

  /// The next eight bytes.
  @inline(__always)
  mutating func fixed64() throws(Fault) -> UInt64 {
    guard end - place >= 8 else { throw fault("the message is cut off") }
    defer { place += 8 }
    return UInt64(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
  }

  /// The message or text that comes next with its length; moves behind it.
  @inline(__always)
  mutating func part() throws(Fault) -> ProtobufCursor {
    let length = try varint()
    guard length <= UInt64(end - place) else { throw fault("a part is longer than the message") }
    let start = place
    place += Int(length)
    return ProtobufCursor(start, place)
  }

  /// Passes over the value of a field of which only the tag was read.
  mutating func skip(tag: UInt64) throws(Fault) {
    guard tag >> 3 != 0 else { throw fault("a field has the number 0") }
    switch tag & 7 {
    case 0: _ = try varint()
    case 1: _ = try fixed64()
    case 2: _ = try part()
    case 5:
      guard end - place >= 4 else { throw fault("the message is cut off") }
      place += 4
    default: throw fault("a field has a wire type that is not used any more")
    }
  }

  /// The whole message.
  var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: place, count: end - place)
  }
}
