// SPDX-License-Identifier: MIT
import MetricModel
import Rules

/// Which alerts say the same as a more urgent one; pure.
///
/// Two alerts do when they have the same labels but the severity, or when the rule of the more urgent
/// one names that of the other in its annotation ``annotation``.
struct Escalations {
  /// Names the rule of which an alert is the more urgent form.
  static let annotation = "escalates"

  private let urgentByLesser: [LabelSet: LabelSet]

  init(among firing: [Alert]) {
    // Most alerts are alone: only those that may have company are compared.
    let likely = Dictionary(grouping: firing) { Self.digest(of: $0.labels) }
    let kinds = likely.values.filter { $0.count > 1 }.flatMap { alerts in
      Dictionary(grouping: alerts) { $0.labels.removing(Self.distinguishing) }.values
    }
    var found: [LabelSet: Alert] = [:]
    for alerts in kinds where alerts.count > 1 {
      let byName = Dictionary(grouping: alerts) { $0.labels["alertname"] }
      for urgent in alerts {
        let escalated = urgent.annotations.first { $0.name == Self.annotation }?.value
        let names = Set([urgent.labels["alertname"], escalated])
        for lesser in names.flatMap({ byName[$0] ?? [] })
        where Self.rank(lesser) < Self.rank(urgent) {
          guard let known = found[lesser.labels], Self.rank(known) >= Self.rank(urgent) else {
            found[lesser.labels] = urgent
            continue
          }
        }
      }
    }
    urgentByLesser = found.mapValues(\.labels)
  }

  /// What tells alerts of one kind from each other.
  private static let distinguishing: Set = ["alertname", "severity"]

  /// Equal for alerts of one kind.
  private static func digest(of labels: LabelSet) -> Int {
    var hasher = Hasher()
    for label in labels where label.name != "alertname" && label.name != "severity" {
      hasher.combine(label.name)
      hasher.combine(label.value)
    }
    return hasher.finalize()
  }

  /// Nothing says the same as anything else.
  var isEmpty: Bool { urgentByLesser.isEmpty }

  /// The more urgent alert that says the same, if one fires.
  func urgentForm(of labels: LabelSet) -> LabelSet? { urgentByLesser[labels] }

  private static func rank(_ alert: Alert) -> SeverityRank {
    SeverityRank(alert.labels["severity"])
  }
}
