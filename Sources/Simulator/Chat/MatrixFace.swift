// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// A Matrix homeserver: the room `!room:simulated`, events of at most 65,536 bytes.
enum MatrixFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    let header = call.request.headers["Authorization"]
    try call.demand(secret: header.map { String($0.dropFirst("Bearer ".count)) }, 401)
    let place = ["_matrix", "client", "v3", "rooms", "!room:simulated", "send", "m.room.message"]
    guard call.request.method == "PUT", call.path.count == 8, Array(call.path[..<7]) == place else {
      throw ChatRefusal("no such room, or no such call", 404)
    }
    if let id = room.message(named: call.path[7]) { return event(id) }
    // What a server adds to an event is not the sender's.
    guard call.request.body.count <= 65_536 - 2_048 else {
      throw ChatRefusal("M_TOO_LARGE", 413, json: #"{"errcode":"M_TOO_LARGE"}"#)
    }
    let outer = try shown(call.json, call)
    let id = "$event\(call.path[7])"
    if let relation = call.json["m.relates_to"] {
      guard relation["rel_type"]?.string == "m.replace", outer.hasPrefix("* "),
        let earlier = relation["event_id"]?.string, let inner = call.json["m.new_content"]
      else { throw ChatRefusal("M_BAD_JSON", json: #"{"errcode":"M_BAD_JSON"}"#) }
      let text = try shown(inner, call)
      let headline = String(text.prefix { $0 != "\n" })
      guard room.edit(.matrix, id: earlier, headline: headline, text: text) else {
        throw ChatRefusal("M_NOT_FOUND", 404)
      }
    } else {
      let headline = String(outer.prefix { $0 != "\n" })
      _ = room.post(.matrix, headline: headline, text: outer, id: id)
    }
    room.name(id, as: call.path[7])
    return event(id)
  }

  /// The text of a content, after a look whether its HTML says the same.
  private static func shown(_ content: JSONTree, _ call: ChatCall) throws(ChatRefusal) -> String {
    guard ["m.text", "m.notice"].contains(content["msgtype"]?.string),
      content["m.mentions"] == .object([])
    else { throw ChatRefusal("no type, or it may call people") }
    let body = try call.text(content["body"], "body", most: 65_536)
    guard let formatted = content["formatted_body"] else { return body }
    let html = try call.text(formatted, "formatted_body", most: 65_536)
    let tags: Set = ["b", "i", "a", "br", "span", "font", "code", "pre"]
    let read = try MarkupReading.html(html, tags: tags)
    guard content["format"]?.string == "org.matrix.custom.html" else {
      throw ChatRefusal("a format that is not known")
    }
    return body + "\n" + read
  }

  private static func event(_ id: String) -> ServerResponse {
    .json(Array(#"{"event_id":"\#(id)"}"#.utf8))
  }

  static func limited(seconds: Int) -> ServerResponse {
    let text = #"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":\#(seconds * 1_000)}"#
    return .json(Array(text.utf8), status: 429)
  }
}
