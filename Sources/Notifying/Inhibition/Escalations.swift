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
    let kinds = Dictionary(grouping: firing) { alert in
      LabelSet(alert.labels.filter { $0.name != "alertname" && $0.name != "severity" })
    }
    var found: [LabelSet: Alert] = [:]
    for alerts in kinds.values where alerts.count > 1 {
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

  /// The more urgent alert that says the same, if one fires.
  func urgentForm(of labels: LabelSet) -> LabelSet? { urgentByLesser[labels] }

  private static func rank(_ alert: Alert) -> SeverityRank {
    SeverityRank(alert.labels["severity"])
  }
}
