// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL

/// `/api/v1/status/...`: the daemon itself.
struct StatusEndpoint: Sendable {
  /// The Prometheus whose API this is: clients choose what they ask by it.
  static let apiVersion = "3.0.0"
  /// How many names a statistic lists unless told otherwise, and at most.
  private static let listedStandard = 10
  private static let listedMax = 10_000

  let ports: APIPorts
  let threads: QueryThreads

  var routes: [HTTPRoute] {
    [
      route("buildinfo") { json, report in
        json.texts([
          ("version", Self.apiVersion), ("revision", "hvsmon-\(report.version)"),
          ("branch", "hvsmon"), ("buildUser", ""), ("buildDate", ""), ("goVersion", ""),
        ])
      },
      route("runtimeinfo") { json, report in
        json.raw("{")
        json.member("startTime", report.startedAt.rfc3339Text, isFirst: true)
        json.member("CWD", "")
        json.key("reloadConfigSuccess")
        json.raw(report.wasReloadGood ? "true" : "false")
        json.member("lastConfigTime", report.loadedAt.rfc3339Text)
        json.member("corruptionCount", number: Double(report.damagedBlocks))
        json.member("storageRetention", report.retention.promQLText)
        json.raw("}")
      },
      route("flags") { json, report in
        json.texts(report.flags.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
      },
      route("config") { json, report in json.texts([("yaml", report.settingsText)]) },
      route("walreplay") { json, _ in
        json.raw("{\"min\":0,\"max\":0,\"current\":0,\"state\":\"done\"}")
      },
      HTTPRoute(.exact("/api/v1/status/tsdb")) { request in
        await threads.answer { _ throws(APIFailure) in try statistics(request.query) }
      },
    ]
  }

  private func route(
    _ name: String,
    _ write: @escaping @Sendable (inout JSONText, ProcessReport) -> Void
  ) -> HTTPRoute {
    HTTPRoute(.exact("/api/v1/status/\(name)")) { _ in
      ServerResponse { () throws(APIFailure) in
        try APIEnvelope.success { json in write(&json, ports.process.report()) }
      }
    }
  }

  /// Which names and values the stored series have most often.
  func statistics(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let limit = try APIParameter.limit(form) ?? Self.listedStandard
    guard limit <= Self.listedMax else {
      throw .invalid("limit", "limit must not exceed \(Self.listedMax)")
    }
    let all: [LabelSet]
    do throws(StoreError) {
      let range = Timestamp.distantPast...(.distantFuture)
      all = try ports.store.reading.labelSets(matching: [], in: range)
    } catch {
      throw APIFailure(error)
    }
    var counts = SeriesCounts()
    for labels in all { counts.add(labels) }
    return try APIEnvelope.success { json in
      json.raw("{\"headStats\":{\"numSeries\":\(all.count),\"numLabelPairs\":\(counts.pairs.count)")
      json.raw(",\"chunkCount\":\(ports.process.report().chunks)}")
      json.counts("seriesCountByMetricName", counts.metrics, limit)
      json.counts("labelValueCountByLabelName", counts.values, limit)
      json.counts("memoryInBytesByLabelName", counts.bytes, limit)
      json.counts("seriesCountByLabelValuePair", counts.named, limit)
      json.raw("}")
    }
  }
}

/// What many label sets have in common.
private struct SeriesCounts {
  var metrics: [String: Int] = [:]
  var pairs: [Label: Int] = [:]

  mutating func add(_ labels: LabelSet) {
    for label in labels {
      pairs[label, default: 0] += 1
      if label.name == LabelSet.metricNameLabel { metrics[label.value, default: 0] += 1 }
    }
  }

  /// The values of each name.
  var values: [String: Int] {
    pairs.keys.reduce(into: [:]) { $0[$1.name, default: 0] += 1 }
  }

  /// The bytes of the values of each name, each value once.
  var bytes: [String: Int] {
    pairs.keys.reduce(into: [:]) { $0[$1.name, default: 0] += $1.value.utf8.count }
  }

  var named: [String: Int] {
    Dictionary(pairs.map { ("\($0.key.name)=\($0.key.value)", $0.value) }) { first, _ in first }
  }
}

extension JSONText {
  fileprivate mutating func texts(_ members: [(String, String)]) {
    raw("{")
    for (index, (name, text)) in members.enumerated() { member(name, text, isFirst: index == 0) }
    raw("}")
  }

  /// Adds the names that have most, those that have as many by name.
  fileprivate mutating func counts(_ name: String, _ counts: [String: Int], _ limit: Int) {
    key(name)
    let most = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit)
    list(most) { json, count in
      json.raw("{")
      json.member("name", count.key, isFirst: true)
      json.member("value", number: Double(count.value))
      json.raw("}")
    }
  }
}

extension Duration {
  /// As Prometheus writes spans, such as `1m30s`.
  var promQLText: String { DurationText.text(of: self) }
}
