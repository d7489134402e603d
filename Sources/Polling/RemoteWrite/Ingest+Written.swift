// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// The door's second entry: samples that other programs collected and wrote here.
///
/// They keep their labels and times. No catalog knows them, so that `/metrics` does not show them, and
/// no poll ends them: their own staleness markers do. Rules that read them look at their interval.
extension Ingest {
  /// The store's reference of a written series.
  func reference(forWritten labels: LabelSet) throws(StoreError) -> SeriesReference {
    try store.reference(for: labels)
  }

  /// Takes written samples of one time.
  func take(written batch: AppendBatch) throws(StoreError) -> AppendOutcome {
    let outcome = try store.append(batch)
    state.withLock { $0.statistics.appended += outcome.appended }
    refuseWritten("duplicate", outcome.duplicates)
    refuseWritten("too_old", outcome.tooOld)
    return outcome
  }

  /// Counts written samples that are not taken.
  func refuseWritten(_ reason: String, _ count: Int) {
    guard count > 0 else { return }
    state.withLock { $0.statistics.refused[reason, default: 0] += count }
  }

  /// Returns when everything taken so far is safe on disk.
  func flush() async throws(StoreError) {
    try await store.flush()
  }
}
