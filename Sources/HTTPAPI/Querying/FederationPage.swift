// SPDX-License-Identifier: MIT
import MetricModel

/// Newest samples with their times, as exposition text.
///
/// Source: Prometheus, federation; text format 0.0.4.
struct FederationPage {
  private struct Family {
    var definition: MetricDefinition?
    var samples: [LabelSet: Sample] = [:]
  }

  private let externalLabels: LabelSet
  private var families: [String: Family] = [:]

  /// An empty page; these labels are added to each series that does not say otherwise.
  init(externalLabels: LabelSet) {
    self.externalLabels = externalLabels
  }

  func contains(_ labels: LabelSet, of name: String) -> Bool {
    families[name]?.samples[labels] != nil
  }

  mutating func add(
    _ series: [(labels: LabelSet, sample: Sample)],
    of name: String,
    definedAs definition: MetricDefinition?
  ) {
    guard !series.isEmpty else { return }
    var family = families.removeValue(forKey: name) ?? Family()
    family.definition = family.definition ?? definition
    for (labels, sample) in series { family.samples[labels] = sample }
    families[name] = family
  }

  /// Families by name, the series of each by their labels.
  func text() throws(APIFailure) -> [UInt8] {
    var page: [UInt8] = []
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      let shown = EscapedName.underscored(name, allowsColon: true)
      let type =
        switch family.definition?.kind {
        case .counter: "counter"
        case .gauge, .info: "gauge"
        case .unknown, nil: "untyped"
        }
      page += "# TYPE \(shown) \(type)\n".utf8
      for (labels, sample) in family.samples.sorted(by: { $0.key < $1.key }) {
        page += "\(shown){\(pairs(labels))} ".utf8
        page += "\(sample.value.sampleValueText) \(sample.timestamp.unixMilliseconds)\n".utf8
      }
      guard page.count <= APIEnvelope.bytesMax else {
        throw APIFailure(
          .execution,
          "the page is longer than the limit of \(APIEnvelope.bytesMax) bytes: match less"
        )
      }
    }
    return page
  }

  /// A series without `instance` says so: the scraper would add that of this monitor.
  private func pairs(_ labels: LabelSet) -> String {
    let all = externalLabels.merging(labels).withoutMetricName
    var pairs = all.map { label in
      "\(EscapedName.underscored(label.name, allowsColon: false))=\(label.value.quotedForPromQL)"
    }
    if all["instance"] == nil { pairs.append("instance=\"\"") }
    return pairs.joined(separator: ",")
  }
}
