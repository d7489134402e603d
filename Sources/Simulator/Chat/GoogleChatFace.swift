// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Google Chat: `/v1/spaces/SPACE/messages` with the secret as the parameter `token`.
enum GoogleChatFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    try call.demand(secret: call.request.query["token"], 401)
    try call.demand(bodyBytes: 32_000)
    guard call.path.count == 4, call.path.last == "messages",
      call.request.query["messageReplyOption"] == "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
    else { throw ChatRefusal("no such call, or a thread that is not asked for", 404) }
    _ = try call.text(call.json["thread"]?["threadKey"], "threadKey", most: 4_000)
    let text = try call.text(call.json["text"], "text", most: 32_000)
    try call.demandQuiet(text, ["<users/", "<http"])
    var lines = [text]
    for card in call.json["cardsV2"]?.items ?? [] {
      let sections = card["card"]?["sections"]?.items ?? []
      let widgets = sections.flatMap { $0["widgets"]?.items ?? [] }
      guard (1...100).contains(widgets.count) else {
        throw ChatRefusal("\(widgets.count) widgets, allowed are 100")
      }
      for widget in widgets {
        let html = try call.text(widget["textParagraph"]?["text"], "text", most: 32_000)
        lines.append(
          try MarkupReading.html(html, tags: ["b", "i", "u", "s", "font", "a", "br"])
        )
      }
    }
    let id = room.post(.googlechat, headline: text, text: lines.joined(separator: "\n"))
    return .json(Array(#"{"name":"spaces/S/messages/\#(id)"}"#.utf8))
  }

  static func limited(seconds: Int) -> ServerResponse {
    ServerResponse(
      status: 429,
      headers: ["Retry-After": String(seconds)],
      body: Array(#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#.utf8)
    )
  }
}
