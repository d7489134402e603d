// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
import Rules
import Synchronization

/// Series in memory that rules are evaluated over.
final class MemorySeries: SeriesReading {
  /// By metric name.
  private let series = Mutex<[String: [LabelSet: [Sample]]]>([:])

  func add(_ labels: LabelSet, _ value: Double, at time: Timestamp) {
    series.withLock {
      $0[labels.metricName ?? "", default: [:]][labels, default: []].append(Sample(time, value))
    }
  }

  func add(_ samples: RuleSamples) {
    for value in samples.values { add(value.labels, value.value, at: samples.timestamp) }
  }

  /// The newest sample of a series that is no staleness marker.
  func last(_ labels: LabelSet) -> Double? {
    series.withLock {
      $0[labels.metricName ?? ""]?[labels]?.last.flatMap { $0.isStalenessMarker ? nil : $0.value }
    }
  }

  func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    try found(selection.matchers).compactMap { entry in
      let samples = entry.samples.reversed().prefix { $0.timestamp >= selection.range.lowerBound }
        .reversed().filter { $0.timestamp <= selection.range.upperBound }
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
    let name = matchers.first { $0.name == LabelSet.metricNameLabel && $0.operation == .equal }?
      .value
    return series.withLock { series in
      let candidates =
        name.map { series[$0] ?? [:] }
        ?? series.values.reduce(into: [:]) {
          $0.merge($1) { first, _ in first }
        }
      return candidates.filter { entry in compiled.allSatisfy { $0.matches(entry.key) } }
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
