// SPDX-License-Identifier: MIT
import ChunkCodec
import TestSupport
import Testing

@Suite struct SampleBlockTests {
  private struct Content: Equatable {
    var series: [UInt32] = []
    var times: [Int64] = []
    /// Bits, so that NaN can be compared.
    var columns: [[UInt64]] = []
  }

  private func decoded(_ bytes: [UInt8]) throws(ChunkError) -> Content {
    let block = try SampleBlock(decoding: bytes)
    var content = Content(series: block.series, times: block.times)
    var values: [Double] = [4]
    for column in block.series.indices {
      try block.read(column: column, into: &values)
      content.columns.append(values.map(\.bitPattern))
    }
    return content
  }

  private func encoded(_ content: Content) -> [UInt8] {
    SampleBlock.encode(
      series: content.series,
      times: content.times,
      columns: content.columns.map { $0.map { Double(bitPattern: $0) } }
    )
  }

  private func randomContent(_ random: inout SeededRandom, rows: Int, columns: Int) -> Content {
    var content = Content()
    var number = UInt32.random(in: 0...(1 << 20), using: &random)
    content.times = RandomRun(using: &random, count: rows).times
    for _ in 0..<columns {
      content.series.append(number)
      number += Bool.random(using: &random) ? 1 : UInt32.random(in: 1...90_000, using: &random)
      content.columns.append(RandomRun(using: &random, count: rows).values.map(\.bitPattern))
    }
    return content
  }

  @Test func `runs of every shape and length come back bit for bit`() throws {
    for seed in UInt64(1)...600 {
      var random = SeededRandom(seed: seed)
      let content = randomContent(
        &random,
        rows: Int.random(in: 1...300, using: &random),
        columns: Int.random(in: 1...9, using: &random)
      )
      #expect((try decoded(encoded(content)) == content) == true, "seed \(seed)")
    }
  }

  @Test func `some rows of a column are the same as in the whole column`() throws {
    for seed in UInt64(1)...600 {
      var random = SeededRandom(seed: seed)
      let rows = Int.random(in: 1...300, using: &random)
      let content = randomContent(&random, rows: rows, columns: 4)
      let block = try SampleBlock(decoding: encoded(content))
      for (column, whole) in content.columns.enumerated() {
        let start = Int.random(in: 0...rows, using: &random)
        let wanted = start..<Int.random(in: start...rows, using: &random)
        var values = [0.5]
        try block.append(column: column, rows: wanted, to: &values)
        #expect((values.dropFirst().map(\.bitPattern) == Array(whole[wanted])) == true, "\(seed)")
        #expect(values[0] == 0.5)
        let row = Int.random(in: 0..<rows, using: &random)
        #expect(try block.value(column: column, row: row).bitPattern == whole[row])
      }
    }
  }

  /// One column, alone in a block.
  private func roundTrip(_ bits: [UInt64]) throws -> (bits: [UInt64], bytes: Int) {
    let times = bits.indices.map { Int64($0) * 15_000 }
    let bytes = encoded(Content(series: [7], times: times, columns: [bits]))
    return (try decoded(bytes).columns[0], bytes.count)
  }

