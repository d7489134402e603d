// SPDX-License-Identifier: MIT
import MetricModel

/// Stored series, with those of some metric names taken from memory instead.
struct LayeredSeries: SeriesReading {
  let below: any SeriesReading
  let above: TrialSeries
  /// The metric names that are in memory only.
  let names: Set<String>

  func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    if let isAbove = isAbove(selection.matchers) {
      return try isAbove ? above.cursors(selection) : below.cursors(selection)
    }
    let stored = try below.cursors(selection).filter { !isHidden($0.labels) }
    return (stored + (try above.cursors(selection))).sorted { $0.labels < $1.labels }
  }

  func rollupSpan(dividing unit: Duration, in range: ClosedRange<Timestamp>) -> Duration? { nil }

  func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet] {
    if let isAbove = isAbove(matchers) {
      return try isAbove
        ? above.labelSets(matching: matchers, in: range)
        : below.labelSets(matching: matchers, in: range)
    }
    let stored = try below.labelSets(matching: matchers, in: range).filter { !isHidden($0) }
    return (stored + (try above.labelSets(matching: matchers, in: range))).sorted()
  }

  /// Whether matchers that fix a name ask for what is in memory; nil when they fix none.
  private func isAbove(_ matchers: [LabelMatcher]) -> Bool? {
    matchers.first { $0.name == LabelSet.metricNameLabel && $0.operation == .equal }
      .map { names.contains($0.value) }
  }

  private func isHidden(_ labels: LabelSet) -> Bool {
    names.contains(labels.metricName ?? "")
  }
}
