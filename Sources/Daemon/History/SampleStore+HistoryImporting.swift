// SPDX-License-Identifier: MIT
package import MetricModel
import SeriesStore

/// Takes history in by the way of new samples, a sample of a run at a time: right for series that are
/// new to the store.
extension SampleStore: HistoryImporting {
  package func importHistory(
    _ runs: [HistoryRun]
  ) async throws(StoreError) -> AppendOutcome {
    var outcome = AppendOutcome()
    for run in runs {
      let reference = try reference(for: run.labels)
      for (time, value) in zip(run.unixMilliseconds, run.values) {
        let taken = try append(
          AppendBatch(
            timestamp: Timestamp(unixMilliseconds: time),
            references: [reference],
            values: [value]
          )
        )
        outcome.appended += taken.appended
        outcome.duplicates += taken.duplicates
        outcome.tooOld += taken.tooOld
      }
    }
    try await flush()
    return outcome
  }
}
