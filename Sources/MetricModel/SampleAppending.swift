// SPDX-License-Identifier: MIT

/// A store's own short name for one series, valid while the store is open.
package struct SeriesReference: Hashable, Sendable {
  /// Dense: stores count up from 0.
  package let rawValue: UInt32

  /// Wraps the store's number.
  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// Samples that share one timestamp, as one poll of one target makes them.
package struct AppendBatch: Sendable {
  /// When all values were true.
  package let timestamp: Timestamp
  /// The series, each at most once.
  package var references: [SeriesReference]
  /// The values at the same positions; a staleness marker ends its series.
  package var values: [Double]

  /// Makes a batch; both arrays have the same count.
  package init(timestamp: Timestamp, references: [SeriesReference] = [], values: [Double] = []) {
    precondition(references.count == values.count, "a batch has one value for each reference")
    self.timestamp = timestamp
    self.references = references
    self.values = values
  }
}

/// What became of the samples of one batch.
package struct AppendOutcome: Equatable, Sendable {
  /// Samples taken.
  package var appended = 0
  /// Samples left out because the same series already has one at that timestamp.
  package var duplicates = 0
  /// Samples left out because they are older than the store still accepts.
  package var tooOld = 0

  /// Makes an outcome of zeros.
  package init() {}
}

/// Takes samples in.
package protocol SampleAppending: Sendable {
  /// Finds the reference of a series, making the series when it is new.
  ///
  /// - Throws: ``StoreError/limitExceeded(limit:)`` when the store holds as many series as it may.
  func reference(for labels: LabelSet) throws(StoreError) -> SeriesReference

  /// Takes the samples into memory, where readers see them at once; does no I/O.
  ///
  /// They are safe from a crash after the next ``flush()`` that returns.
  func append(_ batch: AppendBatch) throws(StoreError) -> AppendOutcome

  /// Writes everything appended so far to disk and returns when it is safe.
  ///
  /// - Throws: ``StoreError/database(reason:)`` when it could not be written; the samples stay in
  ///   memory, readable, and the next flush tries again.
  func flush() async throws(StoreError)
}
