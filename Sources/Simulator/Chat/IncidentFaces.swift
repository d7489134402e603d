// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// PagerDuty's Events API: one incident for one key while it is open.
enum PagerDutyFace: ChatFace {
  private static let severities: Set = ["critical", "error", "warning", "info"]

  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    guard call.path == ["v2", "enqueue"] else { throw ChatRefusal("no such call", 404) }
    try call.demand(secret: call.json["routing_key"]?.string, 400)
    try call.demand(bodyBytes: 512 << 10)
    let key = try call.text(call.json["dedup_key"], "dedup_key", most: 255)
    let answer = ServerResponse.json(
      Array(#"{"status":"success","message":"Event processed","dedup_key":"\#(key)"}"#.utf8),
      status: 202
    )
    guard call.json["event_action"]?.string != "resolve" else {
      // A late one is dropped.
      _ = room.end(.pagerduty, id: key)
      return answer
    }
    let payload = call.json["payload"]
    let summary = try call.text(payload?["summary"], "summary", most: 1_024)
    _ = try call.text(payload?["source"], "source", most: 1_024)
    guard let severity = payload?["severity"]?.string, severities.contains(severity) else {
      throw ChatRefusal("the severity is not known")
    }
    let details = payload?["custom_details"]?["alerts"]?.string ?? ""
    let text = "\(summary)\n\(details)"
    if room.isOpen(.pagerduty, id: key) {
      _ = room.edit(.pagerduty, id: key, headline: summary, text: text)
    } else {
      _ = room.post(.pagerduty, headline: summary, text: text, id: key)
    }
    return answer
  }
}

/// Opsgenie's alert API: one alert for one alias while it is open.
enum OpsgenieFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    let header = call.request.headers["Authorization"]
    try call.demand(secret: header.map { String($0.dropFirst("GenieKey ".count)) }, 401)
    let answer = ServerResponse.json(
      Array(#"{"result":"Request will be processed","requestId":"r"}"#.utf8),
      status: 202
    )
    if call.path.last == "close" {
      guard call.path.count == 4, call.request.query["identifierType"] == "alias" else {
        throw ChatRefusal("no such call", 404)
      }
      _ = room.end(.opsgenie, id: call.path[2])
      return answer
    }
    guard call.path == ["v2", "alerts"] else { throw ChatRefusal("no such call", 404) }
    let message = try call.text(call.json["message"], "message", most: 130)
    let alias = try call.text(call.json["alias"], "alias", most: 512)
    let description = try call.text(call.json["description"], "description", most: 15_000)
    _ = try call.optionalText(call.json["entity"], "entity", most: 512)
    _ = try call.optionalText(call.json["source"], "source", most: 100)
    guard ["P1", "P2", "P3", "P4", "P5"].contains(call.json["priority"]?.string) else {
      throw ChatRefusal("the priority is not known", 422)
    }
    let text = "\(message)\n\(description)"
    if room.isOpen(.opsgenie, id: alias) {
      _ = room.edit(.opsgenie, id: alias, headline: message, text: text)
    } else {
      _ = room.post(.opsgenie, headline: message, text: text, id: alias)
    }
    return answer
  }
}
