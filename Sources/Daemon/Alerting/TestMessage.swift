// SPDX-License-Identifier: MIT
import HTTPAPI
import MetricModel
import Notifying
import Rules

/// A message that only shows that messages arrive, sent past the planner and its queue, at the rate of
/// each receiver.
struct TestMessage {
  /// Takes the turn of so many messages; the time at which they may be sent when that is not now.
  typealias Turn = @Sendable (IntegrationID, _ count: Int) async -> Timestamp?

  let receiver: String
  let externalURL: String
  let now: Timestamp

  /// Sends it to each of these places at once, and what takes it back to those that are told of
  /// recoveries: a service that calls people must not be left with an open incident.
  func send(to integrations: [Integration], turn: @escaping Turn) async -> [TestReport] {
    await withTaskGroup(of: TestReport.self) { group in
      for integration in integrations {
        group.addTask { await send(to: integration, turn: turn) }
      }
      var reports: [TestReport] = []
      for await report in group { reports.append(report) }
      return reports.sorted { $0.integration < $1.integration }
    }
  }

  private func send(to integration: Integration, turn: Turn) async -> TestReport {
    let count = integration.sendsResolved ? 2 : 1
    if let later = await turn(integration.id, count) {
      let answer = Self.refusal(count, until: later)
      return TestReport(integration: integration.id, isAccepted: false, answer: answer)
    }
    do throws(DeliveryError) {
      let reference = try await integration.receiver.deliver(
        notification(to: integration.id, isResolved: false),
        .first
      )
      var answer = "accepted"
      if let reference { answer += ", known there as \(reference.text)" }
      if integration.sendsResolved {
        _ = try await integration.receiver.deliver(
          notification(to: integration.id, isResolved: true),
          reference.map { .replacing($0) } ?? .first
        )
        answer += "; so was its recovery"
      }
      return TestReport(integration: integration.id, isAccepted: true, answer: answer)
    } catch {
      return TestReport(integration: integration.id, isAccepted: false, answer: error.description)
    }
  }

  private static func refusal(_ count: Int, until later: Timestamp) -> String {
    guard later < .distantFuture else {
      return "not sent: its rate has to allow two messages at once, this one and its recovery"
    }
    let what = count == 1 ? "the next message" : "a message and its recovery"
    return "not sent: its rate allows \(what) at \(later.rfc3339Text)"
  }

  private func notification(to id: IntegrationID, isResolved: Bool) -> AlertNotification {
    let labels = LabelSet(["alertname": "NotifyTest", "severity": "info", "receiver": receiver])
    let alert = Alert(
      labels: labels,
      annotations: [
        Label("description", "Nobody needs to do anything."),
        Label("summary", "hvsmon tests the receiver \(receiver): nothing is wrong."),
      ],
      startsAt: now,
      endsAt: isResolved ? now : nil
    )
    let life = String(now.unixMilliseconds, radix: 36)
    let sequence = isResolved ? 2 : 1
    return AlertNotification(
      eventID: "test-\(life)-\(id.kind)-\(id.index)-\(sequence)",
      integration: id,
      groupKey: "{}:{alertname=\"NotifyTest\", test=\"\(life)\"}",
      groupLabels: LabelSet(["alertname": "NotifyTest"]),
      sequence: sequence,
      reason: isResolved ? .resolved : .firing,
      alerts: [NotifiedAlert(alert, isNew: !isResolved)],
      externalURL: externalURL,
      createdAt: now
    )
  }
}
