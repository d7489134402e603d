// SPDX-License-Identifier: MIT

/// Builds bytes from whole bytes, varints and single bits.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  /// Bits not yet in `bytes`, in the lowest `pendingCount` places; always fewer than 8.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// Adds a byte; only before the first bit.
  mutating func append(byte: UInt8) {
    bytes.append(byte)
  }

  /// Adds 7 bits a byte, lowest first; only before the first bit.
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Adds the lowest `count` bits, 0 to 64, highest first.
  mutating func append(bits value: UInt64, count: Int) {
    if count > 32 {
      append(short: value >> 32, count: count - 32)
      append(short: value, count: 32)
    } else {
      append(short: value, count: count)
    }
  }

  private mutating func append(short value: UInt64, count: Int) {
    let mask: UInt64 = (1 << UInt64(count)) - 1
    pending = pending << UInt64(count) | value & mask
    pendingCount += count
    while pendingCount >= 8 {
      pendingCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
    }
    pending &= (1 << UInt64(pendingCount)) - 1
  }

  /// Adds a signed number in one of five lengths.
  mutating func append(signed value: Int64) {
    let folded = zigzag(value)
    switch folded {
    case 0: append(bits: 0, count: 1)
    case ..<(1 << 7): append(bits: 0b10 << 7 | folded, count: 9)
    case ..<(1 << 14): append(bits: 0b110 << 14 | folded, count: 17)
    case ..<(1 << 24): append(bits: 0b1110 << 24 | folded, count: 28)
    default:
      append(bits: 0b1111, count: 4)
      append(bits: folded, count: 64)
    }
  }

  /// Fills the last byte with zeros.
  mutating func finish() {
    if pendingCount > 0 { append(bits: 0, count: 8 - pendingCount) }
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
