// SPDX-License-Identifier: MIT
package import MetricModel
package import Net

/// The endpoints for programs.
package enum APIRoutes {
  /// The longest an answer may take: a query's limit, and time to wait for its turn.
  package static let answerTimeMax = QueryEndpoint.timeoutMax + .seconds(10)

  /// The longest a query may take.
  package static let queryTimeMax = QueryEndpoint.timeoutMax
  /// Queries that run at once.
  package static let queriesMax = QueryThreads.runningMax

  /// Makes the routes over the ports.
  package static func routes(over ports: APIPorts) -> [HTTPRoute] {
    let threads = QueryThreads()
    let query = QueryEndpoint(ports: ports.store, threads: threads)
    let series = SeriesEndpoint(ports: ports.store, threads: threads)
    let rules = RulesEndpoint(ports: ports.rules)
    let status = StatusEndpoint(ports: ports, threads: threads)
    let clock = ports.store.clock
    let alertmanager =
      AlertsEndpoint(ports: ports.alerts, report: ports.process.report).routes
      + SilencesEndpoint(ports: ports.alerts, clock: clock).routes
    let operating = OperatingEndpoint(ports: ports.alerts, rules: ports.rules, clock: clock)
    // Pages of other sites may read these as any program may: with a token they know, or where none
    // is asked for.
    let open =
      query.routes + series.routes + ExpressionEndpoint(threads: threads).routes + rules.routes
      + TargetsEndpoint(ports: ports).routes + status.routes + [unknown]
    return process(ports) + FederationEndpoint(ports: ports, threads: threads).routes
      + open.map(\.openToOtherSites) + [RemoteWriteEndpoint(ports: ports).route]
      + TopologyEndpoint.routes(over: ports.cluster) + alertmanager + operating.routes
      + [SnapshotEndpoint.route(over: ports.cluster), PeerEndpoint.route(over: ports)]
      + TimelineEndpoint(ports: ports, threads: threads).routes
  }

  private static let unknown = HTTPRoute(
    ["GET", "POST", "PUT", "PATCH", "DELETE"],
    .prefix("/api/v1/")
  ) { request in
    APIFailure(.notFound, "there is no \(request.path)").response
  }

  /// The daemon itself: its page, its health and its settings.
  private static func process(_ ports: APIPorts) -> [HTTPRoute] {
    [
      HTTPRoute(.exact("/metrics")) { request in
        let format = ExpositionFormat.negotiated(accept: request.headers["Accept"])
        return .data(ports.latest.exposition(format), type: format.contentType)
      },
      HTTPRoute(.exact("/-/healthy"), role: nil) { _ in .text("hvsmon is healthy.\n") },
      HTTPRoute(.exact("/-/ready"), role: nil) { _ in
        ports.process.isReady()
          ? .text("hvsmon is ready.\n")
          : .text("hvsmon is starting: not every target has been polled yet.\n", status: 503)
      },
      HTTPRoute(["POST"], .exact("/-/reload"), role: .operate) { request in
        switch await ports.process.reload() {
        case .reloaded:
          await ports.alerts.changing.noteReload("taken", request.sender)
          return .text("The settings were loaded anew.\n")
        case .refused(let faults):
          await ports.alerts.changing.noteReload("refused", request.sender)
          return .text("The old settings go on:\n\(faults)\n", status: 422)
        }
      },
    ]
  }
}

extension ExpositionFormat {
  /// The format a scraper's header `Accept` likes best among those hvsmon writes; text when it
  /// names none of them.
  package static func negotiated(accept: String?) -> ExpositionFormat {
    var best: (format: ExpositionFormat, quality: Double) = (.text, 0)
    for part in (accept ?? "").split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
      guard let type = pieces.first?.lowercased() else { continue }
      var quality = 1.0
      var version: String?
      for parameter in pieces.dropFirst() {
        if parameter.hasPrefix("q=") { quality = Double(parameter.dropFirst(2)) ?? 0 }
        if parameter.hasPrefix("version=") { version = String(parameter.dropFirst(8)) }
      }
      let format: ExpositionFormat
      switch (type, version) {
      case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"):
        format = .openMetrics
      case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _):
        format = .text
      default: continue
      }
      if quality > best.quality { best = (format, quality) }
    }
    return best.format
  }
}
