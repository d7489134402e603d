// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Discord: `/webhooks/ID/SECRET` and the messages below it.
enum DiscordFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    guard call.path.count >= 3, call.path[0] == "webhooks" else {
      throw ChatRefusal("no hook", 404)
    }
    try call.demand(secret: call.path[2], 401)
    let content = try call.optionalText(call.json["content"], "content", most: 2_000) ?? ""
    let embeds = call.json["embeds"]?.items ?? []
    guard embeds.count <= 10, !content.isEmpty || !embeds.isEmpty else {
      throw ChatRefusal("no content, or too many embeds")
    }
    var all = 0
    var lines = [MarkupReading.markdown(content)]
    for embed in embeds {
      let text = try call.text(embed["description"], "description", most: 4_096)
      all += text.unicodeScalars.count
      lines.append(MarkupReading.markdown(text))
      guard let color = embed["color"]?.int, (0...0xffffff).contains(color) else {
        throw ChatRefusal("the colour is no number of 24 bits")
      }
    }
    guard all <= 6_000 else { throw ChatRefusal("the embeds have \(all) characters") }
    guard call.json["allowed_mentions"]?["parse"] == .list([]) else {
      throw ChatRefusal("the texts may call people")
    }
    let text = lines.joined(separator: "\n")
    guard call.request.method == "PATCH" else {
      let id = room.post(.discord, headline: lines[0], text: text)
      guard call.request.query["wait"] == "true" else { return ServerResponse(status: 204) }
      return .json(Array(#"{"id":"\#(id)","type":0}"#.utf8))
    }
    guard call.json["flags"] == nil else { throw ChatRefusal("an edit cannot be silent") }
    guard call.path.count == 5, call.path[3] == "messages",
      room.edit(.discord, id: call.path[4], headline: lines[0], text: text)
    else { throw ChatRefusal("Unknown Message", 404, json: #"{"code":10008}"#) }
    return .json(Array(#"{"id":"\#(call.path[4])","type":0}"#.utf8))
  }

  static func limited(seconds: Int) -> ServerResponse {
    let text = #"{"message":"You are being rate limited.","retry_after":\#(seconds).0}"#
    return .json(Array(text.utf8), status: 429)
  }
}
