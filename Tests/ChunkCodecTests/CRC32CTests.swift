// SPDX-License-Identifier: MIT
import ChunkCodec
import TestSupport
import Testing

/// Adds the checksum that belongs to the bytes.
func sealed(_ body: [UInt8]) -> [UInt8] {
  let checksum = CRC32C.checksum(body)
  return body + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
}

@Suite struct CRC32CTests {
  @Test func `any length and any part of an array gives what bit by bit gives`() {
    var random = SeededRandom(seed: 5)
    let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    for start in 0..<20 {
      for end in start...start + 40 {
        var value = UInt32.max
        for byte in bytes[start..<end] {
          value ^= UInt32(byte)
          for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
        }
        #expect(CRC32C.checksum(bytes[start..<end]) == ~value)
      }
    }
  }

  @Test func `the vectors of RFC 3720 match`() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46dd_794e)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
  }
}