  @Test func `staleness markers, NaN payloads and negative zero keep their bits`() throws {
    let bits: [UInt64] = [
      0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0001, 0x8000_0000_0000_0000, 0, 0xfff8_dead_beef_0000,
      0x7ff0_0000_0000_0002,
    ]
    #expect(try roundTrip(bits).bits == bits)
    for single in bits { #expect(try roundTrip([single, single]).bits == [single, single]) }
  }

  @Test func `a marker at the end of a counter costs a few bytes`() throws {
    var bits = (0..<240).map { (Double($0) * 4_096).bitPattern }
    let plain = try roundTrip(bits)
    #expect(plain.bits == bits)
    bits.append(0x7ff0_0000_0000_0002)
    let ended = try roundTrip(bits)
    #expect(ended.bits == bits)
    #expect(ended.bytes - plain.bytes < 16)
  }

  @Test func `what a column takes is close to what it holds`() throws {
    var random = SeededRandom(seed: 1)
    func bytes(_ values: [Double]) throws -> Int { try roundTrip(values.map(\.bitPattern)).bytes }
    // Times, numbers and checksum of a block take about 24 bytes.
    #expect(try bytes((0..<240).map { _ in 0.25 }) < 32)
    #expect(try bytes((0..<240).map { Double($0) * 4_096 }) < 40)
    // 8 bits each: a line and what scatters around it.
    let counter = try bytes(
      (0..<240).map { Double($0 * 220 + .random(in: 0..<220, using: &random)) }
    )
    #expect(counter < 300)
    // 8 bits each, with one digit behind the point.
    let decimals = try bytes(
      (0..<240).map { _ in Double(Int.random(in: 350..<600, using: &random)) / 10 }
    )
    #expect(decimals < 280)
    // A new number out of 64 every eighth time.
    var steps: [Double] = []
    for _ in 0..<30 {
      steps += [Double](repeating: Double(Int.random(in: 0..<64, using: &random)), count: 8)
    }
    #expect(try bytes(steps) < 70)
    // 54 bits each: noise over three powers of two.
    let noise = try bytes(
      (0..<240).map { _ in 0.01 + 0.05 * Double.random(in: 0..<1, using: &random) }
    )
    #expect(noise < 240 * 54 / 8 + 50)
  }

  @Test func `the largest block comes back and times at the limits wrap around`() throws {
    let rows = SampleBlock.rowsMax
    var content = Content(series: [0, UInt32.max])
    content.times = (0..<rows).map { $0.isMultiple(of: 2) ? Int64.min : Int64.max }
    content.columns = [
      [UInt64](repeating: 1, count: rows), (0..<rows).map { $0.isMultiple(of: 3) ? 0 : .max },
    ]
    #expect((try decoded(encoded(content)) == content) == true)
    let many = Content(
      series: (0..<UInt32(SampleBlock.columnsMax)).map { $0 * 3 },
      times: [5],
      columns: (0..<UInt64(SampleBlock.columnsMax)).map { [$0] }
    )
    #expect((try decoded(encoded(many)) == many) == true)
  }

  @Test func `a series is found by its number, and no other is`() throws {
    var random = SeededRandom(seed: 3)
    let content = randomContent(&random, rows: 3, columns: 40)
    let block = try SampleBlock(decoding: encoded(content))
    for (position, number) in content.series.enumerated() {
      #expect(block.position(of: number) == position)
      #expect(content.series.contains(number + 1) || block.position(of: number + 1) == nil)
    }
    #expect(block.position(of: 0) == nil)
  }

  @Test func `the first bytes are the ones drawn in the overview`() {
    let bytes = SampleBlock.encode(series: [3, 4], times: [1, 1], columns: [[2, 2], [0, 0]])
    // Version 2, 2 rows, 1 stretch: 2 series from 3 on; 2 bytes of times, 2 and 2 of values.
    #expect(Array(bytes.prefix(8)) == [2, 2, 1, 3, 2, 2, 3, 3])
    // Times: no predictor, constant 1. Values: decimals, no predictor, constants 2 and 0.
    #expect(Array(bytes.dropFirst(8).dropLast(4)) == [0, 2, 1, 0, 4, 1, 0, 0])
  }

  @Test func `a block cut off anywhere throws`() throws {
    var random = SeededRandom(seed: 7)
    let bytes = encoded(randomContent(&random, rows: 40, columns: 3))
    for length in 0..<bytes.count {
      #expect(throws: ChunkError.self) { try decoded(Array(bytes.prefix(length))) }
    }
  }

  @Test func `a block with any one bit flipped throws`() throws {
    var random = SeededRandom(seed: 8)
    let bytes = encoded(randomContent(&random, rows: 12, columns: 2))
    for bit in 0..<bytes.count * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: ChunkError.checksumMismatch) { try decoded(damaged) }
    }
  }

  @Test func `changed bytes under a right checksum never trap`() throws {
    var refused = 0
    for seed in UInt64(1)...8_000 {
      var random = SeededRandom(seed: seed)
      let content = randomContent(
        &random,
        rows: Int.random(in: 1...40, using: &random),
        columns: Int.random(in: 1...4, using: &random)
      )
      var body = Array(encoded(content).dropLast(4))
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<body.count, using: &random)
        body[place] = UInt8.random(in: 0...255, using: &random)
      }
      if seed.isMultiple(of: 7) { body.removeLast(Int.random(in: 0..<body.count, using: &random)) }
      do { _ = try decoded(sealed(body)) } catch { refused += 1 }
      guard let block = try? SampleBlock(decoding: sealed(body)) else { continue }
      let row = Int.random(in: 0..<block.times.count, using: &random)
      for column in block.series.indices { _ = try? block.value(column: column, row: row) }
    }
    #expect(refused > 1_000)
  }

  @Test func `random bytes under a right checksum never trap`() {
    var refused = 0
    for seed in UInt64(1)...4_000 {
      var random = SeededRandom(seed: seed)
      var body: [UInt8] = [2, UInt8.random(in: 0...9, using: &random), 1, 0, 1]
      for _ in 0..<Int.random(in: 0...80, using: &random) {
        body.append(UInt8.random(in: 0...255, using: &random))
      }
      do { _ = try decoded(sealed(body)) } catch { refused += 1 }
    }
    #expect(refused > 3_000)
  }

  @Test func `a false count is refused before memory is taken for it`() {
    let rows: [UInt8] = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
    #expect(throws: ChunkError.malformed(reason: "the count of rows is over 65536")) {
      try decoded(sealed(rows))
    }
    let series: [UInt8] = [2, 1, 1, 0, 0xff, 0xff, 0xff, 0x7f]
    #expect(throws: ChunkError.malformed(reason: "the count of series is over 4096")) {
      try decoded(sealed(series))
    }
  }

  @Test func `a later format version is told`() {
    #expect(throws: ChunkError.unknownVersion(9)) { try decoded(sealed([9, 0, 0])) }
  }
}
