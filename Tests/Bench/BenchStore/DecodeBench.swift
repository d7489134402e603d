// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore

/// How many samples a second a reader gets out of blocks, by kind of series.
struct DecodeBench {
  let path: String

  private static let series = 1_000
  private static let ticks = 1_440

  func run() async throws {
    let clock = BenchClock()
    let start = clock.now
    var settings = StoreSettings()
    settings.cacheBytesMax = 64 << 20
    let store = try SampleStore.open(path: path, settings: settings, time: clock)
    let times = (0..<Self.ticks).map { start.unixMilliseconds + Int64($0) * 15_000 }
    let runs = (0..<Self.series).map { number in
      let kind = BenchKind(ofSeries: number).rawValue
      return HistoryRun(
        labels: LabelSet(metric: "bench", ["kind": kind, "series": "\(number)"]),
        unixMilliseconds: times,
        values: (0..<Self.ticks).map { benchValue(number, $0) }
      )
    }
    _ = try await store.importHistory(runs)
    for kind in BenchKind.allCases.map(\.rawValue) {
      try scan(store, LabelMatcher("kind", .equal, kind), kind)
    }
    try scan(store, LabelMatcher("__name__", .equal, "bench"), "mixed")
    try await store.close()
  }

  private func scan(_ store: SampleStore, _ matcher: LabelMatcher, _ name: String) throws {
    let selection = SeriesSelection(matching: [matcher], in: .distantPast ... .distantFuture)
    var run = SampleRun()
    var best = 0.0
    for _ in 0..<5 {
      var samples = 0
      let begin = ContinuousClock.now
      for var cursor in try store.cursors(selection) {
        while try cursor.next(into: &run) { samples += run.count }
      }
      best = max(best, Double(samples) / (ContinuousClock.now - begin).inSeconds)
    }
    print("decode \(name): \(text(best / 1e6, 0)) million samples a second")
  }
}
