// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying
import Rules

/// What people ask of alerts and do about them: `/api/hvsmon/v1/{explain,ack,audit,notify-test}`.
struct OperatingEndpoint: Sendable {
  /// Entries of the audit log that are shown unless asked for more, and at most.
  private static let auditedStandard = 100
  private static let auditedMax = 10_000
  /// The longest comment of an acknowledgement, in bytes.
  private static let commentBytesMax = 4 << 10
  /// Alerts that one request acknowledges.
  private static let acknowledgedMax = 1_000

  let ports: AlertPorts
  let rules: RulePorts
  let clock: any TimeSource
  /// Test messages go out one after another: a service must not be flooded with them.
  private let turns = Turnstile(width: 1, waitingMax: 8)

  init(ports: AlertPorts, rules: RulePorts, clock: any TimeSource) {
    self.ports = ports
    self.rules = rules
    self.clock = clock
  }

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/api/hvsmon/v1/explain")) { request in
        await answer { () throws(APIFailure) in try await explain(request.query) }
      },
      HTTPRoute(["POST"], .exact("/api/hvsmon/v1/ack"), role: .operate) { request in
        await answer { () throws(APIFailure) in try await acknowledge(request) }
      },
      HTTPRoute(["DELETE"], .exact("/api/hvsmon/v1/ack"), role: .operate) { request in
        await answer { () throws(APIFailure) in try await withdraw(request) }
      },
      HTTPRoute(.exact("/api/hvsmon/v1/audit")) { request in
        await answer { () throws(APIFailure) in try await audit(request.query) }
      },
      HTTPRoute(["POST"], .exact("/api/hvsmon/v1/notify-test"), role: .operate) { request in
        await answer { () throws(APIFailure) in try await test(request) }
      },
    ]
  }

  private func answer(
    _ work: () async throws(APIFailure) -> ServerResponse
  ) async -> ServerResponse {
    do throws(APIFailure) {
      return try await work()
    } catch {
      return error.response
    }
  }

  /// Every alert and what is told of it; with `alert` only those, and the messages about them.
  func explain(_ form: APIParameter.Form) async throws(APIFailure) -> ServerResponse {
    let selection = form["alert"] == nil ? nil : try AlertSelection(form)
    let alerts = KnownAlert.all(rules.groups(), await ports.reading.alerts())
      .filter { selection?.accepts($0.labels) ?? true }
    var json = JSONText()
    json.raw("{\"alerts\":[")
    for (index, alert) in alerts.enumerated() {
      if index > 0 { json.raw(",") }
      var sends: [SendReport]?
      if selection != nil, let report = alert.report {
        sends = await ports.reading.sends(report)
      }
      json.known(alert, sends: sends)
      try json.checkLength()
    }
    json.raw("]}")
    return .json(json.bytes)
  }

  /// Acknowledges the alerts that `alert` names, or the group of the key `group`.
  func acknowledge(_ request: ServerRequest) async throws(APIFailure) -> ServerResponse {
    let form = request.form
    let comment = form["comment"] ?? ""
    guard comment.utf8.count <= Self.commentBytesMax else {
      throw .invalid("comment", "is longer than \(Self.commentBytesMax) bytes")
    }
    let author = form["by"].flatMap { $0.isEmpty ? nil : $0 } ?? request.sender
    guard author.utf8.count <= Self.commentBytesMax else {
      throw .invalid("by", "is longer than \(Self.commentBytesMax) bytes")
    }
    let subjects = try await subjects(form)
    let now = clock.now
    let made = subjects.map {
      Acknowledgement($0.subject, by: author, at: now, comment: comment)
    }
    await ports.changing.acknowledge(made, request.sender)
    return subjects.answer("acknowledged")
  }

  /// Takes back what was acknowledged.
  func withdraw(_ request: ServerRequest) async throws(APIFailure) -> ServerResponse {
    let subjects = try await subjects(request.form)
    let count = await ports.changing.withdraw(subjects.map(\.subject), request.sender)
    guard count > 0 else {
      throw APIFailure(.notFound, "none of these alerts is acknowledged")
    }
    return subjects.answer("withdrawn")
  }

  private typealias Subject = (subject: Acknowledgement.Subject, labels: LabelSet)

  private func subjects(_ form: APIParameter.Form) async throws(APIFailure) -> [Subject] {
    let reports = await ports.reading.alerts()
    let found: [Subject]
    if let key = form["group"] {
      guard form["alert"] == nil else {
        throw .invalid("group", "excludes alert: name one of them")
      }
      found = reports.filter { report in
        report.explanation?.destinations.contains { $0.group.key == key } == true
      }.prefix(1).map { _ in (.group(key: key), .empty) }
      guard !found.isEmpty else {
        throw APIFailure(.notFound, "no alert fires in a group of that key")
      }
      return found
    }
    let selection = try AlertSelection(form)
    found = reports.map(\.alert.labels).filter { selection.accepts($0) }.sorted()
      .map { (.alert($0), $0) }
    guard !found.isEmpty else { throw APIFailure(.notFound, "no alert fires that is called so") }
    guard found.count <= Self.acknowledgedMax else {
      throw .invalid("alert", "names more than \(Self.acknowledgedMax) alerts")
    }
    return found
  }

  /// Who changed what, newest first.
  func audit(_ form: APIParameter.Form) async throws(APIFailure) -> ServerResponse {
    let limit = min(try APIParameter.limit(form) ?? Self.auditedStandard, Self.auditedMax)
    switch await ports.reading.auditLog(limit) {
    case .failure(let failure): throw APIFailure(.internal, failure.reason)
    case .success(let entries):
      var json = JSONText()
      json.raw("{\"entries\":")
      json.list(entries) { json, entry in
        json.raw("{")
        json.member("at", entry.at.rfc3339Text, isFirst: true)
        json.member("by", entry.by)
        json.member("action", entry.action.rawValue)
        json.member("subject", entry.subject)
        json.member("detail", entry.detail)
        json.raw("}")
      }
      json.raw("}")
      return .json(json.bytes)
    }
  }

  /// Sends a test message to every place of a receiver.
  func test(_ request: ServerRequest) async throws(APIFailure) -> ServerResponse {
    guard let name = request.form["receiver"], !name.isEmpty else {
      throw .invalid("receiver", "must be given: the name of a receiver")
    }
    guard await turns.enter() else {
      throw APIFailure(.unavailable, "more than 8 tests wait already")
    }
    defer { turns.leave() }
    let reports = await ports.changing.test(name, request.sender)
    guard !reports.isEmpty else {
      let known = await ports.reading.receivers()
      let list = known.isEmpty ? "there is none" : "there are " + known.joined(separator: ", ")
      let text = "there is no receiver \"\(name.prefix(100))\" with a place to send to; \(list)"
      throw APIFailure(.notFound, text)
    }
    var json = JSONText()
    json.raw("{\"results\":")
    json.list(reports) { json, report in
      json.raw("{")
      json.member("integration", report.integration.description, isFirst: true)
      json.raw(",\"accepted\":\(report.isAccepted)")
      json.member("answer", report.answer)
      json.raw("}")
    }
    json.raw("}")
    return .json(json.bytes)
  }
}

extension [(subject: Acknowledgement.Subject, labels: LabelSet)] {
  /// The alerts under a name.
  fileprivate func answer(_ name: String) -> ServerResponse {
    var json = JSONText()
    json.raw("{")
    json.key(name, isFirst: true)
    json.list(self) { json, one in
      switch one.subject {
      case .alert(let labels): json.object(labels)
      case .group(let key): json.string(key)
      }
    }
    json.raw("}")
    return .json(json.bytes)
  }
}
