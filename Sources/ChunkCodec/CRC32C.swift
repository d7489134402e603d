// SPDX-License-Identifier: MIT

/// The checksum CRC-32C (Castagnoli), as RFC 3720, appendix B.4 tests it.
package enum CRC32C {
  /// The reflected polynomial 0x1EDC6F41, applied to each byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
    }
  }

  /// The checksum of these bytes.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table
    var value = UInt32.max
    for byte in bytes { value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] }
    return ~value
  }

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
