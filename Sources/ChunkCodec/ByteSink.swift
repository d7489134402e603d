// SPDX-License-Identifier: MIT

/// Builds bytes from whole bytes, varints and single bits, the lowest bit first.
struct ByteSink {
  private(set) var bytes: [UInt8] = []
  /// Bits not yet in `bytes`, the next free place is `pendingCount`; always fewer than 8.
  private var pending: UInt64 = 0
  private var pendingCount: UInt64 = 0

  /// Adds a byte; only between bit strings.
  mutating func append(byte: UInt8) {
    bytes.append(byte)
  }

  /// Adds all bytes of `other`; only between bit strings.
  mutating func append(_ other: ByteSink) {
    bytes += other.bytes
  }

  /// Adds the lowest `count` bytes, lowest first; only between bit strings.
  mutating func append(littleEndian value: UInt64, count: Int) {
    var rest = value
    for _ in 0..<count {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// Adds 7 bits a byte, lowest first; only between bit strings.
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Adds a signed number as a varint; only between bit strings.
  mutating func append(signed value: Int64) {
    append(varint: zigzag(value))
  }

  /// Adds the lowest `count` bits, 0 to 64.
  mutating func append(bits value: UInt64, count: UInt64) {
    guard count > 0 else { return }
    let masked = count == 64 ? value : value & ((1 << count) - 1)
    pending |= masked << pendingCount
    let total = pendingCount + count
    if total >= 64 {
      append(littleEndian: pending, count: 8)
      // What did not fit: a shift by 64 gives 0, as it should.
      pending = masked >> (64 - pendingCount)
      pendingCount = total - 64
    } else {
      pendingCount = total
    }
    while pendingCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingCount -= 8
    }
  }

  /// Ends a bit string: fills its last byte with zeros.
  mutating func finishBits() {
    if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    pending = 0
    pendingCount = 0
  }
}

/// Folds small numbers of either sign to small numbers: 0, -1, 1, -2 to 0, 1, 2, 3.
func zigzag(_ value: Int64) -> UInt64 {
  UInt64(bitPattern: value << 1 ^ value >> 63)
}

/// Undoes ``zigzag(_:)``.
func unzigzag(_ value: UInt64) -> Int64 {
  Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
}

/// Bytes that ``ByteSink/append(varint:)`` takes for a number.
func varintBytes(_ value: UInt64) -> Int {
  max((70 - (value | 1).leadingZeroBitCount) / 7, 1)
}

extension UInt64 {
  /// The fewest bits that hold the number.
  var bitWidthNeeded: UInt64 { UInt64(64 - leadingZeroBitCount) }
}
