// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Slack by an incoming webhook, or by a bot token, which can edit what it sent.
struct SlackService: MessageService {
  /// Where messages go.
  enum Destination: Sendable {
    case webhook(url: Secret)
    case channel(id: String, token: Secret, apiURL: String)
  }

  let endpoint: Endpoint
  let destination: Destination

  var canEdit: Bool { if case .channel = destination { true } else { false } }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let message = SlackMessage.members(notification, form)
    switch destination {
    case .webhook(let url):
      return ServiceRequest(url: url.reveal(), body: JSONValue.object(message).bytes)
    case .channel(let id, let token, let apiURL):
      var address: [JSONValue.Member] = [.init(name: "channel", value: .string(id))]
      var method = "chat.postMessage"
      if case .replacing(let reference) = relation {
        let parts = reference.text.split(separator: " ").map(String.init)
        if parts.count == 2 {
          address = [
            .init(name: "channel", value: .string(parts[0])),
            .init(name: "ts", value: .string(parts[1])),
          ]
        }
        method = "chat.update"
      }
      return ServiceRequest(
        url: "\(apiURL)/\(method)",
        headers: [
          "Content-Type": "application/json; charset=utf-8",
          "Authorization": "Bearer \(token.reveal())",
        ],
        body: JSONValue.object(address + message).bytes
      )
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    guard answer.status == 200 else { return answer.verdictByStatus }
    switch destination {
    case .webhook:
      // Slack says 200 and `ok`; a 200 with anything else comes from something in between.
      return answer.text.onOneLine == "ok" ? .delivered : .later(after: answer.wish)
    case .channel:
      if answer.json?["ok"]?.bool == true { return .delivered }
      let passing: Set = [
        "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
        "request_timeout", "team_added_to_org",
      ]
      guard let error = answer.json?["error"]?.string, !passing.contains(error) else {
        return .later(after: answer.wish)
      }
      let isFormRefused = error.contains("block") || error.contains("attachment")
      return .never(isFormRefused: isFormRefused)
    }
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    guard let channel = answer.json?["channel"]?.string, let stamp = answer.json?["ts"]?.string
    else { return nil }
    return MessageReference("\(channel) \(stamp)")
  }
}
