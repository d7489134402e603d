// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import Synchronization
import TestSupport
import Testing

/// What becomes of samples when the clock is set.
@Suite struct StoreClockTests {
  /// A clock that can be set back.
  private final class WallClock: TimeSource {
    private let time = Mutex(StoreFixture.start)

    var now: Timestamp { time.withLock { $0 } }

    func move(by seconds: Int) { time.withLock { $0 = $0 + .seconds(seconds) } }
  }

  private let fixture: StoreFixture
  private let clock = WallClock()

  init() throws { fixture = try StoreFixture() }

  private func open() throws -> SampleStore {
    try SampleStore.open(path: fixture.path, settings: fixture.settings, time: clock)
  }

  /// Appends polls at the clock's time, moving it on.
  private func poll(_ store: SampleStore, _ count: Int, from first: Int) async throws -> [Sample] {
    var samples: [Sample] = []
    for number in first..<first + count {
      var batch = AppendBatch(timestamp: clock.now)
      for series in 0..<3 {
        batch.references.append(
          try store.reference(for: LabelSet(metric: "m", ["series": "\(series)"]))
        )
        batch.values.append(Double(number))
      }
      #expect(try store.append(batch).appended == 3)
      samples.append(Sample(clock.now, Double(number)))
      if number.isMultiple(of: 3) { try await store.flush() }
      clock.move(by: 15)
    }
    return samples
  }

  private func expect(_ samples: [Sample], in store: SampleStore) throws {
    let sorted = samples.sorted { $0.timestamp < $1.timestamp }
    for series in 0..<3 {
      let found = try store.everything("series", "\(series)").first?.samples ?? []
      #expect((found == sorted) == true, "series \(series): \(found.count) of \(sorted.count)")
    }
  }

  @Test(arguments: [3_600, 86_400])
  func `a clock that is set back loses no sample, before or after`(seconds: Int) async throws {
    let store = try open()
    clock.move(by: 2 * 86_400)
    var samples = try await poll(store, 100, from: 0)
    // Set forward, and after a while back: those polls are younger than all that come next.
    clock.move(by: seconds)
    samples += try await poll(store, 50, from: 100)
    clock.move(by: -seconds)
    samples += try await poll(store, 120, from: 200)
    try expect(samples, in: store)
    try await store.close()
    let again = try open()
    try expect(samples, in: again)
    #expect(again.statistics.tooOld == 0)
  }

  @Test func `a clock that is set forward by a day loses nothing`() async throws {
    let store = try open()
    var samples = try await poll(store, 50, from: 0)
    clock.move(by: 86_400)
    samples += try await poll(store, 50, from: 50)
    try expect(samples, in: store)
  }
}
