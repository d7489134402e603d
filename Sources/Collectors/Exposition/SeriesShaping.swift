// SPDX-License-Identifier: MIT
import MetricModel

/// What a scraped series is kept as: the target's labels added, then the rules of
/// `metric_relabel_configs`, then the limits; pure.
///
/// Source: Prometheus, configuration, `honor_labels` and `metric_relabel_configs`.
struct SeriesShaping: Sendable {
  /// hvsmon's own limits, at which a series is left out; those of the settings fail the scrape.
  static let labelsMax = 64
  static let labelBytesMax = 1_024

  /// Those of the target, `job` and `instance` among them.
  let target: LabelSet
  /// The series' own labels win over the target's; otherwise they are renamed `exported_…`.
  let honorsLabels: Bool
  let rules: [RelabelRule]
  let limits: ScrapeLimits

  /// A limit of hvsmon's own that a series is over, as refused samples are counted.
  enum Excess: String {
    case longLabel = "long_label"
    case badLabels = "bad_labels"
  }

  /// What a series comes to.
  enum Shape: Equatable {
    case kept(LabelSet)
    /// A rule drops it.
    case dropped
    /// It is over a limit of hvsmon's own.
    case leftOut(Excess)
    /// The scrape fails: what is wrong, as one sentence.
    case faulty(reason: String)
  }

  func shape(_ series: LabelSet) -> Shape {
    var draft = LabelDraft(series)
    if honorsLabels {
      for label in target where draft[label.name].isEmpty { draft[label.name] = label.value }
    } else {
      rename(&draft)
      for label in target { draft[label.name] = label.value }
    }
    for rule in rules {
      switch rule.apply(to: &draft) {
      case .kept: continue
      case .dropped: return .dropped
      case .tooLong: return .leftOut(.longLabel)
      }
    }
    let labels = LabelSet(draft.labels)
    guard let name = labels.metricName else {
      return .faulty(reason: "metric_relabel_configs leave a series without its name")
    }
    if let over = limits.excess(of: labels, name) { return .faulty(reason: over) }
    guard labels.labels.count <= Self.labelsMax else { return .leftOut(.badLabels) }
    let isShort = labels.allSatisfy {
      $0.value.utf8.count <= Self.labelBytesMax && $0.name.utf8.count <= Self.labelBytesMax
    }
    return isShort ? .kept(labels) : .leftOut(.longLabel)
  }

  /// Makes room for the target's labels; the shortest names first, as their new ones may be taken.
  private func rename(_ draft: inout LabelDraft) {
    // `cluster` is the target's as well, and is added later.
    let reserved = target.map(\.name) + ["cluster"]
    let taken = reserved.filter { !draft[$0].isEmpty }
      .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    let values = taken.map { draft[$0] }
    for name in taken { draft[name] = "" }
    for (name, value) in zip(taken, values) {
      var free = "exported_\(name)"
      while !draft[free].isEmpty || reserved.contains(free) { free = "exported_\(free)" }
      draft[free] = value
    }
  }
}

/// What one scrape may bring; more fails it.
struct ScrapeLimits: Equatable, Sendable {
  /// Samples that relabelling leaves.
  var samples = Self.samplesStandard
  /// Labels of a series, its name and the target's among them; nil for no limit but hvsmon's own.
  var labels: Int?
  /// Bytes of a label's name.
  var labelNameBytes: Int?
  /// Bytes of a label's value.
  var labelValueBytes: Int?
  /// Bytes of the answer, decompressed.
  var bodyBytes = Self.bodyBytesStandard

  static let samplesStandard = 50_000
  static let bodyBytesStandard = 16 << 20

  /// What is over a limit, as one sentence; nil when nothing is.
  func excess(of series: LabelSet, _ name: String) -> String? {
    if let labels, series.labels.count > labels {
      return "\(short(name)) has \(series.labels.count) labels, over label_limit (\(labels))"
    }
    for label in series {
      if let limit = labelNameBytes, label.name.utf8.count > limit {
        return "a label name of \(short(name)) has \(label.name.utf8.count) bytes, "
          + "over label_name_length_limit (\(limit))"
      }
      if let limit = labelValueBytes, label.value.utf8.count > limit {
        return "the value of \(short(label.name)) of \(short(name)) has "
          + "\(label.value.utf8.count) bytes, over label_value_length_limit (\(limit))"
      }
    }
    return nil
  }

  private func short(_ name: String) -> String {
    name.utf8.count > 100 ? "\(name.prefix(100))..." : name
  }
}
