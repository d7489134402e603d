// SPDX-License-Identifier: MIT

/// Why stored samples could not be read or written.
package enum StoreError: Error, Equatable, Sendable {
  /// The store was closed.
  case closed
  /// A checksum does not match; the read that met it fails. `place` names the chunk.
  case corruptChunk(place: String)
  /// A label matcher's regular expression is not valid.
  case invalidPattern(pattern: String, reason: String)
  /// More series or samples than the store takes; `limit` names the setting and its value.
  case limitExceeded(limit: String)
  /// The database answered with an error; `reason` is its text and code.
  case database(reason: String)
}

/// Which series and which stretch of them a reader wants.
package struct SeriesSelection: Sendable {
  /// All must match; at least one must not match the empty string.
  package let matchers: [LabelMatcher]
  /// Closed on both ends.
  package let range: ClosedRange<Timestamp>
  /// The distance of the reader's evaluation times; nil asks for every sample.
  ///
  /// A store with roll-ups may answer in a resolution that is fine enough for it.
  package let step: Duration?

  /// Describes a selection.
  package init(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>,
    step: Duration? = nil
  ) {
    self.matchers = matchers
    self.range = range
    self.step = step
  }
}

/// Walks the samples of one series, a run at a time, so that a long series is never held whole.
package protocol SeriesCursor {
  /// What identifies the series.
  var labels: LabelSet { get }

  /// Replaces `run` by the next stretch of samples, oldest first; false when there are no more.
  ///
  /// - Throws: ``StoreError/corruptChunk(place:)`` when a checksum does not match.
  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool
}

/// Reads stored samples.
package protocol SeriesReading: Sendable {
  /// Finds the series that satisfy every matcher, in label-set order.
  ///
  /// - Parameter selection: Which series, and which stretch of them.
  /// - Returns: A cursor per series that has a sample in the range; staleness markers are kept.
  ///   All cursors see the store as it was at this call.
  /// - Throws: ``StoreError/closed`` after the store was closed.
  func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor]

  /// The label sets of the series that satisfy every matcher and may have a sample in `range`,
  /// in label-set order; an empty list of matchers means all.
  func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet]
}

extension SeriesReading {
  /// Reads whole series: for tests and small results.
  package func series(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [Series] {
    var found: [Series] = []
    var run = SampleRun()
    for var cursor in try cursors(SeriesSelection(matching: matchers, in: range)) {
      var samples: [Sample] = []
      while try cursor.next(into: &run) {
        for index in 0..<run.count {
          let time = Timestamp(unixMilliseconds: run.unixMilliseconds[index])
          samples.append(Sample(time, run.values[index]))
        }
      }
      if !samples.isEmpty { found.append(Series(labels: cursor.labels, samples: samples)) }
    }
    return found
  }
}
