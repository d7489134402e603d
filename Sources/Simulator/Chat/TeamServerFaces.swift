// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Mattermost: `/hooks/SECRET` and the posts of its API.
enum MattermostFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    let isHook = call.path.first == "hooks"
    let header = call.request.headers["Authorization"]
    try call.demand(
      secret: isHook ? call.path.last : header.map { String($0.dropFirst("Bearer ".count)) },
      isHook ? 404 : 401
    )
    let post = isHook ? call.json["text"] : call.json["message"]
    let attachments =
      (isHook ? call.json["attachments"] : call.json["props"]?["attachments"])?.items ?? []
    var lines = [try call.text(post, "message", most: 16_383)]
    for attachment in attachments {
      lines.append(try call.text(attachment["text"], "text", most: 16_383))
    }
    for line in lines { try call.demandQuiet(line, ["@all", "@channel", "@here"]) }
    let shown = lines.map { MarkupReading.markdown($0) }
    let all = shown.joined(separator: "\n")
    if isHook {
      _ = room.post(.mattermost, headline: shown[0], text: all)
      return .text("ok")
    }
    guard call.request.method == "PUT" else {
      let id = room.post(.mattermost, headline: shown[0], text: all)
      return .json(Array(#"{"id":"\#(id)"}"#.utf8), status: 201)
    }
    // api, v4, posts, the id, patch.
    guard call.path.count == 5, call.path[4] == "patch",
      room.edit(.mattermost, id: call.path[3], headline: shown[0], text: all)
    else { throw ChatRefusal("no such post", 404) }
    return .json(Array(#"{"id":"\#(call.path[3])"}"#.utf8))
  }

  static func limited(seconds: Int) -> ServerResponse {
    ServerResponse(status: 429, headers: ["X-RateLimit-Reset": String(seconds)])
  }
}

/// Rocket.Chat: `/hooks/ID/SECRET` and `chat.*` of its API; texts of 5,000 characters.
enum RocketChatFace: ChatFace {
  static func take(
    _ call: ChatCall,
    _ room: inout ChatRoom
  ) throws(ChatRefusal) -> ServerResponse {
    let isHook = call.path.first == "hooks"
    let secret = isHook ? call.path.last : call.request.headers["X-Auth-Token"]
    try call.demand(secret: secret, isHook ? 404 : 401)
    var lines = [try call.text(call.json["text"], "text", most: 5_000)]
    for attachment in call.json["attachments"]?.items ?? [] {
      lines.append(try call.text(attachment["text"], "text of an attachment", most: 5_000))
    }
    for line in lines { try call.demandQuiet(line, ["@all", "@here", "@channel"]) }
    let length = lines.reduce(0) { $0 + $1.unicodeScalars.count }
    guard length <= 5_000 else { throw ChatRefusal("\(length) characters, allowed are 5000") }
    let shown = lines.map { MarkupReading.markdown($0, escapable: "*_~`#.", signs: "*_~`") }
    let all = shown.joined(separator: "\n")
    let headline = String(shown[0].prefix { $0 != "\n" })
    if call.path.last == "chat.update" {
      let id = call.json["msgId"]?.string ?? ""
      guard call.json["roomId"]?.string == "R1",
        room.edit(.rocketchat, id: id, headline: headline, text: all)
      else {
        throw ChatRefusal("no such message", json: #"{"success":false,"error":"not found"}"#)
      }
      return .json(Array(#"{"success":true,"message":{"_id":"\#(id)","rid":"R1"}}"#.utf8))
    }
    let id = room.post(.rocketchat, headline: headline, text: all)
    if isHook { return .json(Array(#"{"success":true}"#.utf8)) }
    return .json(Array(#"{"success":true,"message":{"_id":"\#(id)","rid":"R1"}}"#.utf8))
  }
}
