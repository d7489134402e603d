// SPDX-License-Identifier: MIT
//
// The victim of the SIGKILL test: appends and flushes until it is killed, and writes the number of
// each tick to its standard output after the flush that made it safe has returned.
//
// Usage: CrashWriter STORE FIRST_TICK
import Glibc
import MetricModel
import SeriesStore
import TestSupport

@main
enum Victim {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, var tick = Int64(arguments[2]) else { exit(2) }
    var settings = StoreSettings()
    settings.chunkSamples = 16
    let clock = ManualTimeSource(CrashPlan.timestamp(ofTick: tick))
    let store = try SampleStore.open(path: arguments[1], settings: settings, time: clock)
    var references: [SeriesReference] = []
    for series in 0..<CrashPlan.seriesCount {
      references.append(try store.reference(for: CrashPlan.labels(of: series)))
    }
    while true {
      for sample in CrashPlan.samples(ofTick: tick) {
        let batch = AppendBatch(
          timestamp: sample.timestamp,
          references: [references[sample.series]],
          values: [sample.value]
        )
        guard try store.append(batch).appended == 1 else { exit(3) }
      }
      try await store.flush()
      let line = Array("\(tick)\n".utf8)
      guard write(1, line, line.count) == line.count else { exit(4) }
      tick += 1
    }
  }
}
