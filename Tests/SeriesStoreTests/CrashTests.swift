// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import TestSupport
import Testing

@Suite struct CrashTests {
  @Test func `a store killed at any moment has every sample whose flush returned`() async throws {
    let seed = UInt64(20)
    var random = SeededRandom(seed: seed)
    let fixture = try StoreFixture()
    let program = ChildProcess.builtExecutable("CrashWriter")
    var expected: [Int: [Timestamp: UInt64]] = [:]
    var nextTick: Int64 = 0
    var acknowledged = 0
    for round in 0..<20 {
      let child = try ChildProcess(program, [fixture.path, "\(nextTick)"])
      var last = nextTick - 1
      let patience = Int.random(in: 1...60, using: &random)
      var seen = 0
      for await line in child.outputLines {
        last = try #require(Int64(line), "round \(round)")
        seen += 1
        if seen == patience {
          // A moment somewhere in the next ticks.
          try await Task.sleep(for: .microseconds(Int.random(in: 0...4_000, using: &random)))
          child.send(.kill)
        }
      }
      #expect(try await child.waitForExit() == .signal(9), "\(child.errorOutput)")
      try #require(seen >= patience, "round \(round): \(child.errorOutput)")
      acknowledged += seen

      let store = try fixture.open()
      let found = try Self.read(store)
      try await store.close()
      // The killed tick may be there too, if its commit was done: whole or not at all.
      for tick in nextTick...last { Self.add(tick, to: &expected) }
      let isNextThere = found[0]?[CrashPlan.timestamp(ofTick: last + 1)] != nil
      if isNextThere { Self.add(last + 1, to: &expected) }
      #expect(
        (found == expected) == true,
        "round \(round), seed \(seed), killed after tick \(last)"
      )
      nextTick = last + (isNextThere ? 2 : 1)
    }
    #expect(acknowledged > 200)
  }

  private static func add(_ tick: Int64, to expected: inout [Int: [Timestamp: UInt64]]) {
    for sample in CrashPlan.samples(ofTick: tick) {
      expected[sample.series, default: [:]][sample.timestamp] = sample.value.bitPattern
    }
  }

  /// Everything in the store, by series; records an issue when times do not rise.
  private static func read(_ store: SampleStore) throws -> [Int: [Timestamp: UInt64]] {
    var found: [Int: [Timestamp: UInt64]] = [:]
    for series in try store.everything("__name__", "crash") {
      let number = try #require(series.labels["series"].flatMap { Int($0) })
      var last = Timestamp.distantPast
      for sample in series.samples {
        #expect(sample.timestamp > last, "times do not rise in series \(number)")
        last = sample.timestamp
        found[number, default: [:]][last] = sample.value.bitPattern
      }
    }
    return found
  }
}
