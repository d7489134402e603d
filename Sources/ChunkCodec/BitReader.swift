// SPDX-License-Identifier: MIT

/// Reads what ``BitWriter`` builds; throws at the end of the bytes and never traps.
struct BitReader {
  private let bytes: ArraySlice<UInt8>
  private var next: Int
  /// Bits taken from `bytes` and not yet given out, in the lowest `pendingCount` places.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    next = bytes.startIndex
  }

  /// The next byte; only before the first bit.
  mutating func byte() throws(ChunkError) -> UInt8 {
    guard next < bytes.endIndex else { throw .truncated }
    defer { next += 1 }
    return bytes[next]
  }

  /// The next varint; only before the first bit.
  mutating func varint() throws(ChunkError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let part = try byte()
      value |= UInt64(part & 0x7f) << shift
      if part < 0x80 { return value }
    }
    throw .malformed(reason: "a varint has more than ten bytes")
  }

  /// The next `count` bits, 0 to 64, the first one highest.
  mutating func bits(_ count: Int) throws(ChunkError) -> UInt64 {
    guard count > 32 else { return try short(count) }
    let high = try short(count - 32)
    return high << 32 | (try short(32))
  }

  private mutating func short(_ count: Int) throws(ChunkError) -> UInt64 {
    while pendingCount < count {
      guard next < bytes.endIndex else { throw .truncated }
      pending = pending << 8 | UInt64(bytes[next])
      next += 1
      pendingCount += 8
    }
    pendingCount -= count
    return pending >> UInt64(pendingCount) & ((1 << UInt64(count)) - 1)
  }

  /// The next signed number.
  mutating func signed() throws(ChunkError) -> Int64 {
    if try short(1) == 0 { return 0 }
    if try short(1) == 0 { return unzigzag(try short(7)) }
    if try short(1) == 0 { return unzigzag(try short(14)) }
    if try short(1) == 0 { return unzigzag(try short(24)) }
    return unzigzag(try bits(64))
  }

  /// All bytes were taken, and what is left of the last one is zeros.
  var isAtEnd: Bool {
    next == bytes.endIndex && pendingCount < 8 && pending & ((1 << UInt64(pendingCount)) - 1) == 0
  }

  /// The number of bytes not yet touched.
  var bytesLeft: Int { bytes.endIndex - next }
}
