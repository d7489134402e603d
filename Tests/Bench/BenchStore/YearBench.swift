// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import SeriesStore

/// 400 days of a small cluster at speed: 60 series a minute, a limit for the file, roll-ups.
struct YearBench {
  let path: String

  private static let days = 400
  private static let series = 60
  private static let bytesMax = 16 << 20

  func run() async throws {
    let clock = BenchClock()
    let start = clock.now
    var settings = StoreSettings()
    settings.retention = .seconds(400 * 86_400)
    settings.bytesMax = Self.bytesMax
    let store = try SampleStore.open(path: path, settings: settings, time: clock)
    var references: [SeriesReference] = []
    for number in 0..<Self.series {
      let name = BenchKind(ofSeries: number) == .counter ? "bench_total" : "bench"
      references.append(try store.reference(for: LabelSet(metric: name, ["series": "\(number)"])))
    }
    var flushes: [Duration] = []
    for day in 0..<Self.days {
      for minute in 0..<1_440 {
        let tick = day * 1_440 + minute
        clock.move(to: start + .seconds(tick * 60))
        let values = (0..<Self.series).map { benchValue($0, tick) }
        let batch = AppendBatch(timestamp: clock.now, references: references, values: values)
        _ = try store.append(batch)
        guard minute.isMultiple(of: 10) else { continue }
        let begin = ContinuousClock.now
        try await store.flush()
        flushes.append(ContinuousClock.now - begin)
      }
      if (day + 1).isMultiple(of: 50) { report(store, day + 1) }
    }
    let times = Durations(flushes)
    print(
      "flushes: \(flushes.count), half under \(text(times.milliseconds(perMille: 500), 2)) ms, "
        + "99.9 % under \(text(times.milliseconds(perMille: 999), 2)) ms, "
        + "longest \(text(times.milliseconds(perMille: 1_000), 2)) ms"
    )
    try query(store, from: start + .seconds(4 * 86_400), to: clock.now)
    try await store.close()
  }

  private func report(_ store: SampleStore, _ day: Int) {
    let figures = store.statistics
    print(
      "day \(day): \(text(Double(figures.fileBytes) / 1_048_576)) MiB, "
        + "\(figures.chunkSamples) samples in blocks, \(figures.expiredChunks) blocks expired"
    )
  }

  private func query(_ store: SampleStore, from: Timestamp, to: Timestamp) throws {
    let hour: Int64 = 3_600_000
    let first = Timestamp(unixMilliseconds: from.unixMilliseconds / hour * hour)
    let last = Timestamp(unixMilliseconds: to.unixMilliseconds / hour * hour)
    for expression in [
      "avg_over_time(bench[1h])", "max(max_over_time(bench[1h]))",
      "sum(rate(bench_total[1h]))", "bench{series=\"9\"}",
    ] {
      let parsed = try PromQLParser.parse(expression)
      var durations: [Duration] = []
      var note = ""
      for _ in 0..<5 {
        let begin = ContinuousClock.now
        let result = try QueryEngine().range(
          parsed,
          from: first,
          through: last,
          step: .milliseconds(hour),
          reading: store
        )
        durations.append(ContinuousClock.now - begin)
        note = result.infos.first ?? "from samples"
      }
      let days = Int((last - first).inSeconds / 86_400)
      let half = Durations(durations).milliseconds(perMille: 500)
      print("\(days) days at 1 h: \(expression): \(text(half)) ms (\(note))")
    }
  }
}
