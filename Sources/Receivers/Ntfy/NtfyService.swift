// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import MetricModel
import Net
import Notifying

/// ntfy, by JSON to the root of its server.
///
/// Source: ntfy's page on publishing: a message above 4,096 bytes becomes a file; from 2.16 on a
/// message with the sequence id of an earlier one takes its place, older servers show it as new.
struct NtfyService: MessageService {
  /// How the account is shown to be allowed.
  enum Login: Sendable {
    case token(Secret)
    case password(user: String, Secret)

    /// The value of the field Authorization.
    var header: String {
      switch self {
      case .token(let token): "Bearer \(token.reveal())"
      case .password(let user, let password):
        "Basic \(Data("\(user):\(password.reveal())".utf8).base64EncodedString())"
      }
    }
  }

  private static let maximumMessage = 4_000
  private static let maximumTitle = 250

  let endpoint: Endpoint
  let server: String
  let topic: Secret
  let login: Login?

  var canEdit: Bool { true }
  var hasPlainForm: Bool { false }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let message = MessageBody.text(
      notification,
      limit: Self.maximumMessage,
      in: .bytes,
      markup: .plain
    )
    var sequence = notification.eventID
    if case .replacing(let reference) = relation { sequence = reference.text }
    let (priority, tag) = Self.look(notification.tone)
    var headers: HTTPHeaders = ["Content-Type": "application/json"]
    if let login { headers["Authorization"] = login.header }
    return ServiceRequest(
      url: server,
      headers: headers,
      body: JSONValue.members(
        ("topic", .string(topic.reveal())),
        (
          "title",
          .string(
            BudgetedText.line(notification.shortTitle, limit: Self.maximumTitle, in: .bytes)
          )
        ),
        ("message", .string(message)),
        ("priority", .integer(priority)),
        ("tags", .array([.string(tag)])),
        ("click", LinkTarget.safe(notification.externalURL).map { .string($0) }),
        ("sequence_id", .string(sequence))
      ).bytes
    )
  }

  /// Priority from 1 to 5, and the short name of an emoji.
  private static func look(_ tone: MessageTone) -> (priority: Int, tag: String) {
    switch tone {
    case .page: (5, "rotating_light")
    case .warning: (4, "warning")
    case .info: (2, "information_source")
    case .resolved: (3, "white_check_mark")
    case .withdrawn: (2, "grey_question")
    }
  }

  func verdict(_ answer: ServiceAnswer) -> Verdict {
    answer.status == 200 && answer.json?["id"] == nil ? .later(after: nil) : answer.verdictByStatus
  }

  func reference(_ answer: ServiceAnswer) -> MessageReference? {
    // A server that knows sequences repeats ours; with another the message has its own id only.
    (answer.json?["sequence_id"] ?? answer.json?["id"])?.string.flatMap { MessageReference($0) }
  }
}
