// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Microsoft Teams: a workflow whose key is the parameter `sig`.
enum TeamsFace: ChatFace {
  private static let colors: Set = ["Default", "Accent", "Good", "Warning", "Attention"]

  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    try call.demand(secret: call.request.query["sig"], 401)
    try call.demand(bodyBytes: 28 << 10)
    guard call.json["type"]?.string == "message",
      let attachment = call.json["attachments"]?.items.first,
      attachment["contentType"]?.string == "application/vnd.microsoft.card.adaptive",
      let card = attachment["content"], card["type"]?.string == "AdaptiveCard"
    else { throw ChatRefusal("it is no adaptive card") }
    var lines: [String] = []
    for block in card["body"]?.items ?? [] {
      guard block["type"]?.string == "TextBlock", block["wrap"]?.bool == true else {
        throw ChatRefusal("a block is no text that wraps")
      }
      if let color = block["color"]?.string, !colors.contains(color) {
        throw ChatRefusal("the colour \(color) is not known")
      }
      let text = try call.text(block["text"], "text", most: 28 << 10)
      try call.demandQuiet(text, ["{{", "${"])
      lines.append(MarkupReading.markdown(text, escapable: "[]()*_\\", signs: "*_"))
    }
    guard let headline = lines.first else { throw ChatRefusal("the card is empty") }
    _ = room.post(.msteams, headline: headline, text: lines.joined(separator: "\n"))
    return ServerResponse(status: 202)
  }

  static func limited(seconds: Int) -> ServerResponse {
    ServerResponse(
      status: 200,
      headers: ["Retry-After": String(seconds)],
      body: Array("Webhook message delivery failed with error: HTTP error 429".utf8)
    )
  }
}
