// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying

/// `/api/v2/silences` and `/api/v2/silence/ID`, as Alertmanager answers them.
///
/// Source: Alertmanager's OpenAPI specification, version 2.
struct SilencesEndpoint: Sendable {
  private static let prefix = "/api/v2/silence/"

  let ports: AlertPorts
  let clock: any TimeSource

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/api/v2/silences")) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await list(request.query) }
      },
      HTTPRoute(["POST"], .exact("/api/v2/silences"), role: .operate) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await set(request) }
      },
      HTTPRoute(.prefix(Self.prefix)) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await one(request.path) }
      },
      HTTPRoute(["DELETE"], .prefix(Self.prefix), role: .operate) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await expire(request) }
      },
    ]
  }

  func list(_ form: APIParameter.Form) async throws(AlertmanagerRefusal) -> ServerResponse {
    let matchers = try AlertFilter.matchers(form)
    let now = clock.now
    let found = await ports.reading.silences().filter { AlertFilter.accepts($0, matchers) }
      .sorted { $0.precedes($1, at: now) }
    var json = JSONText()
    json.list(found) { json, silence in json.silence(silence, at: now) }
    return .json(json.bytes)
  }

  func one(_ path: String) async throws(AlertmanagerRefusal) -> ServerResponse {
    let id = try Self.id(path)
    guard let silence = await ports.reading.silences().first(where: { $0.id == id }) else {
      throw .notFound("silence not found")
    }
    var json = JSONText()
    json.silence(silence, at: clock.now)
    return .json(json.bytes)
  }

  func set(_ request: ServerRequest) async throws(AlertmanagerRefusal) -> ServerResponse {
    let draft = try SilenceDraft(try request.json())
    switch await ports.changing.setSilence(draft, request.sender) {
    case .failure(.unknown(let id)): throw .notFound("silence not found: \(id)")
    case .failure(let refusal):
      throw .bad("failed to create silence: \(refusal)")
    case .success(let id):
      var json = JSONText()
      json.raw("{")
      json.member("silenceID", id, isFirst: true)
      json.raw("}")
      return .json(json.bytes)
    }
  }

  func expire(_ request: ServerRequest) async throws(AlertmanagerRefusal) -> ServerResponse {
    let id = try Self.id(request.path)
    if case .failure(let refusal) = await ports.changing.expireSilence(id, request.sender) {
      throw AlertmanagerRefusal(refusal)
    }
    return ServerResponse(status: 200, headers: ["Content-Type": "application/json"])
  }

  private static func id(_ path: String) throws(AlertmanagerRefusal) -> String {
    let id = String(path.dropFirst(prefix.count)).lowercased()
    let parts = id.split(separator: "-", omittingEmptySubsequences: false)
    let isUUID =
      parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    guard isUUID else {
      throw AlertmanagerRefusal(
        status: 422,
        message: "silenceID in path must be of type uuid: \"\(id.prefix(100))\"",
        form: .schema(code: 601)
      )
    }
    return id
  }
}

extension SilenceDraft {
  /// Reads a silence as Alertmanager's API takes it.
  init(_ tree: JSONTree) throws(AlertmanagerRefusal) {
    guard case .object = tree else {
      throw .unparsable("parsing silence body failed, because it is no object")
    }
    guard case .list(let items)? = tree["matchers"] else { throw .missing("silence.matchers") }
    guard let start = try tree.instant("startsAt", path: "silence.") else {
      throw .missing("silence.startsAt")
    }
    guard let end = try tree.instant("endsAt", path: "silence.") else {
      throw .missing("silence.endsAt")
    }
    guard let author = try tree.plainText("createdBy", path: "silence.") else {
      throw .missing("silence.createdBy")
    }
    guard let comment = try tree.plainText("comment", path: "silence.") else {
      throw .missing("silence.comment")
    }
    var matchers: [LabelMatcher] = []
    for (index, item) in items.enumerated() {
      matchers.append(try LabelMatcher(item, path: "silence.matchers.\(index)."))
    }
    self.init(
      id: try tree.plainText("id", path: "silence.") ?? "",
      matchers: matchers,
      startsAt: start,
      endsAt: end,
      createdBy: author,
      comment: comment
    )
  }
}

extension LabelMatcher {
  fileprivate init(_ tree: JSONTree, path: String) throws(AlertmanagerRefusal) {
    guard let name = try tree.plainText("name", path: path) else { throw .missing("\(path)name") }
    guard let value = try tree.plainText("value", path: path) else {
      throw .missing("\(path)value")
    }
    guard let isRegex = try tree.flag("isRegex", path: path) else {
      throw .missing("\(path)isRegex")
    }
    let isEqual = try tree.flag("isEqual", path: path) ?? true
    let operation: Operation =
      isRegex ? (isEqual ? .matches : .doesNotMatch) : (isEqual ? .equal : .notEqual)
    self.init(name, operation, value)
  }
}

extension Silence {
  /// Alertmanager's order: active ones by their end, pending ones by their start, then ended ones,
  /// the latest first.
  fileprivate func precedes(_ other: Silence, at now: Timestamp) -> Bool {
    let (mine, theirs) = (state(at: now), other.state(at: now))
    guard mine == theirs else { return mine.rank < theirs.rank }
    return switch mine {
    case .active: (endsAt, id) < (other.endsAt, other.id)
    case .pending: (startsAt, id) < (other.startsAt, other.id)
    case .expired: (other.endsAt, id) < (endsAt, other.id)
    }
  }
}

extension Silence.State {
  fileprivate var rank: Int {
    switch self {
    case .active: 0
    case .pending: 1
    case .expired: 2
    }
  }
}

extension JSONText {
  fileprivate mutating func silence(_ silence: Silence, at now: Timestamp) {
    raw("{")
    member("id", silence.id, isFirst: true)
    raw(",\"status\":{")
    member("state", silence.state(at: now).rawValue, isFirst: true)
    raw("}")
    member("updatedAt", silence.updatedAt.rfc3339Text)
    member("comment", silence.comment)
    member("createdBy", silence.createdBy)
    member("endsAt", silence.endsAt.rfc3339Text)
    key("matchers")
    list(silence.labelMatchers) { json, matcher in
      let isRegex = matcher.operation == .matches || matcher.operation == .doesNotMatch
      let isEqual = matcher.operation == .equal || matcher.operation == .matches
      json.raw("{\"isEqual\":\(isEqual),\"isRegex\":\(isRegex)")
      json.member("name", matcher.name)
      json.member("value", matcher.value)
      json.raw("}")
    }
    member("startsAt", silence.startsAt.rfc3339Text)
    raw("}")
  }
}
