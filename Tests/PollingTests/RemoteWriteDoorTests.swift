// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import TestSupport
import Testing

@Suite struct RemoteWriteDoorTests {
  private let harness = IngestHarness()
  private let clock = ManualTimeSource(Timestamp(unixMilliseconds: 1_700_000_000_000))
  private let door: RemoteWriteDoor

  init() {
    door = RemoteWriteDoor(ingest: harness.ingest, clock: clock)
  }

  private func at(_ seconds: Int64) -> Int64 { 1_700_000_000_000 + seconds * 1_000 }

  private func samples(_ instance: String) -> [Int64: Double] {
    let found = harness.store.samples("m", ["instance": instance])
    return Dictionary(uniqueKeysWithValues: found.map { ($0.timestamp.unixMilliseconds, $0.value) })
  }

  private func request(_ series: [(String, [(Double, Int64)])]) -> [UInt8] {
    var request = WriteRequests()
    for (instance, samples) in series {
      request.add([("__name__", "m"), ("instance", instance)], samples)
    }
    return request.bytes
  }

  @Test func `samples of many series and times are in the store, in the order of time`() async {
    let first = request([
      ("a", [(1, at(-30)), (2, at(-15)), (3, at(0))]), ("b", [(4, at(-15)), (5, at(-30))]),
    ])
    #expect(await door.take(first) == .taken)
    #expect(samples("a") == [at(-30): 1, at(-15): 2, at(0): 3])
    #expect(samples("b") == [at(-30): 5, at(-15): 4])
    #expect(await door.take(request([("b", [(6, at(1))]), ("a", [(7, at(1))])])) == .taken)
    #expect(samples("a")[at(1)] == 7 && samples("b")[at(1)] == 6)
    #expect(harness.ingest.statistics.appended == 7)
  }

  @Test func `values keep their bits, staleness markers too`() async throws {
    let bits: [UInt64] = [0x7ff0_0000_0000_0002, 0xfff8_dead_beef_0001, 0x8000_0000_0000_0000]
    let values = bits.enumerated().map { (Double(bitPattern: $1), at(Int64($0))) }
    #expect(await door.take(request([("a", values)])) == .taken)
    let found = harness.store.samples("m", ["instance": "a"])
    #expect(found.map(\.value.bitPattern) == bits)
  }

  @Test func `a request that comes again is taken, and its samples count as duplicates`() async {
    let bytes = request([("a", [(1, at(0)), (2, at(0))]), ("b", [(3, at(0))])])
    #expect(await door.take(bytes) == .taken)
    #expect(samples("a") == [at(0): 1], "of two samples the first stays")
    #expect(await door.take(bytes) == .taken)
    #expect(harness.ingest.statistics.refused["duplicate"] == 4)
  }

  @Test func `what can never be taken is told and the rest is taken`() async throws {
    #expect(await door.take(request([("a", [(1, at(0))])])) == .taken)
    var mixed = WriteRequests()
    mixed.add([("__name__", "m"), ("instance", "a")], [(2, at(-5)), (3, at(5)), (4, at(601))])
    mixed.add([("instance", "nameless")], [(5, at(5))])
    guard case .takenInPart(let reason) = await door.take(mixed.bytes) else {
      Issue.record("not taken in part")
      return
    }
    #expect(reason.contains("1 samples are older"))
    #expect(reason.contains("1 samples lie in the future"))
    #expect(reason.contains("1 samples have labels that are not taken: a series has no __name__"))
    #expect(samples("a") == [at(0): 1, at(5): 3])
    let refused = harness.ingest.statistics.refused
    #expect(refused["too_new"] == 1 && refused["bad_labels"] == 1 && refused["too_old"] == 1)
  }

  @Test func `series without room in the store are told, and taken when there is room`() async {
    harness.store.seriesMax = 1
    let bytes = request([("a", [(1, at(0))]), ("b", [(2, at(0))])])
    guard case .takenInPart(let reason) = await door.take(bytes) else {
      Issue.record("not taken in part")
      return
    }
    #expect(reason.contains("no room"))
    harness.store.seriesMax = 2
    #expect(await door.take(bytes) == .taken)
    #expect(samples("b") == [at(0): 2])
  }

  @Test func `a store that cannot write is told, and the request can be sent again`() async {
    harness.store.failure = .database(reason: "disk full")
    let bytes = request([("a", [(1, at(0))])])
    guard case .unwritable = await door.take(bytes) else {
      Issue.record("not unwritable")
      return
    }
    harness.store.failure = nil
    #expect(await door.take(bytes) == .taken)
    #expect(samples("a") == [at(0): 1])
  }

  @Test func `what is no request is malformed and changes nothing`() async {
    let bytes = request([("a", [(1, at(0))])])
    guard case .malformed(let reason) = await door.take(Array(bytes.dropLast())) else {
      Issue.record("not malformed")
      return
    }
    #expect(reason.contains("byte"))
    #expect(harness.store.series.isEmpty)
    #expect(await door.take(bytes) == .taken)
  }
}
