// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Rules
import StateStore
import TestSupport

func time(_ seconds: Double) -> Timestamp { Timestamp(unixSeconds: 1_700_000_000 + seconds) }

func store(
  _ database: StateDatabase,
  limit: Int = 100,
  log: MemorySink = MemorySink()
) async throws -> NotificationStore {
  try await NotificationStore(
    database: database,
    limit: limit,
    clock: ManualTimeSource(time(0)),
    logger: Logger(area: "statestore", sink: log)
  )
}

func alert(_ number: Int, value: Double = 1, endedAt ended: Double? = nil) -> Alert {
  Alert(
    labels: LabelSet(["alertname": "A", "n": "\(number)", "text": "a\"b\\c\nü\u{1F600}"]),
    annotations: [Label("summary", "it is \(number)"), Label("empty", "")],
    value: value,
    startsAt: time(1.234),
    endsAt: ended.map { time($0) },
    isUnknown: number.isMultiple(of: 2),
    expression: "up == 0"
  )
}

let chat = IntegrationID(receiver: "chat", kind: "slack", index: 1)

func notification(_ number: Int, group: String? = nil, value: Double = 1) -> AlertNotification {
  AlertNotification(
    eventID: "event-\(number)",
    integration: chat,
    groupKey: group ?? "{}:{n=\"\(number)\"}",
    groupLabels: LabelSet(["n": "\(number)"]),
    sequence: number,
    reason: .moreFiring,
    alerts: [
      NotifiedAlert(alert(number, value: value), isNew: true),
      NotifiedAlert(alert(number + 1, endedAt: 9), isWithdrawn: true),
    ],
    externalURL: "http://hvsmon.test",
    createdAt: time(Double(number)),
    delayedSince: number.isMultiple(of: 2) ? time(0) : nil
  )
}

func plan(_ notifications: [AlertNotification]) -> NotificationPlan {
  var plan = NotificationPlan()
  plan.notifications = notifications
  return plan
}

func group(_ name: String, members: Int = 2) -> NotificationGroup {
  let alerts = (0..<members).map { alert($0) }
  return NotificationGroup(
    id: GroupID(receiver: "chat", key: name),
    labels: LabelSet(["alertname": name]),
    createdAt: time(0),
    members: Dictionary(
      uniqueKeysWithValues: alerts.map {
        ($0.labels, GroupMember(alert: $0, changedAt: time(1), toldTo: [chat]))
      }
    ),
    flushes: [time(1), time(2)],
    log: [chat: NotificationLogEntry(sequence: 3, sentAt: time(2))]
  )
}

func waitingIDs(_ store: NotificationStore, at seconds: Double = 0) async -> [Int64] {
  if case .ready(let waiting) = await store.next(for: chat, now: time(seconds)) {
    return waiting.map(\.id)
  }
  return []
}
