// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Slack: `/services/SECRET` is an incoming webhook, `/api/chat.*` its Web API.
enum SlackFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    let isWebhook = call.path.first == "services"
    if isWebhook {
      try call.demand(secret: call.path.last, 404)
    } else {
      let header = call.request.headers["Authorization"]
      try call.demand(secret: header.map { String($0.dropFirst("Bearer ".count)) }, 401)
    }
    let text = try call.text(call.json["text"], "text", most: 4_000)
    let lines = try shown(call)
    let headline = MarkupReading.slack(text, isMarkup: false)
    let all = ([headline] + lines).joined(separator: "\n")
    guard !isWebhook else {
      _ = room.post(.slack, headline: headline, text: all)
      return .text("ok")
    }
    guard let channel = call.json["channel"]?.string else {
      return .json(Array(#"{"ok":false,"error":"channel_not_found"}"#.utf8))
    }
    switch call.path.last {
    case "chat.postMessage":
      let id = room.post(.slack, headline: headline, text: all)
      return .json(Array(#"{"ok":true,"channel":"\#(channel)","ts":"\#(id)"}"#.utf8))
    case "chat.update":
      let id = call.json["ts"]?.string ?? ""
      guard room.edit(.slack, id: id, headline: headline, text: all) else {
        return .json(Array(#"{"ok":false,"error":"message_not_found"}"#.utf8))
      }
      return .json(Array(#"{"ok":true,"channel":"\#(channel)","ts":"\#(id)"}"#.utf8))
    default: throw ChatRefusal("no such method", 404)
    }
  }

  /// Checks every block and returns what they show.
  private static func shown(_ call: ChatCall) throws(ChatRefusal) -> [String] {
    var blocks = call.json["blocks"]?.items ?? []
    let attachments = call.json["attachments"]?.items ?? []
    guard attachments.count <= 100 else { throw ChatRefusal("too_many_attachments") }
    for attachment in attachments { blocks += attachment["blocks"]?.items ?? [] }
    guard blocks.count <= 50 else { throw ChatRefusal("\(blocks.count) blocks, allowed are 50") }
    var lines: [String] = []
    for block in blocks {
      var texts: [JSONTree] = []
      switch block["type"]?.string {
      case "section":
        guard let text = block["text"] else { throw ChatRefusal("invalid_blocks: no text") }
        texts = [text]
      case "context":
        texts = block["elements"]?.items ?? []
        guard (1...10).contains(texts.count) else {
          throw ChatRefusal("invalid_blocks: \(texts.count) elements")
        }
      default: throw ChatRefusal("invalid_blocks: a type that is not known")
      }
      for text in texts {
        let isMarkup = text["type"]?.string == "mrkdwn"
        guard isMarkup || text["type"]?.string == "plain_text" else {
          throw ChatRefusal("invalid_blocks: a text of no type")
        }
        let content = try call.text(text["text"], "the text of a block", most: 3_000)
        try call.demandQuiet(content, ["<!", "<@"])
        lines.append(MarkupReading.slack(content, isMarkup: isMarkup))
      }
    }
    return lines
  }
}
