// SPDX-License-Identifier: MIT

/// Reads what ``ByteSink`` builds; throws at the end of the bytes and never traps.
///
/// It points into the caller's memory, which must outlive it.
struct ByteSource {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The number of bytes not yet taken.
  var left: Int { bytes.count - position }

  /// The next byte.
  mutating func byte() throws(ChunkError) -> UInt8 {
    guard position < bytes.count else { throw .truncated }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next varint.
  mutating func varint() throws(ChunkError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      let part = try byte()
      value |= UInt64(part & 0x7f) << shift
      if part < 0x80 { return value }
      shift += 7
    }
    throw .malformed(reason: "a varint has more than ten bytes")
  }

  /// The next varint as a signed number.
  mutating func signed() throws(ChunkError) -> Int64 {
    unzigzag(try varint())
  }

  /// The next varint as a count that must not exceed `max`.
  mutating func count(max: Int, of what: StaticString) throws(ChunkError) -> Int {
    let declared = try varint()
    guard let count = Int(exactly: declared), count <= max else {
      throw .malformed(reason: "the count of \(what) is over \(max)")
    }
    return count
  }

  /// The next `count` bytes, at most 8, as a number, lowest first.
  mutating func littleEndian(count: Int) throws(ChunkError) -> UInt64 {
    guard left >= count else { throw .truncated }
    defer { position += count }
    return word(at: position) & (count >= 8 ? .max : (1 << UInt64(count * 8)) - 1)
  }

  /// Takes the next `count` bytes as a source of their own.
  mutating func part(count: Int) throws(ChunkError) -> ByteSource {
    guard count >= 0, left >= count else { throw .truncated }
    defer { position += count }
    return ByteSource(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
  }

  /// The eight bytes at a place as a number, lowest first; bytes behind the end count as zero.
  func word(at place: Int) -> UInt64 {
    if place + 8 <= bytes.count {
      return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
    var value: UInt64 = 0
    var index = min(bytes.count, place + 8)
    while index > place {
      index -= 1
      value = value << 8 | UInt64(bytes[index])
    }
    return value
  }

  /// The 64 bits from a bit of a place on; bits behind the end count as zero.
  func word(atBit bit: Int) -> UInt64 {
    let low = word(at: bit >> 3)
    let shift = UInt64(bit & 7)
    guard shift > 0 else { return low }
    let next = (bit >> 3) + 8
    let high = next < bytes.count ? UInt64(bytes[next]) : 0
    return low >> shift | high << (64 - shift)
  }

  /// Takes `numbers.count` numbers of `width` bits each, adding `base` to each, wrapping around; those
  /// before `first` are passed over.
  mutating func unpack(
    width: Int,
    base: Int64,
    into numbers: UnsafeMutableBufferPointer<Int64>,
    from first: Int = 0
  ) throws(ChunkError) {
    guard width > 0 else {
      for index in first..<numbers.count { numbers[index] = base }
      return
    }
    let packed = try part(count: (numbers.count * width + 7) / 8)
    let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
    var bit = first * width
    var index = first
    if width <= 57, let start = packed.bytes.baseAddress {
      // One unaligned load covers any number: the shift is at most 7.
      let whole = packed.bytes.count - 8
      while index < numbers.count, bit >> 3 <= whole {
        let word = start.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)
        let number = UInt64(littleEndian: word) >> UInt64(bit & 7) & mask
        numbers[index] = base &+ Int64(bitPattern: number)
        bit += width
        index += 1
      }
    }
    while index < numbers.count {
      numbers[index] = base &+ Int64(bitPattern: packed.word(atBit: bit) & mask)
      bit += width
      index += 1
    }
  }
}

extension [UInt8] {
  /// Runs `body` with a source of the bytes in a range.
  func read<Value>(
    _ range: Range<Int>,
    _ body: (inout ByteSource) throws(ChunkError) -> Value
  ) throws(ChunkError) -> Value {
    try withUnsafeBufferPointer { buffer throws(ChunkError) in
      var source = ByteSource(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[range])))
      return try body(&source)
    }
  }
}
