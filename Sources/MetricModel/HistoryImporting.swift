// SPDX-License-Identifier: MIT

/// A stretch of one series from elsewhere, in columns.
package struct HistoryRun: Sendable {
  /// What identifies the series.
  package let labels: LabelSet
  /// Unix milliseconds, strictly rising.
  package var unixMilliseconds: [Int64]
  /// The values at the same positions; staleness markers kept.
  package var values: [Double]

  /// Makes a run; both arrays have the same count.
  package init(labels: LabelSet, unixMilliseconds: [Int64] = [], values: [Double] = []) {
    precondition(unixMilliseconds.count == values.count, "a run has one value for each time")
    self.labels = labels
    self.unixMilliseconds = unixMilliseconds
    self.values = values
  }
}

/// Takes history in that others recorded.
package protocol HistoryImporting: Sendable {
  /// Takes history in, however old, and returns when it is safe on disk.
  ///
  /// Samples at times at which the series has one already are left out and counted as duplicates.
  ///
  /// - Parameter runs: Each series once.
  /// - Returns: What was taken and left out.
  /// - Throws: ``StoreError/limitExceeded(limit:)`` when the store holds as many series as it may,
  ///   ``StoreError/database(reason:)`` when it could not be written; part of the runs may be safe
  ///   by then, and importing them again leaves that part out.
  func importHistory(_ runs: [HistoryRun]) async throws(StoreError) -> AppendOutcome
}
