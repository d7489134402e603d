// SPDX-License-Identifier: MIT
package import MetricModel
import Patterns

/// A store in memory.
package struct MemorySeries: SeriesReading {
  /// How many samples a cursor hands out at a time: small, so that tests cross its edges.
  private static let runLength = 7

  private var samples: [LabelSet: [Sample]] = [:]

  /// Makes an empty store.
  package init() {}

  /// Adds samples to a series, in any order.
  package mutating func append(_ labels: LabelSet, _ new: [Sample]) {
    let all = samples[labels, default: []] + new
    samples[labels] = all.sorted { $0.timestamp < $1.timestamp }
  }

  /// Adds values a step apart from the epoch on to a series.
  package mutating func append(_ labels: LabelSet, every step: Duration, _ values: [Double]) {
    append(
      labels,
      values.enumerated().map { index, value in
        Sample(Timestamp(unixMilliseconds: Int64(index) * step.wholeMilliseconds), value)
      }
    )
  }

  package func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    var cursors: [any SeriesCursor] = []
    for labels in try labelSets(matching: selection.matchers, in: selection.range) {
      let inside = (samples[labels] ?? []).filter { selection.range.contains($0.timestamp) }
      if !inside.isEmpty { cursors.append(Cursor(labels: labels, rest: inside[...])) }
    }
    return cursors
  }

  package func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet] {
    var compiled: [CompiledMatcher] = []
    for matcher in matchers {
      do throws(PatternError) {
        compiled.append(try CompiledMatcher(matcher))
      } catch {
        throw .invalidPattern(pattern: error.pattern, reason: error.reason)
      }
    }
    return samples.keys.filter { labels in compiled.allSatisfy { $0.matches(labels) } }.sorted()
  }

  private struct Cursor: SeriesCursor {
    let labels: LabelSet
    var rest: ArraySlice<Sample>

    mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
      run.removeAll()
      for sample in rest.prefix(MemorySeries.runLength) {
        run.append(sample.timestamp.unixMilliseconds, sample.value)
      }
      rest = rest.dropFirst(MemorySeries.runLength)
      return run.count > 0
    }
  }
}
