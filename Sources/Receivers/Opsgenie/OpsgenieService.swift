// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying
import Rules

/// Opsgenie's alert API: one alert for one group, which joins what has its alias.
///
/// Source: Opsgenie's page on alerts: message 130 characters, alias 512, description 15,000, entity
/// 512, source 100.
struct OpsgenieService: MessageService {
  private static let maximumMessage = 130
  private static let maximumDescription = 15_000
  private static let maximumEntity = 512

  let endpoint: Endpoint
  let apiURL: String
  let apiKey: Secret

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let alias = notification.groupDigest
    let text = MessageBody.text(
      notification,
      limit: Self.maximumDescription,
      in: .utf16,
      markup: .plain,
      mostItems: 50
    )
    let body: JSONValue
    var url = "\(apiURL)/v2/alerts"
    if notification.isResolved {
      url += "/\(alias)/close?identifierType=alias"
      body = .members(("source", .string("hvsmon")), ("note", .string(text)))
    } else {
      let object = notification.byImportance.first.map { AlertWords.object($0.alert.labels) } ?? ""
      let entity = BudgetedText.line(object, limit: Self.maximumEntity)
      body = .members(
        (
          "message",
          .string(BudgetedText.line(notification.shortTitle, limit: Self.maximumMessage))
        ),
        ("alias", .string(alias)),
        ("description", .string(text)),
        ("priority", .string(Self.priority(notification.tone))),
        ("entity", entity.isEmpty || form == .plain ? nil : .string(entity)),
        ("source", .string("hvsmon"))
      )
    }
    return ServiceRequest(
      url: url,
      headers: [
        "Content-Type": "application/json", "Authorization": "GenieKey \(apiKey.reveal())",
      ],
      body: body.bytes
    )
  }

  private static func priority(_ tone: MessageTone) -> String {
    switch tone {
    case .page: "P1"
    case .warning: "P3"
    case .info, .resolved, .withdrawn: "P5"
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    (200...299).contains(answer.status) && answer.json?["requestId"] == nil
      ? .later(after: nil) : answer.verdictByStatus
  }
}
