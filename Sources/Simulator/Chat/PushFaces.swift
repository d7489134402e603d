// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// ntfy: JSON to the root, the topic is the secret.
enum NtfyFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    guard call.path.isEmpty else { throw ChatRefusal("JSON goes to the root", 404) }
    try call.demand(secret: call.json["topic"]?.string, 403)
    // A longer one becomes a file that nobody reads.
    let message = try call.text(call.json["message"], "message", most: 4_096, .bytes)
    let title = try call.text(call.json["title"], "title", most: 250, .bytes)
    guard let priority = call.json["priority"]?.int, (1...5).contains(priority) else {
      throw ChatRefusal("the priority is not 1 to 5")
    }
    let text = "\(title)\n\(message)"
    let headline = String(message.prefix { $0 != "\n" })
    guard let sequence = call.json["sequence_id"]?.string else {
      throw ChatRefusal("no sequence id")
    }
    if !room.edit(.ntfy, id: sequence, headline: headline, text: text) {
      _ = room.post(.ntfy, headline: headline, text: text, id: sequence)
    }
    return .json(Array(#"{"id":"abcdef","sequence_id":"\#(sequence)"}"#.utf8))
  }

  static func limited(seconds: Int) -> ServerResponse {
    ServerResponse(
      status: 429,
      headers: ["Retry-After": String(seconds), "Content-Type": "application/json"],
      body: Array(#"{"code":42901,"http":429,"error":"limit reached"}"#.utf8)
    )
  }
}

/// Gotify: `/message` with the secret as a field of the header.
enum GotifyFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    try call.demand(secret: call.request.headers["X-Gotify-Key"], 401)
    guard call.path == ["message"] else { throw ChatRefusal("no such call", 404) }
    // The server states no limit: what a telephone shows is one.
    let message = try call.text(call.json["message"], "message", most: 4_096)
    let title = try call.text(call.json["title"], "title", most: 250)
    guard let priority = call.json["priority"]?.int, (0...10).contains(priority) else {
      throw ChatRefusal("the priority is not 0 to 10")
    }
    let headline = String(message.prefix { $0 != "\n" })
    let id = room.post(.gotify, headline: headline, text: "\(title)\n\(message)")
    return .json(Array(#"{"id":\#(id)}"#.utf8))
  }
}

/// Pushover: `/1/messages.json` with two secrets in the body.
enum PushoverFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    guard call.path == ["1", "messages.json"] else { throw ChatRefusal("no such call", 404) }
    try call.demand(secret: call.json["token"]?.string, 400)
    try call.demand(secret: call.json["user"]?.string, 400)
    let message = try call.text(call.json["message"], "message", most: 1_024)
    let title = try call.text(call.json["title"], "title", most: 250)
    _ = try call.optionalText(call.json["url"], "url", most: 512)
    _ = try call.optionalText(call.json["url_title"], "url_title", most: 100)
    guard let priority = call.json["priority"]?.int, (-2...1).contains(priority) else {
      throw ChatRefusal("the priority is not -2 to 1")
    }
    let headline = String(message.prefix { $0 != "\n" })
    _ = room.post(.pushover, headline: headline, text: "\(title)\n\(message)")
    return .json(Array(#"{"status":1,"request":"r"}"#.utf8))
  }
}
