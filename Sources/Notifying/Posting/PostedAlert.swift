// SPDX-License-Identifier: MIT
package import MetricModel

/// An alert as another program posts it, such as a Prometheus.
package struct PostedAlert: Equatable, Sendable {
  /// The most labels, and the most annotations.
  package static let pairsMax = 64
  /// Bytes of all names and values together.
  package static let bytesMax = 16 << 10

  /// Its identity; no value is empty.
  package let labels: LabelSet
  /// Sorted by name.
  package let annotations: [Label]
  /// When it began; nil: now.
  package let startsAt: Timestamp?
  /// When it ends, or ended; nil: it goes on, as long as it is posted again and again.
  package let endsAt: Timestamp?
  /// Where its sender shows more of it; empty when it did not say.
  package let sourceURL: String

  /// Describes an alert; labels with an empty value are left out.
  package init(
    labels: LabelSet,
    annotations: [Label] = [],
    startsAt: Timestamp? = nil,
    endsAt: Timestamp? = nil,
    sourceURL: String = ""
  ) {
    self.labels = LabelSet(labels.filter { !$0.value.isEmpty })
    self.annotations = annotations.sorted()
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.sourceURL = sourceURL
  }

  /// Why it cannot be taken, in Alertmanager's words where it has some; nil when it can.
  package var fault: String? {
    if labels.isEmpty { return "at least one label pair required" }
    if labels.contains(where: { $0.name.isEmpty }) { return "invalid label set: a name is empty" }
    if annotations.contains(where: { $0.name.isEmpty }) {
      return "invalid annotations: a name is empty"
    }
    if let startsAt, let endsAt, endsAt < startsAt {
      return "start time must be before end time"
    }
    guard labels.labels.count <= Self.pairsMax, annotations.count <= Self.pairsMax else {
      return "more than \(Self.pairsMax) labels or annotations"
    }
    guard bytes <= Self.bytesMax else { return "more than \(Self.bytesMax) bytes" }
    return nil
  }

  /// Bytes of its texts.
  var bytes: Int {
    (labels.labels + annotations).reduce(sourceURL.utf8.count) {
      $0 + $1.name.utf8.count + $1.value.utf8.count
    }
  }
}
