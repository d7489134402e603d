// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules

/// PagerDuty's Events API, version 2: one incident for one group.
///
/// The key of the incident is the same in every monitor of the cluster and for every message of the
/// group, so that none opens a second one. Source: PagerDuty's page on events: summary 1,024
/// characters, key 255, an event 512 KB.
struct PagerDutyService: MessageService {
  private static let maximumSummary = 1_024
  private static let maximumSource = 255
  private static let maximumDetails = 20_000
  /// What a door that is shut stays shut for, when it does not say.
  private static let restOfLimit = Duration.seconds(60)

  let endpoint: Endpoint
  let url: String
  let routingKey: Secret

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let isResolved = notification.isResolved
    return ServiceRequest(
      url: url,
      body: JSONValue.members(
        ("routing_key", .string(routingKey.reveal())),
        ("event_action", .string(isResolved ? "resolve" : "trigger")),
        ("dedup_key", .string(notification.groupDigest)),
        ("payload", isResolved ? nil : Self.payload(notification, form)),
        ("links", isResolved || form == .plain ? nil : Self.links(notification)),
        ("client", .string("hvsmon")),
        ("client_url", LinkTarget.safe(notification.externalURL).map { .string($0) })
      ).bytes
    )
  }

  private static func payload(
    _ notification: AlertNotification,
    _ form: MessageForm
  ) -> JSONValue {
    let first = notification.byImportance.first?.alert
    let object = first.map { AlertWords.object($0.labels) } ?? ""
    let source = BudgetedText.line(object.isEmpty ? "hvsmon" : object, limit: maximumSource)
    let details = MessageBody.text(
      notification,
      limit: maximumDetails,
      in: .utf16,
      markup: .plain,
      mostItems: 50
    )
    let name = BudgetedText.line(first?.labels["alertname"] ?? "", limit: maximumSource)
    return .members(
      ("summary", .string(BudgetedText.line(notification.headline, limit: maximumSummary))),
      ("source", .string(source)),
      ("severity", .string(severity(notification.tone))),
      ("timestamp", .string((first?.startsAt ?? notification.createdAt).rfc3339Text)),
      ("class", name.isEmpty ? nil : .string(name)),
      ("custom_details", form == .rich ? .members(("alerts", .string(details))) : nil)
    )
  }

  private static func links(_ notification: AlertNotification) -> JSONValue? {
    let links = notification.byImportance.first.map { notification.links(of: $0.alert) } ?? []
    guard !links.isEmpty else { return nil }
    return .array(
      links.map { .members(("href", .string($0.url)), ("text", .string($0.title))) }
    )
  }

  private static func severity(_ tone: MessageTone) -> String {
    switch tone {
    case .page: "critical"
    case .warning: "warning"
    case .info, .resolved, .withdrawn: "info"
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    switch answer.status {
    case 200...299 where answer.json?["status"]?.string != "success": .later(after: nil)
    case 429: .later(after: answer.wish ?? Self.restOfLimit)
    default: answer.verdictByStatus
    }
  }
}
