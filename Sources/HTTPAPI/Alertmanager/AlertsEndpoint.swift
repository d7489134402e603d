// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying
import Rules

/// `/api/v2/alerts`, `alerts/groups`, `receivers` and `status`, as Alertmanager answers them.
///
/// Source: Alertmanager's OpenAPI specification, version 2.
struct AlertsEndpoint: Sendable {
  /// Bytes of a request that posts alerts.
  static let postedBytesMax = 8 << 20
  /// Alerts of one request.
  static let postedMax = 10_000

  let ports: AlertPorts
  let report: @Sendable () -> ProcessReport

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/api/v2/alerts")) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await alerts(request.query) }
      },
      HTTPRoute(.exact("/api/v2/alerts/groups")) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await groups(request.query) }
      },
      HTTPRoute(
        ["POST"],
        .exact("/api/v2/alerts"),
        role: .write,
        maxBodyBytes: Self.postedBytesMax
      ) { request in
        await ServerResponse { () throws(AlertmanagerRefusal) in try await post(request) }
      },
      HTTPRoute(.exact("/api/v2/receivers")) { _ in
        var json = JSONText()
        json.receivers(await ports.reading.receivers())
        return .json(json.bytes)
      },
      HTTPRoute(.exact("/api/v2/status")) { _ in await status() },
    ]
  }

  func alerts(_ form: APIParameter.Form) async throws(AlertmanagerRefusal) -> ServerResponse {
    let filter = try AlertFilter(form)
    let found = await ports.reading.alerts().map { (report: $0, status: AlertStatus($0)) }
      .filter { filter.accepts($0.report, $0.status) }
      .map { ($0.report.alert.fingerprint, $0.report, $0.status) }
      .sorted { $0.0 < $1.0 }
    var json = JSONText()
    json.list(found) { json, found in json.alert(found.1, found.2) }
    return .json(json.bytes)
  }

  /// The groups that messages are about, each with its alerts.
  func groups(_ form: APIParameter.Form) async throws(AlertmanagerRefusal) -> ServerResponse {
    let filter = try AlertFilter(form)
    var groups: [GroupID: (labels: LabelSet, alerts: [(AlertReport, AlertStatus)])] = [:]
    for report in await ports.reading.alerts() {
      let status = AlertStatus(report)
      guard filter.accepts(report, status) else { continue }
      for destination in report.explanation?.destinations ?? []
      where filter.accepts(receiver: destination.group.receiver) {
        guard let labels = report.groupLabels[destination.group] else { continue }
        groups[destination.group, default: (labels, [])].alerts.append((report, status))
      }
    }
    let sorted = groups.sorted {
      ($0.value.labels, $0.key.receiver, $0.key.key)
        < ($1.value.labels, $1.key.receiver, $1.key.key)
    }
    var json = JSONText()
    json.list(sorted) { json, group in
      json.raw("{\"alerts\":")
      let alerts = group.value.alerts.sorted { $0.0.alert.labels < $1.0.alert.labels }
      json.list(alerts) { json, found in json.alert(found.0, found.1) }
      json.key("labels")
      json.object(group.value.labels)
      json.key("receiver")
      json.receiver(group.key.receiver)
      json.raw("}")
    }
    return .json(json.bytes)
  }

  func post(_ request: ServerRequest) async throws(AlertmanagerRefusal) -> ServerResponse {
    let tree = try request.json()
    guard case .list(let items) = tree else {
      throw .unparsable("parsing alerts body failed, because it is no list")
    }
    guard items.count <= Self.postedMax else {
      throw .bad("more than \(Self.postedMax) alerts in one request")
    }
    var posted: [PostedAlert] = []
    for (index, item) in items.enumerated() {
      posted.append(try PostedAlert(item, path: "\(index)."))
    }
    let faults = await ports.changing.post(posted, request.sender)
    // The valid ones were taken all the same.
    guard faults.isEmpty else {
      let shown = faults.prefix(10).joined(separator: "; ")
      let rest = faults.count > 10 ? "; and \(faults.count - 10) more" : ""
      throw .bad(shown + rest)
    }
    return ServerResponse(status: 200, headers: ["Content-Type": "application/json"])
  }

  private func status() async -> ServerResponse {
    let report = report()
    var json = JSONText()
    json.raw("{\"cluster\":{\"name\":\"\",\"peers\":[],\"status\":\"disabled\"}")
    json.raw(",\"config\":{")
    json.member("original", await ports.reading.routingText(), isFirst: true)
    json.raw("}")
    json.member("uptime", report.startedAt.rfc3339Text)
    json.raw(",\"versionInfo\":{")
    json.member("branch", "hvsmon", isFirst: true)
    json.member("buildDate", "")
    json.member("buildUser", "")
    json.member("goVersion", "")
    json.member("revision", "hvsmon-\(report.version)")
    json.member("version", Self.apiVersion)
    json.raw("}}")
    return .json(json.bytes)
  }

  /// The Alertmanager whose API this is: clients choose what they ask by it.
  static let apiVersion = "0.25.0"
}

extension PostedAlert {
  /// Reads an alert as Alertmanager's API takes it.
  init(_ tree: JSONTree, path: String) throws(AlertmanagerRefusal) {
    guard case .object = tree else { throw .unparsable("\(path) must be an object") }
    guard tree["labels"] != nil else { throw .missing("\(path)labels") }
    self.init(
      labels: LabelSet(try tree.pairs("labels", path: path)),
      annotations: try tree.pairs("annotations", path: path).filter { !$0.value.isEmpty },
      startsAt: try tree.instant("startsAt", path: path),
      endsAt: try tree.instant("endsAt", path: path),
      sourceURL: try tree.plainText("generatorURL", path: path) ?? ""
    )
  }
}

extension JSONText {
  mutating func receiver(_ name: String) {
    raw("{")
    member("name", name, isFirst: true)
    raw("}")
  }

  mutating func receivers(_ names: [String]) {
    list(names) { json, name in json.receiver(name) }
  }

  fileprivate mutating func alert(_ report: AlertReport, _ status: AlertStatus) {
    let alert = report.alert
    raw("{\"annotations\":")
    object(pairs: alert.annotations)
    member("endsAt", report.endsAt.rfc3339Text)
    member("fingerprint", alert.fingerprint)
    key("receivers")
    receivers(status.receivers)
    member("startsAt", alert.startsAt.rfc3339Text)
    raw(",\"status\":{\"inhibitedBy\":")
    list(status.inhibitedBy) { json, text in json.string(text) }
    key("silencedBy")
    list(status.silencedBy) { json, text in json.string(text) }
    key("mutedBy")
    list(status.mutedBy) { json, text in json.string(text) }
    member("state", status.state.rawValue)
    raw("}")
    member("updatedAt", report.updatedAt.rfc3339Text)
    if !alert.sourceURL.isEmpty { member("generatorURL", alert.sourceURL) }
    key("labels")
    object(alert.labels)
    raw("}")
  }
}
