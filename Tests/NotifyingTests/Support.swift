// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Patterns
import Rules

/// Accepts everything and does nothing: for tests that only plan.
struct SilentReceiver: Receiver {
  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? { nil }
}

func alert(
  _ name: String = "A",
  _ labels: [String: String] = [:],
  at seconds: Double = 0,
  endedAt ended: Double? = nil,
  value: Double = 1,
  isUnknown: Bool = false
) -> Alert {
  Alert(
    labels: LabelSet(["alertname": name].merging(labels) { $1 }),
    value: value,
    startsAt: time(seconds),
    endsAt: ended.map { time($0) },
    isUnknown: isUnknown
  )
}

func time(_ seconds: Double) -> Timestamp { Timestamp(unixSeconds: 1_700_000_000 + seconds) }

func route(
  _ receiver: String,
  _ matchers: [LabelMatcher] = [],
  by grouping: Grouping = .labels(["alertname"]),
  wait: Double = 2,
  interval: Double = 60,
  repetition: Double = 3_600,
  continues: Bool = false,
  parent: String? = nil,
  children: [Route] = []
) throws -> Route {
  let text = matchers.map(\.description).joined(separator: ",")
  return Route(
    key: parent.map { "\($0)/{\(text)}" } ?? "{}",
    receiver: receiver,
    grouping: grouping,
    timing: GroupTiming(
      wait: .milliseconds(Int(wait * 1_000)),
      interval: .milliseconds(Int(interval * 1_000)),
      repetition: .milliseconds(Int(repetition * 1_000))
    ),
    matchers: try matchers.map { try CompiledMatcher($0) },
    continues: continues,
    children: children
  )
}

func settings(
  _ root: Route,
  _ integrations: [IntegrationID] = [IntegrationID(receiver: "chat", kind: "test")],
  sendsResolved: Bool = true
) -> NotificationSettings {
  NotificationSettings(
    externalURL: "http://hvsmon.test",
    root: root,
    integrations: integrations.map {
      Integration(id: $0, sendsResolved: sendsResolved, receiver: SilentReceiver())
    }
  )
}

func silence(
  _ id: String,
  _ matchers: [LabelMatcher],
  from start: Double = 0,
  to end: Double = 1_000
) throws -> Silence {
  Silence(
    id: id,
    matchers: try matchers.map { try CompiledMatcher($0) },
    startsAt: time(start),
    endsAt: time(end),
    createdBy: "ann",
    comment: "a test",
    updatedAt: time(start)
  )
}

/// A message in one line, for comparisons: who, why, and the alerts with `+` new, `-` resolved.
func line(_ notification: AlertNotification) -> String {
  let alerts = notification.alerts.map { told in
    let mark = told.alert.isResolved ? "-" : told.isNew ? "+" : " "
    return "\(mark)\(told.alert.labels["alertname"] ?? "")\(told.alert.labels["n"] ?? "")"
  }
  let reason = notification.reason.rawValue
  return "\(notification.integration.receiver) \(reason) \(alerts.joined(separator: ","))"
}

extension NotificationPlanner {
  /// Steps and returns the messages in one line each.
  mutating func told(
    _ alerts: [Alert],
    at seconds: Double,
    silences: SilenceBook = SilenceBook()
  ) -> [String] {
    step(alerts: alerts, silences: silences, now: time(seconds)).notifications.map(line)
  }

  /// Steps at every deadline until `seconds`, then at `seconds`; the messages with their times.
  mutating func told(
    _ alerts: [Alert],
    until seconds: Double,
    silences: SilenceBook = SilenceBook()
  ) -> [String] {
    var lines: [String] = []
    while let deadline = nextDeadline, deadline < time(seconds) {
      let offset = (deadline - time(0)).inSeconds
      lines += told(alerts, at: offset, silences: silences).map { "\(offset): \($0)" }
    }
    return lines + told(alerts, at: seconds, silences: silences).map { "\(seconds): \($0)" }
  }
}
