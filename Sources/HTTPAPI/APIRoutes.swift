// SPDX-License-Identifier: MIT
package import MetricModel
package import Net
package import PromQL

/// What the endpoints ask.
package struct APIPorts: Sendable {
  /// What became of a reload.
  package enum ReloadOutcome: Sendable {
    case reloaded
    /// The old settings go on; the text lists the faults, a line each.
    case refused(faults: String)
  }

  /// What became of the question whether something may be stopped.
  package enum StopAnswer: Sendable {
    /// Nothing has been looked at yet.
    case notYet
    /// Nothing is called so.
    case noSuchComponent
    /// Several are; the list tells them apart.
    case ambiguous([String])
    /// The verdict as JSON.
    case verdict([UInt8])
  }

  /// What became of a remote write request.
  package enum WriteAnswer: Sendable {
    /// All samples are safe on disk, or were there already.
    case taken
    /// Some samples can never be taken; the others are safe on disk.
    case takenInPart(reason: String)
    /// It is no request.
    case malformed(reason: String)
    /// The samples are not safe; the same request may be sent again.
    case unwritable(reason: String)
  }

  let exposition: @Sendable (ExpositionFormat) -> [UInt8]
  let reading: any SeriesReading
  let engine: QueryEngine
  let clock: any TimeSource
  let deadline: @Sendable (Duration) -> QueryDeadline
  let isReady: @Sendable () -> Bool
  let reload: @Sendable () async -> ReloadOutcome
  let topology: @Sendable () -> [UInt8]?
  let stopVerdict: @Sendable (String) -> StopAnswer
  let explanations: @Sendable () async -> [UInt8]
  let snapshot: @Sendable () async -> [UInt8]
  let remoteWrite: (@Sendable ([UInt8]) async -> WriteAnswer)?

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - exposition: The newest value of every live series.
  ///   - reading: The stored samples.
  ///   - engine: Evaluates queries.
  ///   - clock: The present time, for queries that name none.
  ///   - deadline: Makes the deadline of a query that begins now and may take so long.
  ///   - isReady: The store is open and every target was polled once.
  ///   - reload: Loads the settings anew.
  ///   - topology: The cluster as it was judged last, as JSON; nil before the first time.
  ///   - stopVerdict: Whether what is called so may be stopped.
  ///   - explanations: The alerts that fire and what is told of each, as JSON.
  ///   - snapshot: How the cluster stands, as the JSON of a snapshot.
  ///   - remoteWrite: Takes a decompressed remote write request in; nil when that is off.
  package init(
    exposition: @escaping @Sendable (ExpositionFormat) -> [UInt8],
    reading: any SeriesReading,
    engine: QueryEngine,
    clock: any TimeSource,
    deadline: @escaping @Sendable (Duration) -> QueryDeadline,
    isReady: @escaping @Sendable () -> Bool,
    reload: @escaping @Sendable () async -> ReloadOutcome,
    topology: @escaping @Sendable () -> [UInt8]?,
    stopVerdict: @escaping @Sendable (String) -> StopAnswer,
    explanations: @escaping @Sendable () async -> [UInt8],
    snapshot: @escaping @Sendable () async -> [UInt8] = { Array("{}".utf8) },
    remoteWrite: (@Sendable ([UInt8]) async -> WriteAnswer)? = nil
  ) {
    self.exposition = exposition
    self.reading = reading
    self.engine = engine
    self.clock = clock
    self.deadline = deadline
    self.isReady = isReady
    self.reload = reload
    self.topology = topology
    self.stopVerdict = stopVerdict
    self.explanations = explanations
    self.snapshot = snapshot
    self.remoteWrite = remoteWrite
  }
}

/// The endpoints for programs.
package enum APIRoutes {
  /// The longest an answer may take: a query's limit, and time to wait for its turn.
  package static let answerTimeMax = QueryEndpoint.timeoutMax + .seconds(10)

  /// Makes the routes over the ports.
  package static func routes(over ports: APIPorts) -> [HTTPRoute] {
    let query = QueryEndpoint(ports: ports)
    return [
      HTTPRoute(["GET"], .exact("/metrics")) { request in
        let format = ExpositionFormat.negotiated(accept: request.headers["Accept"])
        return .data(ports.exposition(format), type: format.contentType)
      },
      HTTPRoute(["GET"], .exact("/-/healthy"), role: nil) { _ in
        .text("hvsmon is healthy.\n")
      },
      HTTPRoute(["GET"], .exact("/-/ready"), role: nil) { _ in
        ports.isReady()
          ? .text("hvsmon is ready.\n")
          : .text("hvsmon is starting: not every target has been polled yet.\n", status: 503)
      },
      HTTPRoute(["POST"], .exact("/-/reload"), role: .operate) { _ in
        switch await ports.reload() {
        case .reloaded: .text("The settings were loaded anew.\n")
        case .refused(let faults):
          .text("The old settings go on:\n\(faults)\n", status: 422)
        }
      },
      HTTPRoute(["GET", "POST"], .exact("/api/v1/query")) { request in
        await query.answer(request)
      },
      HTTPRoute(["GET", "POST"], .exact("/api/v1/query_range")) { request in
        await query.answer(request, overRange: true)
      },
      RemoteWriteEndpoint(ports: ports).route,
      SnapshotEndpoint.route(over: ports),
      HTTPRoute(["GET", "POST"], .prefix("/api/v1/")) { request in
        .json(APIEnvelope.failure("not_found", "there is no \(request.path)"), status: 404)
      },
    ] + TopologyEndpoint.routes(over: ports)
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
