// SPDX-License-Identifier: MIT
package import MetricModel

/// Which metrics there are, and which labels their series may carry.
package struct MetricKnowledge: Sendable {
  private let labels: [String: Set<String>?]

  /// The metrics that a program collects, and the labels it adds to all of them.
  package init(catalog: MetricCatalog, added: Set<String>) {
    var labels = catalog.definitions.mapValues { $0.labelNames?.union(added) }
    // Their labels are those of the alerts.
    for name in ["ALERTS", "ALERTS_FOR_STATE"] { labels[name] = Set<String>?.none }
    self.labels = labels
  }

  /// The names of all metrics.
  var names: Dictionary<String, Set<String>?>.Keys { labels.keys }

  /// There is a metric of this name.
  func contains(_ name: String) -> Bool { labels[name] != nil }

  /// What is known of the labels of a metric's series.
  func series(of name: String) -> KnownLabels {
    KnownLabels(possible: labels[name] ?? nil)
  }
}

/// What is known of the labels that a vector's series carry.
struct KnownLabels: Equatable {
  /// The labels that a series may carry; nil when it may be any.
  var possible: Set<String>?
  /// The labels that each series is meant to carry.
  var certain: Set<String> = []

  /// Nothing is known.
  static let any = KnownLabels(possible: nil)

  /// No series can carry the label.
  func lacks(_ name: String) -> Bool { possible.map { !$0.contains(name) } ?? false }

  func adding(_ names: some Collection<String>) -> KnownLabels {
    KnownLabels(possible: possible?.union(names), certain: certain.union(names))
  }

  func removing(_ names: some Sequence<String>) -> KnownLabels {
    KnownLabels(possible: possible?.subtracting(names), certain: certain.subtracting(names))
  }

  /// Only these labels, each of which is meant to be there where it can be.
  func keeping(_ names: some Collection<String>) -> KnownLabels {
    let kept = possible?.intersection(names) ?? Set(names)
    return KnownLabels(possible: kept, certain: kept)
  }

  /// What holds for the series of both.
  func union(_ other: KnownLabels) -> KnownLabels {
    var possible = self.possible
    if let others = other.possible { possible?.formUnion(others) } else { possible = nil }
    return KnownLabels(possible: possible, certain: certain.intersection(other.certain))
  }
}
