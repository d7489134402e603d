// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// `/api/v1/targets`, `metadata` and `alertmanagers`: what is polled, and what it tells.
struct TargetsEndpoint: Sendable {
  let ports: APIPorts

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/api/v1/targets")) { request in
        ServerResponse { () throws(APIFailure) in try targets(request.query) }
      },
      HTTPRoute(.exact("/api/v1/metadata")) { request in
        ServerResponse { () throws(APIFailure) in try metadata(request.query) }
      },
      HTTPRoute(.exact("/api/v1/alertmanagers")) { _ in
        ServerResponse { () throws(APIFailure) in
          // Messages go out from here.
          try APIEnvelope.success { json in
            json.raw("{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}")
          }
        }
      },
    ]
  }

  func targets(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let state = form["state"]?.lowercased() ?? ""
    let pool = form["scrapePool"] ?? ""
    let shown = ["", "any", "active"].contains(state) ? ports.targets() : []
    return try APIEnvelope.success { json throws(APIFailure) in
      json.raw("{\"activeTargets\":")
      try json.list(shown.filter { pool.isEmpty || $0.job == pool }) {
        json,
        target
          throws(APIFailure) in
        json.target(target)
        try json.checkLength()
      }
      json.raw(",\"droppedTargets\":[],\"droppedTargetCounts\":{}}")
    }
  }

  func metadata(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let limit = try Self.count(form, "limit")
    let limitPerMetric = try Self.count(form, "limit_per_metric")
    let name = form["metric"] ?? ""
    let found = descriptions(name)
    return try APIEnvelope.success { json throws(APIFailure) in
      json.raw("{")
      for (index, metric) in found.prefix(limit ?? found.count).enumerated() {
        json.key(metric.name, isFirst: index == 0)
        json.list(metric.known.prefix(limitPerMetric ?? metric.known.count)) { json, known in
          json.metadata(known)
        }
        try json.checkLength()
      }
      json.raw("}")
    }
  }

  /// The metrics of a name, or all, by name; of each what its sources tell, where they differ.
  private func descriptions(_ name: String) -> [(name: String, known: [MetricDescription])] {
    let asked = ports.latest.descriptions().filter { name.isEmpty || $0.name == name }
    return Dictionary(grouping: asked, by: \.name).map { ($0.key, $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// Below zero is no limit, and zero is none of them.
  private static func count(
    _ form: APIParameter.Form,
    _ name: String
  ) throws(APIFailure) -> Int? {
    guard let text = form[name], !text.isEmpty else { return nil }
    guard let count = Int(text) else { throw APIFailure(.badData, "\(name) must be a number") }
    return count < 0 ? nil : count
  }
}

extension JSONText {
  fileprivate mutating func target(_ target: TargetReport) {
    // Collectors speak many protocols and their addresses may hold secrets: the key stands for them.
    let url = "hvsmon:" + target.key
    raw("{\"discoveredLabels\":")
    object(target.labels)
    key("labels")
    object(target.labels)
    member("scrapePool", target.job)
    member("scrapeUrl", url)
    member("globalUrl", url)
    member("lastError", target.lastError)
    member("lastScrape", target.polledAt?.rfc3339Text ?? "0001-01-01T00:00:00Z")
    member("lastScrapeDuration", number: target.took.inSeconds)
    member("health", target.health.rawValue)
    member("scrapeInterval", target.interval.promQLText)
    member("scrapeTimeout", target.timeout.promQLText)
    raw("}")
  }

  fileprivate mutating func metadata(_ description: MetricDescription) {
    raw("{")
    member("type", description.type, isFirst: true)
    member("help", description.help)
    member("unit", description.unit)
    raw("}")
  }
}
