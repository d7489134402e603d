// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying

/// A refusal in the form of Alertmanager's API, version 2.
struct AlertmanagerRefusal: Error, Equatable {
  /// What Alertmanager's own code refuses is a text, what its schema refuses an object.
  enum Form: Equatable {
    case text
    /// The code of the schema's complaint: 601 for a type, 602 for a missing member.
    case schema(code: Int)
  }

  let status: Int
  let message: String
  let form: Form

  /// A request that its own code refuses.
  static func bad(_ message: String) -> AlertmanagerRefusal {
    AlertmanagerRefusal(status: 400, message: message, form: .text)
  }

  /// A body that is no JSON, or not of the form that is wanted.
  static func unparsable(_ message: String) -> AlertmanagerRefusal {
    AlertmanagerRefusal(status: 400, message: message, form: .schema(code: 400))
  }

  /// A member that has to be there.
  static func missing(_ name: String) -> AlertmanagerRefusal {
    AlertmanagerRefusal(
      status: 422,
      message: "\(name) in body is required",
      form: .schema(code: 602)
    )
  }

  static func notFound(_ message: String) -> AlertmanagerRefusal {
    AlertmanagerRefusal(status: 404, message: message, form: .text)
  }

  init(status: Int, message: String, form: Form) {
    self.status = status
    self.message = message
    self.form = form
  }

  init(_ refusal: SilenceRefusal) {
    switch refusal {
    case .unknown: self = .notFound(refusal.description)
    case .expired, .malformed, .tooMany: self = .bad(refusal.description)
    }
  }

  var response: ServerResponse {
    var json = JSONText()
    switch form {
    case .text: json.string(message)
    case .schema(let code):
      json.raw("{\"code\":\(code)")
      json.member("message", message)
      json.raw("}")
    }
    return .json(json.bytes, status: status)
  }
}

extension ServerResponse {
  /// What `work` answers, or its refusal.
  init(_ work: () async throws(AlertmanagerRefusal) -> ServerResponse) async {
    do throws(AlertmanagerRefusal) {
      self = try await work()
    } catch {
      self = error.response
    }
  }
}

extension ServerRequest {
  /// Who asks, for the audit log: the token's name, or where the request came from.
  var sender: String { tokenName ?? "without a token, from \(remoteAddress)" }

  /// The body as JSON.
  func json() throws(AlertmanagerRefusal) -> JSONTree {
    guard !body.isEmpty else { throw .missing("body") }
    do throws(JSONError) {
      return try JSONReader.read(body)
    } catch {
      throw .unparsable("parsing the body failed, because it is no JSON: \(error)")
    }
  }
}

extension JSONTree {
  /// The instant of a member; nil when it is absent, or Go's time of zero.
  func instant(_ name: String, path: String) throws(AlertmanagerRefusal) -> Timestamp? {
    guard let value = self[name] else { return nil }
    guard case .text(let text) = value else {
      throw .unparsable("\(path)\(name) must be a time in RFC 3339")
    }
    guard !text.isEmpty, !text.hasPrefix("0001-01-01T00:00:00") else { return nil }
    guard let time = Timestamp(rfc3339: text) else {
      throw .unparsable("\(path)\(name) must be a time in RFC 3339, not \"\(text)\"")
    }
    return time
  }

  /// The names and texts of a member; an empty list when it is absent.
  func pairs(_ name: String, path: String) throws(AlertmanagerRefusal) -> [Label] {
    guard let value = self[name] else { return [] }
    guard case .object(let members) = value else {
      throw .unparsable("\(path)\(name) must be an object of texts")
    }
    var pairs: [Label] = []
    var names: Set<String> = []
    for member in members {
      guard case .text(let text) = member.value else {
        throw .unparsable("\(path)\(name).\(member.name) must be a text")
      }
      guard names.insert(member.name).inserted else {
        throw .unparsable("\(path)\(name).\(member.name) stands there twice")
      }
      pairs.append(Label(member.name, text))
    }
    return pairs
  }

  /// The text of a member; empty when it is absent.
  func plainText(_ name: String, path: String) throws(AlertmanagerRefusal) -> String? {
    guard let value = self[name] else { return nil }
    guard case .text(let text) = value else {
      throw .unparsable("\(path)\(name) must be a text")
    }
    return text
  }

  /// The truth of a member.
  func flag(_ name: String, path: String) throws(AlertmanagerRefusal) -> Bool? {
    guard let value = self[name] else { return nil }
    guard case .flag(let flag) = value else {
      throw .unparsable("\(path)\(name) must be true or false")
    }
    return flag
  }
}
