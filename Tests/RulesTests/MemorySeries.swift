// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
import Rules
import Synchronization

/// Series in memory that rules are evaluated over.
final class MemorySeries: SeriesReading {
  private let series = Mutex<[LabelSet: [Sample]]>([:])

  func add(_ labels: LabelSet, _ value: Double, at time: Timestamp) {
    series.withLock { $0[labels, default: []].append(Sample(time, value)) }
  }

  func add(_ samples: RuleSamples) {
    for value in samples.values { add(value.labels, value.value, at: samples.timestamp) }
  }

  /// The newest sample of a series that is no staleness marker.
  func last(_ labels: LabelSet) -> Double? {
    series.withLock { $0[labels]?.last.flatMap { $0.isStalenessMarker ? nil : $0.value } }
  }

  func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    try found(selection.matchers).compactMap { entry in
      let samples = entry.samples.filter { selection.range.contains($0.timestamp) }
      return samples.isEmpty ? nil : Cursor(labels: entry.labels, samples: samples)
    }
  }

  func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet] {
    try found(matchers).map(\.labels)
  }

  private func found(
    _ matchers: [LabelMatcher]
  ) throws(StoreError) -> [(labels: LabelSet, samples: [Sample])] {
    var compiled: [CompiledMatcher] = []
    for matcher in matchers {
      do throws(PatternError) {
        compiled.append(try CompiledMatcher(matcher))
      } catch {
        throw .invalidPattern(pattern: matcher.value, reason: error.reason)
      }
    }
    return series.withLock { series in
      series.filter { entry in compiled.allSatisfy { $0.matches(entry.key) } }
        .map { (labels: $0.key, samples: $0.value) }
        .sorted { $0.labels < $1.labels }
    }
  }

  private struct Cursor: SeriesCursor {
    let labels: LabelSet
    var samples: [Sample]

    mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
      run.removeAll()
      for sample in samples { run.append(sample.timestamp.unixMilliseconds, sample.value) }
      samples = []
      return run.count > 0
    }
  }
}
