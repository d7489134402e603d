// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Whoever takes Alertmanager's webhooks, version 4: `/hook/SECRET`.
enum WebhookFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    try call.demand(secret: call.path.last, 404)
    guard call.json["version"]?.string == "4",
      let status = call.json["status"]?.string, ["firing", "resolved"].contains(status),
      call.json["receiver"]?.string != nil, call.json["groupKey"]?.string != nil,
      call.json["truncatedAlerts"]?.int != nil
    else { throw ChatRefusal("it is no webhook of version 4") }
    guard call.request.headers["X-Hvsmon-Event-Id"] != nil else {
      throw ChatRefusal("the event has no name")
    }
    let alerts = call.json["alerts"]?.items ?? []
    guard !alerts.isEmpty else { throw ChatRefusal("there is no alert in it") }
    var lines = [status.uppercased()]
    for alert in alerts {
      for member in (alert["labels"]?.members ?? []) + (alert["annotations"]?.members ?? []) {
        guard case .text(let text) = member.value else {
          throw ChatRefusal("\(member.name) is no text")
        }
        lines.append(text)
      }
      guard alert["startsAt"]?.string != nil, alert["endsAt"]?.string != nil,
        alert["fingerprint"]?.string != nil
      else { throw ChatRefusal("an alert is not whole") }
    }
    _ = room.post(.webhook, headline: lines[0], text: lines.joined(separator: "\n"))
    return .text("")
  }
}
