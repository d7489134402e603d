// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// What is not known although its target answers.
extension Ingest {
  /// Parts of targets that cannot be asked although the target answers: its labels, and the `node`
  /// of which nothing is known.
  package var unreachableParts: [LabelSet] {
    state.withLock { state in
      state.sources.values.flatMap { source in
        source.withheld.silentNodes.map { source.liveLabels.merging(LabelSet(["node": $0])) }
      }
    }
  }

  /// The labels, without the metric's name, of the series that ended because a part of their target
  /// could not be asked any more; until they are back or the part is asked again.
  package var withheldSeries: [LabelSet] {
    state.withLock { state in state.sources.values.flatMap(\.withheld.labels) }
  }
}

extension Ingest.Source {
  /// Decides which of the series that ended in a poll were withheld.
  mutating func withhold(
    _ samples: [CollectedSample],
    _ ended: [Ingest.SeriesKey],
    isAnswered: Bool
  ) {
    let series = ended.map { (key: $0, labels: LabelSet($0.labels).merging(liveLabels)) }
    if isAnswered {
      withheld.note(samples, ended: series) { live[$0] != nil }
    } else {
      withheld.noteFailure(ended: series)
    }
  }
}
