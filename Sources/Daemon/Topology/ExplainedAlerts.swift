// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules

/// Every alert that fires and what is told of it, as JSON.
enum ExplainedAlerts {
  /// Writes `{"alerts": [...]}`, in the order of label sets.
  ///
  /// Each alert has `labels`, `startsAt`, `isUnknown` and `standing`; one that is held back or told
  /// with its cause has `cause`, the label set of the alert about it; one that waits has `until`.
  static func json(_ alerts: [Alert], _ standings: [LabelSet: AlertStanding]) -> [UInt8] {
    var text = JSONText()
    text.raw("{\"alerts\":[")
    for (index, alert) in alerts.sorted(by: { $0.labels < $1.labels }).enumerated() {
      if index > 0 { text.raw(",") }
      write(alert, standings[alert.labels] ?? .own, to: &text)
    }
    text.raw("]}")
    return text.bytes
  }

  private static func write(
    _ alert: Alert,
    _ standing: AlertStanding,
    to text: inout JSONText
  ) {
    text.raw("{\"labels\":")
    text.object(alert.labels)
    text.raw(",\"startsAt\":")
    text.string(alert.startsAt.rfc3339Text)
    text.raw(",\"isUnknown\":\(alert.isUnknown),\"standing\":")
    text.string(standing.kind)
    switch standing {
    case .own: break
    case .asking(let until), .recovering(let until):
      text.raw(",\"until\":")
      text.string(until.rfc3339Text)
    case .held(let cause), .joined(let cause):
      text.raw(",\"cause\":")
      text.object(cause)
    }
    text.raw("}")
  }
}
