// SPDX-License-Identifier: MIT
package import MetricModel

/// One alert instance as an alerting rule reports it after an evaluation.
///
/// The label set is its identity; annotations and value are always the latest. Pending instances
/// are never reported.
package struct Alert: Equatable, Sendable {
  /// Sample labels without the metric name, the rule's labels over them, `alertname` over all.
  package let labels: LabelSet
  /// The rule's annotations, expanded; sorted by name, values may be empty.
  package var annotations: [Label]
  /// The sample's value at the latest evaluation in which the condition was true.
  package var value: Double
  /// When it began to fire.
  package let startsAt: Timestamp
  /// When it stopped firing; nil while it fires.
  package var endsAt: Timestamp?
  /// It cannot be known whether the condition still holds: its target cannot be asked.
  package var isUnknown: Bool
  /// The expression it stems from, for links back.
  package let expression: String
  /// Where another program that posted it shows more; empty for an alert of a rule.
  package let sourceURL: String

  /// Describes an alert.
  package init(
    labels: LabelSet,
    annotations: [Label] = [],
    value: Double = 1,
    startsAt: Timestamp,
    endsAt: Timestamp? = nil,
    isUnknown: Bool = false,
    expression: String = "",
    sourceURL: String = ""
  ) {
    self.labels = labels
    self.annotations = annotations
    self.value = value
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.isUnknown = isUnknown
    self.expression = expression
    self.sourceURL = sourceURL
  }

  /// It no longer fires.
  package var isResolved: Bool { endsAt != nil }

  /// The identity as Alertmanager prints it: 64-bit FNV-1a over the sorted label names and values,
  /// each followed by the byte 0xFF, as 16 hexadecimal digits.
  package var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    for label in labels {
      label.name.utf8.forEach(mix)
      mix(0xff)
      label.value.utf8.forEach(mix)
      mix(0xff)
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
