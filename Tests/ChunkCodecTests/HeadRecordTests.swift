// SPDX-License-Identifier: MIT
import ChunkCodec
import TestSupport
import Testing

@Suite struct HeadRecordTests {
  private func randomRecord(_ random: inout SeededRandom) -> HeadRecord {
    var record = HeadRecord()
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let run = RandomRun(using: &random, count: Int.random(in: 0...60, using: &random))
      let late = Bool.random(using: &random)
      for (index, value) in run.values.enumerated() {
        let time = index.isMultiple(of: 9) ? run.times[index] : run.times[0]
        let limit = UInt32.max >> (index.isMultiple(of: 7) ? 0 : 20)
        let series = UInt32.random(in: 0...limit, using: &random)
        record.append(series: series, time: time, value: value, isLate: late)
      }
    }
    return record
  }

  @Test func `records come back bit for bit and in order`() throws {
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      let record = randomRecord(&random)
      #expect(try HeadRecord(decoding: record.encoded()) == record, "seed \(seed)")
    }
  }

  @Test func `one record after another, less its oldest samples, is what is left`() {
    var first = HeadRecord()
    var second = HeadRecord()
    first.append(series: 1, time: 10, value: 1, isLate: false)
    second.append(series: 2, time: 20, value: .nan, isLate: true)
    first.append(second)
    first.removeFirst(1)
    #expect(first == second)
  }

  @Test func `a tick of small values takes about four bytes a sample`() {
    var record = HeadRecord()
    for series in UInt32(0)..<1_000 {
      record.append(series: series, time: 1_700_000_000_000, value: Double(series), isLate: false)
    }
    #expect(record.encoded().count < 5_000)
  }

  @Test func `cut, flipped and made-up records throw and never trap`() {
    var random = SeededRandom(seed: 11)
    var record = HeadRecord()
    while record.count < 20 { record = randomRecord(&random) }
    let bytes = record.encoded()
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: ChunkError.self) { try HeadRecord(decoding: Array(bytes.prefix(length))) }
    }
    for place in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[place] ^= 0x10
      #expect(throws: ChunkError.checksumMismatch) { try HeadRecord(decoding: damaged) }
    }
    for _ in 0..<2_000 {
      var body: [UInt8] = [1, UInt8.random(in: 0...4, using: &random)]
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        body.append(UInt8.random(in: 0...255, using: &random))
      }
      if let made = try? HeadRecord(decoding: sealed(body)) {
        #expect(made.count <= body.count)
      }
    }
  }

  @Test func `a false count is refused before memory is taken for it`() {
    let body: [UInt8] = [1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0]
    #expect(throws: ChunkError.truncated) { try HeadRecord(decoding: sealed(body)) }
  }
}
