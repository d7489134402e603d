// SPDX-License-Identifier: MIT
import Exposition
import MetricModel
import TestSupport
import Testing

@Suite struct WriteRequestReaderTests {
  private func read(
    _ bytes: [UInt8],
    _ reader: inout WriteRequestReader
  ) throws(WriteRequestFault) -> WriteBatch {
    var batch = WriteBatch()
    try reader.read(bytes.span, into: &batch)
    return batch
  }

  private func read(_ bytes: [UInt8]) throws(WriteRequestFault) -> WriteBatch {
    var reader = WriteRequestReader()
    return try read(bytes, &reader)
  }

  @Test func `values and times come bit for bit`() throws {
    let values: [Double] = [
      0, -0.0, 1, .infinity, -.infinity, .nan, .stalenessMarker, Double(bitPattern: 1),
      .greatestFiniteMagnitude,
      Double(bitPattern: 0xfff8_dead_beef_0001),
    ]
    let times: [Int64] = [0, 1, -1, .max, .min, 1_700_000_000_000]
    var request = WriteRequests()
    let samples = values.flatMap { value in times.map { (value, $0) } }
    request.add([("__name__", "a"), ("b", "c")], samples)
    let batch = try read(request.bytes)
    #expect(batch.newSeries == [LabelSet(metric: "a", ["b": "c"])])
    #expect(batch.samples.map(\.value.bitPattern) == samples.map(\.0.bitPattern))
    #expect(batch.samples.map(\.unixMilliseconds) == samples.map(\.1))
  }

  @Test func `series keep their numbers over requests in any order`() throws {
    var reader = WriteRequestReader()
    var random = SeededRandom(seed: 8)
    var known: [LabelSet] = []
    for round in 0..<50 {
      var request = WriteRequests()
      let order = (0..<30).shuffled(using: &random)
      for index in order {
        let labels = (0...(index % 5)).map { ("label\($0)", "\(index)") }
        request.add([("__name__", "m")] + labels, [(Double(index), Int64(round))])
      }
      let batch = try read(request.bytes, &reader)
      known += batch.newSeries
      #expect(batch.samples.map { known[$0.series]["label0"] } == order.map { "\($0)" })
    }
    #expect(reader.seriesCount == 30)
  }

  @Test func `series whose labels break a rule are refused by themselves`() throws {
    let long = String(repeating: "x", count: 1_025)
    var request = WriteRequests()
    request.add([("__name__", "good")], [(1, 1)])
    request.add([("job", "a")], [(2, 1)])
    request.add([("__name__", "a"), ("b", "1"), ("b", "2")], [(2, 1), (2, 2)])
    request.add([("__name__", "a"), ("", "1")], [(2, 1)])
    request.add([("__name__", "a"), ("b", long)], [(2, 1)])
    request.add([("__name__", "a")] + (0..<65).map { ("l\($0)", "1") }, [(2, 1)])
    request.add([], [(2, 1)])
    request.addSeries(
      WriteRequests.part(1, WriteRequests.part(1, [0xff]) + WriteRequests.part(2, [0x61]))
        + WriteRequests.sample(2, at: 1)
    )
    request.add([("__name__", "good"), ("empty", "")], [(3, 2)])
    let batch = try read(request.bytes)
    #expect(batch.samples.map(\.value) == [1, 3])
    #expect(batch.refusedSamples == 8)
    #expect(batch.refusal == "a label is not UTF-8")
    #expect(batch.newSeries == [LabelSet(metric: "good"), LabelSet(metric: "good")])
  }

  @Test func `what is not known is passed over, histograms are counted`() throws {
    var request = WriteRequests()
    request.addField(WriteRequests.part(3, WriteRequests.part(2, Array("metadata".utf8))))
    request.addField([0x25, 1, 2, 3, 4, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x30, 0xff, 0x01])
    request.addSeries(
      WriteRequests.label("__name__", "a") + WriteRequests.sample(1, at: 2)
        + WriteRequests.part(3, [0x09, 0, 0, 0, 0, 0, 0, 0, 0]) + WriteRequests.part(4, [])
        + [0x78, 0x05] + WriteRequests.part(2, [0x10, 0x03, 0x1a, 0x01, 0x00])
    )
    let batch = try read(request.bytes)
    #expect(batch.samples.map(\.unixMilliseconds) == [2, 3])
    #expect(batch.samples.map(\.value) == [1, 0])
    #expect(batch.histograms == 1)
    #expect(try read([]).samples.isEmpty)
  }

  @Test func `a request that is cut anywhere but between series is refused`() throws {
    var request = WriteRequests()
    var borders: Set<Int> = [0]
    for index in 0..<3 {
      request.add([("__name__", "a"), ("b", "\(index)")], [(1, 1), (2, 2)])
      borders.insert(request.bytes.count)
    }
    for length in 0...request.bytes.count {
      let isWhole = (try? read(Array(request.bytes[..<length]))) != nil
      #expect(isWhole == borders.contains(length), "\(length)")
    }
    #expect(throws: WriteRequestFault.self) { try read([0x0b]) }
    #expect(throws: WriteRequestFault.self) { try read([0x00, 0x00]) }
    #expect(throws: WriteRequestFault.self) {
      try read([0x08] + [UInt8](repeating: 0xff, count: 10) + [1])
    }
  }
}

@Suite struct WriteRequestFuzzTests {
  @Test func `changed requests are read or refused, alike by a reader that knows the series`()
    async throws
  {
    var request = WriteRequests()
    for index in 0..<4 {
      request.add(
        [("__name__", "metric"), ("instance", "vm\(index)"), ("job", "a")],
        [(Double(index) / 3, 1_700_000_000_000), (0, 1_700_000_015_000)]
      )
    }
    var reader = WriteRequestReader()
    var known: [LabelSet] = []
    var first = WriteBatch()
    try reader.read(request.bytes.span, into: &first)
    known = first.newSeries
    try await Mutation.run([request.bytes], seed: 31, standard: 6_000) { bytes in
      var fresh = WriteRequestReader()
      var (one, two) = (WriteBatch(), WriteBatch())
      do throws(WriteRequestFault) {
        try fresh.read(bytes.span, into: &one)
      } catch {
        #expect(throws: WriteRequestFault.self) { try reader.read(bytes.span, into: &two) }
        #expect(reader.seriesCount == 0)
        known = []
        return
      }
      try reader.read(bytes.span, into: &two)
      known += two.newSeries
      #expect(one.samples.map { one.newSeries[$0.series] } == two.samples.map { known[$0.series] })
      #expect(one.samples.map(\.value.bitPattern) == two.samples.map(\.value.bitPattern))
      #expect(one.refusedSamples == two.refusedSamples)
      if reader.seriesCount > 2_000 {
        reader.forgetSeries()
        known = []
      }
    }
  }
}
