// SPDX-License-Identifier: MIT
import MetricModel

/// Which series of one source ended because a part of it could not be asked any more, rather than
/// because what they told of is over; pure.
///
/// A series is withheld when it ends in the round in which the part became silent, and until it is
/// back or the part is asked again. Parts that are silent for good, such as for lack of a
/// privilege, withhold nothing that ends later.
struct WithheldSeries<Key: Hashable> {
  /// More than this are not withheld, as one poll brings no more.
  static var seriesMax: Int { Ingest.samplesPerPollMax }

  private struct Part: Hashable {
    let part: String
    let node: String
  }

  private struct Entry {
    /// All labels but the metric's name.
    let labels: LabelSet
    var parts: Set<Part>
  }

  /// The silent parts of the last answer, with the reasons.
  private var silent: [Part: String] = [:]
  private var entries: [Key: Entry] = [:]
  /// What ended while the whole source could not be asked.
  private var lapsed: [Key: LabelSet] = [:]

  /// The labels of the series that are withheld, without their metrics' names.
  var labels: [LabelSet] { entries.values.map(\.labels) }

  /// The nodes of which nothing is known.
  var silentNodes: Set<String> {
    Set(
      silent.filter { IngestMetrics.wholeNodeReasons.contains($0.value) && !$0.key.node.isEmpty }
        .map(\.key.node)
    )
  }

  /// Takes in an answer.
  ///
  /// - Parameters:
  ///   - samples: What it brought.
  ///   - ended: The series that were in the round before and are not in this one.
  ///   - isLive: A series is in this round.
  mutating func note(
    _ samples: [CollectedSample],
    ended: [(key: Key, labels: LabelSet)],
    isLive: (Key) -> Bool
  ) {
    var now: [Part: String] = [:]
    for sample in samples where sample.definition == IngestMetrics.collectorPartial {
      let part = Part(part: sample.labels["part"] ?? "", node: sample.labels["node"] ?? "")
      now[part] = sample.labels["reason"] ?? ""
    }
    // In most rounds nothing is silent and nothing was.
    guard !now.isEmpty || !silent.isEmpty || !lapsed.isEmpty else { return }
    let new = Set(now.keys.filter { silent[$0] == nil })
    let before = entries
    entries = [:]
    for (key, var entry) in before where !isLive(key) {
      entry.parts = entry.parts.filter { now[$0] != nil }
      if !entry.parts.isEmpty { entries[key] = entry }
    }
    let missing = ended.map { ($0.key, $0.labels) } + lapsed.map { ($0.key, $0.value) }
    for (key, labels) in missing where !isLive(key) && entries.count < Self.seriesMax {
      let causes = new.filter { part in
        part.node.isEmpty || labels["node"].map { $0 == part.node } ?? true
      }
      if !causes.isEmpty { entries[key] = Entry(labels: labels.withoutMetricName, parts: causes) }
    }
    silent = now
    lapsed = [:]
  }

  /// The source gave no answer: what ended may turn out to be withheld when it does again.
  mutating func noteFailure(ended: [(key: Key, labels: LabelSet)]) {
    for (key, labels) in ended where lapsed.count < Self.seriesMax { lapsed[key] = labels }
    // Each part is silent anew after this.
    silent = [:]
  }
}
