// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@Suite struct SnappyTests {
  @Test func `what was compressed comes back`() throws {
    var random = SeededRandom(seed: 12)
    for count in [0, 1, 60, 61, 4_096, 100_000] {
      // Few values, so that there is something to compress.
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...3, using: &random) }
      let block = Snappy.compressed(bytes)
      #expect(try Snappy.decompressed(block, limitBytes: count) == bytes)
      #expect(count < 100 || block.count < count)
    }
  }

  @Test func `a block of literals and of copies that overlap is read`() throws {
    let literals: [UInt8] = [5, 4 << 2] + Array("hello".utf8)
    #expect(try Snappy.decompressed(literals, limitBytes: 5) == Array("hello".utf8))
    // A literal of two bytes, then eight bytes copied from two bytes back.
    let copies: [UInt8] = [10, 1 << 2, 0x61, 0x62, 0b0001_0001, 2]
    #expect(try Snappy.decompressed(copies, limitBytes: 10) == Array("ababababab".utf8))
  }

  @Test func `a block that says it holds too much is refused before it is read`() {
    let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x0f, 0]
    #expect(throws: Snappy.Failure.tooLarge(limitBytes: 1_000)) {
      try Snappy.decompressed(huge, limitBytes: 1_000)
    }
  }

  @Test func `what is no block is refused`() {
    for bytes in [[], [0x80], [5, 4 << 2, 1], [1, 0, 1, 2, 3], [4, 0x01, 0x05]] as [[UInt8]] {
      #expect(throws: Snappy.Failure.malformed) {
        try Snappy.decompressed(bytes, limitBytes: 1_000)
      }
    }
  }
}

@Suite struct SnappyFuzzTests {
  @Test func `changed blocks are read or refused`() async {
    let text = Array(String(repeating: "instance=\"vm0001\",job=\"nginx\" 17 ", count: 20).utf8)
    await Mutation.run([Snappy.compressed(text), Snappy.compressed([1, 2, 3])], seed: 13) { bytes in
      do throws(Snappy.Failure) {
        let found = try Snappy.decompressed(bytes, limitBytes: 1 << 16)
        #expect(found.count <= 1 << 16)
      } catch {
        // Refused, as most are.
      }
    }
  }
}
