// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Matrix by the client-server API.
///
/// Source: the Matrix specification: sending events with a transaction id, `m.replace`, an event of
/// at most 65,536 bytes.
struct MatrixService: MessageService {
  // An edit holds both texts twice.
  private static let maximumBody = 8_000
  private static let maximumFormatted = 16_000

  let endpoint: Endpoint
  let server: String
  let token: Secret
  let room: String

  var canEdit: Bool { true }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let body = MessageBody.text(
      notification,
      limit: Self.maximumBody,
      in: .jsonBytes,
      markup: .plain
    )
    var content = Self.content(notification, body: body, form)
    // The same request always has the same name, another request another one.
    var name = notification.eventID + (form == .plain ? "-plain" : "")
    if case .replacing(let reference) = relation {
      name += "-edit"
      let relates = JSONValue.members(
        ("rel_type", .string("m.replace")),
        ("event_id", .string(reference.text))
      )
      content =
        Self.content(notification, body: "* \(body)", form) + [
          .init(name: "m.new_content", value: .object(content)),
          .init(name: "m.relates_to", value: relates),
        ]
    }
    let place = "rooms/\(URLText.encoded(room))/send/m.room.message/\(URLText.encoded(name))"
    return ServiceRequest(
      method: "PUT",
      url: "\(server)/_matrix/client/v3/\(place)",
      headers: [
        "Content-Type": "application/json", "Authorization": "Bearer \(token.reveal())",
      ],
      body: JSONValue.object(content).bytes
    )
  }

  private static func content(
    _ notification: AlertNotification,
    body: String,
    _ form: MessageForm
  ) -> [JSONValue.Member] {
    let tone = notification.tone
    var members: [JSONValue.Member] = [
      // The rules that call people look at texts, not at notices.
      .init(name: "msgtype", value: .string(tone.isQuiet ? "m.notice" : "m.text")),
      .init(name: "body", value: .string(body)),
      // No text of an alert can call anybody.
      .init(name: "m.mentions", value: .object([])),
    ]
    if form == .rich {
      let text = MessageBody.text(
        notification,
        limit: maximumFormatted,
        in: .jsonBytes,
        markup: .html(lineEnd: "<br>")
      )
      let mark = "<span data-mx-color=\"\(tone.colorText)\">●</span> "
      members += [
        .init(name: "format", value: .string("org.matrix.custom.html")),
        .init(name: "formatted_body", value: .string(mark + text)),
      ]
    }
    return members
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    // A page of something in between is no answer of a homeserver.
    guard answer.status == 200, answer.json?["event_id"] == nil else {
      return answer.verdictByStatus
    }
    return .later(after: nil)
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    answer.json?["event_id"]?.string.flatMap { MessageReference($0) }
  }
}
