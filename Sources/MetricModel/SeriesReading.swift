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
  /// The figures of roll-ups that are to stand for the samples; nil asks for every sample.
  package let rollup: RollupReading?
  /// Where more series match, whether they have samples or not, none is read.
  package let seriesMax: Int

  /// Describes a selection.
  package init(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>,
    rollup: RollupReading? = nil,
    seriesMax: Int = .max
  ) {
    self.matchers = matchers
    self.range = range
    self.rollup = rollup
    self.seriesMax = seriesMax
  }
}

/// What a store keeps of the samples of a span, besides the samples.
package enum RollupFigure: Int, CaseIterable, Sendable {
  /// The smallest value.
  case min = 0
  /// The largest value.
  case max = 1
  /// The sum of the values.
  case sum = 2
  /// The number of samples.
  case count = 3
  /// The value at the end of the span; the staleness marker when the series had none by then.
  case last = 4
  /// By how much a counter rose from the last sample before the span to its last one; one that fell
  /// began anew at 0.
  case increase = 5
}

/// Figures of roll-ups as a reader wants them: one for each span, at the time of the span's end.
package struct RollupReading: Hashable, Sendable {
  /// One that ``SeriesReading/rollupSpan(dividing:in:)`` gave.
  package let span: Duration
  /// Which figure.
  package let figure: RollupFigure

  /// Describes a wish.
  package init(span: Duration, figure: RollupFigure) {
    self.span = span
    self.figure = figure
  }
}

/// Walks the samples of one series, a run at a time, so that a long series is never held whole.
package protocol SeriesCursor: Sendable {
  /// What identifies the series.
  var labels: LabelSet { get }

  /// What could not be read so far, because it is damaged, and was left out; nil when nothing was.
  var damage: String? { get }

  /// Replaces `run` by the next stretch of samples, oldest first; false when there are no more.
  mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool

  /// Adds the next stretch of samples to what `columns` has; false when there are no more.
  mutating func next(appendingTo columns: inout SampleColumns) throws(StoreError) -> Bool
}

/// The newest sample of each of some series.
package struct NewestSamples: Sendable {
  /// One sample and what identifies its series.
  package struct Element: Sendable {
    /// What identifies the series.
    package let labels: LabelSet
    /// Its newest sample.
    package let sample: Sample

    /// Pairs a sample with its series.
    package init(_ labels: LabelSet, _ sample: Sample) {
      self.labels = labels
      self.sample = sample
    }
  }

  /// In label-set order.
  package var elements: [Element] = []
  /// What could not be read, because it is damaged, and was left out.
  package var damage: [String] = []

  /// Starts without any.
  package init() {}
}

/// Reads stored samples.
package protocol SeriesReading: Sendable {
  /// Finds the series that satisfy every matcher, in label-set order.
  ///
  /// - Parameter selection: Which series, and which stretch of them.
  /// - Returns: A cursor per series that has a sample in the range; staleness markers are kept.
  ///   All cursors see the store as it was at this call.
  /// - Throws: ``StoreError/closed`` after the store was closed; a store of many series throws
  ///   ``StoreError/limitExceeded(limit:)`` for more than ``SeriesSelection/seriesMax``.
  func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor]

  /// The newest sample in the range of each series that satisfies every matcher, a staleness marker
  /// too; roll-ups are not looked at.
  ///
  /// - Throws: As ``cursors(_:)`` does.
  func newest(_ selection: SeriesSelection) throws(StoreError) -> NewestSamples

  /// The longest span of roll-ups that divides `unit`, when roll-ups can stand for the samples of a
  /// range; nil when the samples themselves are to be read.
  ///
  /// The figures of a span are those of the samples after its beginning up to its end. Where there
  /// are none yet, a reader gets those of each sample, as if it were a span of its own.
  func rollupSpan(dividing unit: Duration, in range: ClosedRange<Timestamp>) -> Duration?

  /// The label sets of the series that satisfy every matcher and may have a sample in `range`,
  /// in label-set order; an empty list of matchers means all.
  func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet]
}

extension SeriesCursor {
  package var damage: String? { nil }

  package mutating func next(appendingTo columns: inout SampleColumns) throws(StoreError) -> Bool {
    var run = SampleRun()
    guard try next(into: &run) else { return false }
    columns.append(run)
    return true
  }

  /// Walks a cursor to its end.
  ///
  /// - Returns: The last sample; nil when there is none.
  package mutating func newest() throws(StoreError) -> Sample? {
    var newest: Sample?
    var run = SampleRun()
    while try next(into: &run) {
      guard let time = run.unixMilliseconds.last, let value = run.values.last else { continue }
      newest = Sample(Timestamp(unixMilliseconds: time), value)
    }
    return newest
  }
}

extension SeriesReading {
  package func newest(_ selection: SeriesSelection) throws(StoreError) -> NewestSamples {
    var newest = NewestSamples()
    for var cursor in try cursors(selection) {
      let sample = try cursor.newest()
      if let damage = cursor.damage { newest.damage.append(damage) }
      if let sample { newest.elements.append(NewestSamples.Element(cursor.labels, sample)) }
    }
    return newest
  }

  package func rollupSpan(dividing unit: Duration, in range: ClosedRange<Timestamp>) -> Duration? {
    nil
  }

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
