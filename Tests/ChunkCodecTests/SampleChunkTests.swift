// SPDX-License-Identifier: MIT
import ChunkCodec
import TestSupport
import Testing

@Suite struct SampleChunkTests {
  /// Decodes and gives the values as bits, so that NaN can be compared.
  private func decoded(_ bytes: [UInt8]) throws(ChunkError) -> (times: [Int64], bits: [UInt64]) {
    var times: [Int64] = [1, 2, 3]
    var values: [Double] = [4]
    try SampleChunk.decode(bytes, times: &times, values: &values)
    return (times, values.map(\.bitPattern))
  }

  @Test func `runs of every shape and length come back bit for bit`() throws {
    for seed in UInt64(1)...400 {
      var random = SeededRandom(seed: seed)
      let run = RandomRun(using: &random, count: Int.random(in: 0...300, using: &random))
      let back = try decoded(SampleChunk.encode(times: run.times, values: run.values))
      #expect(back.times == run.times, "seed \(seed)")
      #expect(back.bits == run.values.map(\.bitPattern), "seed \(seed)")
    }
  }

  @Test func `staleness markers, NaN payloads and negative zero keep their bits`() throws {
    let bits: [UInt64] = [
      0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0001, 0x8000_0000_0000_0000, 0, 0xfff8_dead_beef_0000,
      0x7ff0_0000_0000_0002,
    ]
    let times = bits.indices.map { Int64($0) * 1_000 }
    let bytes = SampleChunk.encode(times: times, values: bits.map { Double(bitPattern: $0) })
    #expect(try decoded(bytes).bits == bits)
  }

  @Test func `the largest run comes back and times at the limits wrap around`() throws {
    let count = SampleChunk.samplesMax
    let times = (0..<count).map { $0.isMultiple(of: 2) ? Int64.min : Int64.max }
    let values = [Double](repeating: 1, count: count)
    #expect(try decoded(SampleChunk.encode(times: times, values: values)).times == times)
  }

  @Test func `a steady series takes a few bits a sample`() throws {
    let times = (0..<240).map { Int64($0) * 15_000 }
    let constant = SampleChunk.encode(times: times, values: [Double](repeating: 0.25, count: 240))
    #expect(constant.count < 60)
    let counter = SampleChunk.encode(times: times, values: (0..<240).map { Double($0) * 4_096 })
    #expect(counter.count < 100)
  }

  @Test func `the first bytes are the ones drawn in the overview`() {
    let bytes = SampleChunk.encode(times: [1, 3], values: [2, 2])
    // Version 1, constant, 2 samples, zigzag(1), then 10 + 7 bits for zigzag(2), then 2.0.
    #expect(Array(bytes.prefix(6)) == [1, 0, 2, 2, 0b1000_0010, 0b0010_0000])
    #expect(bytes.count == 4 + 10 + 4)
  }

  @Test func `a chunk cut off anywhere throws`() throws {
    var random = SeededRandom(seed: 7)
    let run = RandomRun(using: &random, count: 40)
    let bytes = SampleChunk.encode(times: run.times, values: run.values)
    for length in 0..<bytes.count {
      #expect(throws: ChunkError.self) { try decoded(Array(bytes.prefix(length))) }
    }
  }

  @Test func `a chunk with any one bit flipped throws`() throws {
    var random = SeededRandom(seed: 8)
    let run = RandomRun(using: &random, count: 12)
    let bytes = SampleChunk.encode(times: run.times, values: run.values)
    for bit in 0..<bytes.count * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: ChunkError.checksumMismatch) { try decoded(damaged) }
    }
  }

  @Test func `random bytes under a right checksum never trap`() {
    var refused = 0
    for seed in UInt64(1)...4_000 {
      var random = SeededRandom(seed: seed)
      var body: [UInt8] = [1, UInt8.random(in: 0...4, using: &random)]
      body.append(UInt8.random(in: 0...255, using: &random))
      for _ in 0..<Int.random(in: 0...80, using: &random) {
        body.append(UInt8.random(in: 0...255, using: &random))
      }
      do { _ = try decoded(sealed(body)) } catch { refused += 1 }
    }
    #expect(refused > 3_500)
  }

  @Test func `a false count is refused before memory is taken for it`() {
    let huge: [UInt8] = [1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
    #expect(throws: ChunkError.malformed(reason: "the count is over 65536")) {
      try decoded(sealed(huge))
    }
    #expect(throws: ChunkError.truncated) { try decoded(sealed([1, 0, 0x80, 0x80, 0x04, 0])) }
  }

  @Test func `a later format version is told`() {
    #expect(throws: ChunkError.unknownVersion(9)) { try decoded(sealed([9, 0, 0])) }
  }

  @Test func `after an error the arrays are empty`() {
    var times: [Int64] = [1]
    var values: [Double] = [1]
    #expect(throws: ChunkError.truncated) {
      try SampleChunk.decode([1], times: &times, values: &values)
    }
    #expect(times.isEmpty && values.isEmpty)
  }
}

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
