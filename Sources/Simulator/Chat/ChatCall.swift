// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Why a service refuses a request, and what it answers.
struct ChatRefusal: Error {
  let reason: String
  let response: ServerResponse

  init(_ reason: String, _ status: Int = 400, body: String = "") {
    self.reason = reason
    response = .text(body, status: status)
  }

  init(_ reason: String, _ status: Int = 400, json: String) {
    self.reason = reason
    response = .json(Array(json.utf8), status: status)
  }
}

/// One request to a service, with its body read.
struct ChatCall {
  /// What a limit counts.
  enum Unit {
    case characters
    case utf16
    case bytes
  }

  let request: ServerRequest
  let service: ChatService
  /// The parts of the path behind the service.
  let path: [String]
  let json: JSONTree

  init(_ request: ServerRequest, service: ChatService, path: [String]) throws(ChatRefusal) {
    self.request = request
    self.service = service
    self.path = path
    do throws(JSONError) {
      json = try JSONReader.read(request.body)
    } catch {
      throw ChatRefusal("the body is no JSON: \(error)", body: "invalid_payload")
    }
    guard request.headers["Content-Type"]?.hasPrefix("application/json") ?? true else {
      throw ChatRefusal("the body is said to be something else than JSON", 415)
    }
  }

  /// Refuses a request that does not show the secret.
  func demand(secret shown: String?, _ status: Int) throws(ChatRefusal) {
    guard shown == ChatSink.secret else {
      throw ChatRefusal("the secret is missing or wrong", status)
    }
  }

  /// The text of a field, which must stand there, say something and keep to the limit.
  func text(
    _ value: JSONTree?,
    _ name: String,
    most limit: Int,
    _ unit: Unit = .characters
  ) throws(ChatRefusal) -> String {
    guard case .text(let text)? = value else { throw ChatRefusal("\(name) is no text") }
    let count =
      switch unit {
      case .characters: text.unicodeScalars.count
      case .utf16: text.utf16.count
      case .bytes: text.utf8.count
      }
    guard count <= limit else {
      throw ChatRefusal("\(name) has \(count) \(unit), allowed are \(limit)")
    }
    guard text.contains(where: { !$0.isWhitespace }) else { throw ChatRefusal("\(name) is empty") }
    return text
  }

  /// The text of a field that may be left out.
  func optionalText(
    _ value: JSONTree?,
    _ name: String,
    most limit: Int,
    _ unit: Unit = .characters
  ) throws(ChatRefusal) -> String? {
    guard let value else { return nil }
    return try text(value, name, most: limit, unit)
  }

  /// Refuses a body above the service's limit.
  func demand(bodyBytes limit: Int) throws(ChatRefusal) {
    guard request.body.count <= limit else {
      throw ChatRefusal("the body has \(request.body.count) bytes, allowed are \(limit)", 413)
    }
  }

  /// Refuses what calls people.
  func demandQuiet(_ text: String, _ calls: [String]) throws(ChatRefusal) {
    for call in calls where text.contains(call) {
      throw ChatRefusal("the text calls people: \(call)")
    }
  }
}
