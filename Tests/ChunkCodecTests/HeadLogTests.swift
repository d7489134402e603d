// SPDX-License-Identifier: MIT
import ChunkCodec
import TestSupport
import Testing

@Suite struct HeadLogTests {
  /// One sample as a reader gives it, `column` nil for a late one.
  private struct Found: Equatable {
    let number: UInt32
    let column: Int?
    let time: Int64
    let bits: UInt64
  }

  private func read(
    _ reader: inout HeadLogReader,
    _ bytes: [UInt8],
    isWanted: (UInt32, Int64) -> Bool = { _, _ in true }
  ) throws(ChunkError) -> [Found] {
    var found: [Found] = []
    try reader.decode(bytes, isWanted: isWanted) { row in
      for column in 0..<row.columnCount where row.isPresent?[column] ?? true {
        found.append(
          Found(number: row.group, column: column, time: row.time, bits: row.bits[column])
        )
      }
    } late: { series, time, bits in
      found.append(Found(number: series, column: nil, time: time, bits: bits))
    }
    return found
  }

  private func randomEntries(_ random: inout SeededRandom) -> (HeadEntries, [Found]) {
    var entries = HeadEntries()
    var rows: [Found] = []
    var late: [Found] = []
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let group = UInt32.random(in: 0...5, using: &random)
      let time = Int64.random(in: 0...2_000_000_000_000, using: &random)
      let isFull = Bool.random(using: &random)
      let run = RandomRun(using: &random, count: 40)
      for column in 0..<40 where isFull || Int.random(in: 0..<3, using: &random) > 0 || column == 39
      {
        let bits = run.values[column].bitPattern
        entries.append(group: group, time: time, column: UInt16(column), bits: bits)
        rows.append(Found(number: group, column: column, time: time, bits: bits))
      }
      guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
      let sample = Found(number: 900, column: nil, time: time - 5, bits: random.next())
      entries.append(late: sample.number, time: sample.time, bits: sample.bits)
      late.append(sample)
    }
    return (entries, rows + late)
  }

  @Test func `records come back bit for bit and in order, one after the other`() throws {
    for seed in UInt64(1)...100 {
      var random = SeededRandom(seed: seed)
      var writer = HeadLogWriter()
      var reader = HeadLogReader()
      for record in 0..<8 {
        let (entries, expected) = randomEntries(&random)
        #expect(entries.count == expected.count)
        let found = try read(&reader, writer.encode(entries))
        #expect((found == expected) == true, "seed \(seed), record \(record)")
        if Int.random(in: 0..<3, using: &random) == 0 { writer.restart(group: 2) }
        if Int.random(in: 0..<5, using: &random) == 0 { writer.restartAll() }
      }
    }
  }

  @Test func `what is not wanted is passed over, up to a fresh row`() throws {
    var writer = HeadLogWriter()
    var records: [[UInt8]] = []
    for tick in Int64(0)..<6 {
      var entries = HeadEntries()
      for column in UInt16(0)..<4 {
        entries.append(group: 1, time: tick, column: column, bits: Double(tick).bitPattern)
      }
      if tick == 3 { writer.restart(group: 1) }
      records.append(writer.encode(entries))
    }
    var reader = HeadLogReader()
    var found: [Found] = []
    for record in records.dropFirst() { found += try read(&reader, record) { $1 >= 3 } }
    #expect(found.map(\.time) == [3, 4, 5].flatMap { [Int64](repeating: $0, count: 4) })
    #expect(found.allSatisfy { $0.bits == Double($0.time).bitPattern })
    // Without the fresh row there is nothing that the second could be told by.
    var late = HeadLogReader()
    #expect(throws: ChunkError.malformed(reason: "the first row of a group is not fresh")) {
      try read(&late, records[1])
    }
  }

  @Test func `a tick in which little changes takes about a byte a sample or less`() {
    var writer = HeadLogWriter()
    var sizes: [Int] = []
    for tick in Int64(0)..<3 {
      var entries = HeadEntries()
      for column in UInt16(0)..<100 {
        let value = column < 60 ? 5.5 : Double(tick * 200 + Int64(column))
        entries.append(group: 1, time: tick * 15_000, column: column, bits: value.bitPattern)
      }
      sizes.append(writer.encode(entries).count)
    }
    #expect(sizes[1] < 140 && sizes[2] < 140)
  }

  @Test func `the oldest rows taken away leave the rest`() {
    var entries = HeadEntries()
    for time in Int64(0)..<4 {
      for column in UInt16(0)..<3 { entries.append(group: 1, time: time, column: column, bits: 1) }
    }
    entries.append(late: 4, time: 1, bits: 2)
    let taken = entries.removeOldest(rows: 3)
    #expect(taken.count == 9 && taken.rows.map(\.time) == [0, 1, 2])
    #expect(entries.count == 4 && entries.rows.map(\.time) == [3])
    var more = HeadEntries()
    more.append(entries)
    more.append(taken)
    #expect(more.rows.map(\.time) == [3, 0, 1, 2])
    #expect(more.rows.last?.cells == 9..<12)
  }

  @Test func `cut, flipped and changed records throw and never trap`() throws {
    var random = SeededRandom(seed: 11)
    var bytes: [UInt8] = []
    while bytes.count < 400 {
      var writer = HeadLogWriter()
      bytes = writer.encode(randomEntries(&random).0)
    }
    for length in stride(from: 0, to: bytes.count, by: 3) {
      var reader = HeadLogReader()
      #expect(throws: ChunkError.self) { try read(&reader, Array(bytes.prefix(length))) }
    }
    for place in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[place] ^= 0x10
      var reader = HeadLogReader()
      #expect(throws: ChunkError.checksumMismatch) { try read(&reader, damaged) }
    }
    var refused = 0
    for _ in 0..<4_000 {
      var body = Array(bytes.dropLast(4))
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(
          in: 0...255,
          using: &random
        )
      }
      var reader = HeadLogReader()
      do { _ = try read(&reader, sealed(body)) } catch { refused += 1 }
    }
    #expect(refused > 500)
  }

  @Test func `a false count is refused before memory is taken for it`() {
    let entries: [UInt8] = [2, 0xff, 0xff, 0xff, 0xff, 0x7f]
    var reader = HeadLogReader()
    #expect(throws: ChunkError.malformed(reason: "the count of entries is over 5")) {
      try read(&reader, sealed(entries))
    }
    let columns: [UInt8] = [2, 1, 6, 0, 0xff, 0xff, 0x7f, 0, 0]
    #expect(throws: ChunkError.malformed(reason: "the count of columns is over 4096")) {
      try read(&reader, sealed(columns))
    }
  }
}
