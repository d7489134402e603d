// SPDX-License-Identifier: MIT

/// What Gorilla's code remembers from one value to the next.
struct XORState {
  private var last: UInt64 = 0
  private var isFirst = true
  private var leading: UInt64 = 64
  private var width: UInt64 = 0

  /// Adds a value's bits to a bit string.
  mutating func write(_ bits: UInt64, to sink: inout ByteSink) {
    defer {
      last = bits
      isFirst = false
    }
    if isFirst { return sink.append(bits: bits, count: 64) }
    let difference = bits ^ last
    guard difference != 0 else { return sink.append(bits: 0, count: 1) }
    let zerosBefore = UInt64(difference.leadingZeroBitCount)
    let zerosAfter = UInt64(difference.trailingZeroBitCount)
    if width > 0, zerosBefore >= leading, zerosAfter >= 64 - leading - width {
      sink.append(bits: 0b01, count: 2)
    } else {
      leading = zerosBefore
      width = 64 - zerosBefore - zerosAfter
      sink.append(bits: 0b11 | leading << 2 | (width - 1) << 8, count: 14)
    }
    sink.append(bits: difference >> (64 - leading - width), count: width)
  }

  /// Reads a value's bits at a bit of what is left of a source, and moves on.
  mutating func read(_ source: ByteSource, _ bit: inout Int) throws(ChunkError) -> UInt64 {
    let start = source.position * 8
    let end = source.left * 8
    if isFirst {
      guard end - bit >= 64 else { throw .truncated }
      last = source.word(atBit: start + bit)
      bit += 64
      isFirst = false
      return last
    }
    guard bit < end else { throw .truncated }
    let head = source.word(atBit: start + bit)
    if head & 1 == 0 {
      bit += 1
      return last
    }
    if head & 2 != 0 {
      leading = head >> 2 & 0x3f
      width = (head >> 8 & 0x3f) + 1
      bit += 14
      guard leading + width <= 64 else { throw .malformed(reason: "an XOR window is too wide") }
    } else {
      bit += 2
      guard width > 0 else { throw .malformed(reason: "an XOR has no window before it") }
    }
    guard bit + Int(width) <= end else { throw .truncated }
    let mask: UInt64 = width == 64 ? .max : (1 << width) - 1
    last ^= (source.word(atBit: start + bit) & mask) << (64 - leading - width)
    bit += Int(width)
    return last
  }
}
