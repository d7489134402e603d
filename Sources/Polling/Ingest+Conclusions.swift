// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

extension Ingest {
  /// Takes what was concluded from other samples; what it does not name any more ends.
  ///
  /// - Parameters:
  ///   - samples: All that there is by now; `cluster` is added.
  ///   - source: Tells these samples from others; no target's key.
  ///   - time: The time of the values.
  ///   - isUrgent: Rules should look at once.
  package func record(
    derived samples: [CollectedSample],
    source: String,
    at time: Timestamp,
    isUrgent: Bool
  ) {
    let accepted = samples.filter(isAcceptable)
    take(accepted, source: source, labels: clusterLabel, at: time) { $0 || isUrgent }
  }

  /// Takes what rules produced; a staleness marker ends its series, others stay.
  ///
  /// The samples carry all their labels already: nothing is added.
  ///
  /// - Parameters:
  ///   - values: Each label set once, metric name included.
  ///   - time: The time of the values.
  package func record(ruleValues values: [(labels: LabelSet, value: Double)], at time: Timestamp) {
    var batch = AppendBatch(timestamp: time)
    var names: Set<String> = []
    var isUrgent = false
    // What one rule ends, another may go on with.
    let present = Set(values.filter { !$0.value.isStalenessMarker }.map(\.labels))
    state.withLock { state in
      var source = state.sources.removeValue(forKey: Self.ruleSource) ?? Source()
      source.round += 1
      for (labels, value) in values {
        guard let name = labels.metricName else { continue }
        if value.isStalenessMarker, present.contains(labels) { continue }
        names.insert(name)
        let pairs = labels.withoutMetricName.map { ($0.name, $0.value) }
        let key = SeriesKey(metric: name, labels: Dictionary(pairs) { first, _ in first })
        let known = source.live[key]
        isUrgent = isUrgent || known == nil || value.isStalenessMarker
        var reference: SeriesReference?
        if value.isStalenessMarker {
          source.live[key] = nil
          if let known { latest.remove([known.slot]) }
          // A series from before a restart is not live, and its end must be written all the same.
          reference = known?.reference ?? self.reference(for: labels, &state.statistics)
        } else {
          let definition = catalog[name] ?? Self.ruleDefinition(name)
          let sample = CollectedSample(definition, value, key.labels)
          guard let series = live(sample, in: &source, &state.statistics) else { continue }
          latest.set([(series.slot, value)], at: time)
          reference = series.reference
        }
        guard let reference else { continue }
        batch.references.append(reference)
        batch.values.append(value)
      }
      state.sources[Self.ruleSource] = source
    }
    append(batch)
    guard !names.isEmpty else { return }
    // Nothing but rules reads what rules make.
    observer(
      IngestEvent(time: time, metricNames: names, changedNames: [], isUrgent: isUrgent)
    )
  }

  /// The key of the source of everything that rules make.
  private static let ruleSource = "rules"

  private static func ruleDefinition(_ name: String) -> MetricDefinition {
    MetricDefinition(name, .unknown, labels: nil, help: "Made by a rule.")
  }
}
