// SPDX-License-Identifier: MIT

/// The checksum CRC-32C (Castagnoli), as RFC 3720, appendix B.4 tests it.
package enum CRC32C {
  /// Eight tables of 256, one after the other: what a byte does to the checksum when 0 to 7 more
  /// bytes follow it, by the reflected polynomial 0x1EDC6F41.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for byte in UInt32(0)..<256 {
      var value = byte
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1 }
      tables.append(value)
    }
    for place in 256..<2_048 {
      let before = tables[place - 256]
      tables.append(before >> 8 ^ tables[Int(before & 0xff)])
    }
    return tables
  }()

  /// The checksum of these bytes.
  package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let tables = tables
    var value = UInt32.max
    var place = bytes.startIndex
    // Eight bytes at a time, since opening and reading a store spend a tenth of their time here.
    while bytes.endIndex - place >= 8 {
      var next: UInt64 = 0
      for offset in 0..<8 { next |= UInt64(bytes[place + offset]) << UInt64(offset * 8) }
      next ^= UInt64(value)
      value = 0
      for offset in 0..<8 {
        let byte = Int(next >> UInt64(offset * 8) & 0xff)
        value ^= tables[(7 - offset) * 256 + byte]
      }
      place += 8
    }
    for byte in bytes[place...] {
      value = value >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
    return ~value
  }

  /// The checksum of these bytes.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 { checksum(bytes[...]) }

  /// Adds the checksum of all bytes so far, little-endian.
  static func seal(_ bytes: inout [UInt8]) {
    let checksum = checksum(bytes)
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
  }

  /// The bytes before a checksum that matches them.
  static func unseal(_ bytes: [UInt8]) throws(ChunkError) -> ArraySlice<UInt8> {
    guard bytes.count >= 4 else { throw .truncated }
    let body = bytes.dropLast(4)
    var stored: UInt32 = 0
    for byte in bytes.suffix(4).reversed() { stored = stored << 8 | UInt32(byte) }
    guard stored == checksum(body) else { throw .checksumMismatch }
    return body
  }
}
