// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Patterns
import PromQL
import Rules
import TestSupport

@testable import HTTPAPI

/// Series in memory.
struct MemoryReading: SeriesReading {
  var all: [Series] = []

  /// One series of one metric, one sample.
  static func series(
    _ name: String,
    _ labels: [String: String] = [:],
    _ value: Double,
    at seconds: Double
  ) -> Series {
    Series(
      labels: LabelSet(metric: name, labels),
      samples: [Sample(Timestamp(unixSeconds: seconds), value)]
    )
  }

  private struct Cursor: SeriesCursor {
    let labels: LabelSet
    var samples: [Sample]

    mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
      run.removeAll()
      for sample in samples { run.append(sample.timestamp.unixMilliseconds, sample.value) }
      samples = []
      return run.count > 0
    }
  }

  func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
    try found(selection.matchers, selection.range).map {
      Cursor(labels: $0.labels, samples: $0.samples)
    }
  }

  func labelSets(
    matching matchers: [LabelMatcher],
    in range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [LabelSet] {
    try found(matchers, range).map(\.labels)
  }

  private func found(
    _ matchers: [LabelMatcher],
    _ range: ClosedRange<Timestamp>
  ) throws(StoreError) -> [Series] {
    var compiled: [CompiledMatcher] = []
    for matcher in matchers {
      do throws(PatternError) {
        compiled.append(try CompiledMatcher(matcher))
      } catch {
        throw .invalidPattern(pattern: matcher.value, reason: error.reason)
      }
    }
    let series = all.filter { one in compiled.allSatisfy { $0.matches(one.labels) } }
    return series.map { one in
      Series(labels: one.labels, samples: one.samples.filter { range.contains($0.timestamp) })
    }.filter { !$0.samples.isEmpty }.sorted { $0.labels < $1.labels }
  }
}

extension APIPorts {
  /// Ports of a daemon that knows nothing but what it is given.
  static func standIn(
    reading: any SeriesReading = MemoryReading(),
    engine: QueryEngine = QueryEngine(),
    clock: any TimeSource = ManualTimeSource(Timestamp(unixSeconds: 120)),
    deadline: @escaping @Sendable (Duration) -> QueryDeadline = { _ in .none },
    latest: LatestPorts = .standIn(),
    groups: [RuleGroupEvaluator] = [],
    targets: [TargetReport] = [],
    process: ProcessPorts = .standIn,
    cluster: ClusterPorts = ClusterPorts(
      topology: { nil },
      stopVerdict: { _ in .notYet },
      snapshot: { _ in Array(#"{"schema_version":1}"#.utf8) }
    ),
    alerts: AlertPorts = StandInAlerts().ports,
    remoteWrite: (@Sendable ([UInt8]) async -> WriteAnswer)? = nil,
    unreadAnswers: UnreadAnswers = UnreadAnswers()
  ) -> APIPorts {
    APIPorts(
      store: StorePorts(
        reading: reading,
        engine: engine,
        clock: clock,
        deadline: deadline,
        unreadAnswers: unreadAnswers,
        giveBackMemory: {}
      ),
      latest: latest,
      rules: RulePorts(groups: { groups }, intervalStandard: .seconds(60)),
      targets: { targets },
      process: process,
      cluster: cluster,
      alerts: alerts,
      remoteWrite: remoteWrite
    )
  }

  /// The answer to a request as a client of the server would see it, tokens aside.
  func ask(
    _ path: String,
    _ parameters: [(String, String)] = [],
    method: String = "GET",
    body: String = ""
  ) async throws -> (status: Int, text: String, tree: JSONTree?) {
    let routes = APIRoutes.routes(over: self).filter { $0.methods.contains(method) }
    let prefixes = routes.filter { route in
      if case .prefix(let prefix) = route.path { path.hasPrefix(prefix) } else { false }
    }
    let longest = prefixes.max { $0.path.length < $1.path.length }
    guard let route = routes.first(where: { $0.path == .exact(path) }) ?? longest else {
      throw NoRoute(path: path)
    }
    let response = await route.handler(
      ServerRequest(
        method: method,
        path: path,
        query: parameters.map { ServerRequest.Parameter(name: $0.0, value: $0.1) },
        body: Array(body.utf8),
        tokenName: "tester"
      )
    )
    let text = String(decoding: response.body, as: UTF8.self)
    return (response.status, text, try? JSONReader.read(response.body))
  }

  struct NoRoute: Error {
    let path: String
  }
}

extension HTTPRoute.Path {
  fileprivate var length: Int {
    switch self {
    case .exact(let path), .prefix(let path): path.utf8.count
    }
  }
}

extension LatestPorts {
  /// The live series of these families.
  static func standIn(
    _ families: [Family] = [],
    told: [MetricDescription] = [],
    externalLabels: LabelSet = .empty
  ) -> LatestPorts {
    let byName = Dictionary(families.map { ($0.definition.name, $0) }) { first, _ in first }
    return LatestPorts(
      exposition: { format in format == .text ? Array("text".utf8) : Array("open".utf8) },
      names: { byName.keys.sorted() },
      family: { byName[$0] },
      descriptions: { byName.values.map { MetricDescription($0.definition) } + told },
      externalLabels: externalLabels
    )
  }
}

extension ProcessPorts {
  /// A daemon that is starting and takes no other settings.
  static let standIn = ProcessPorts(
    isReady: { false },
    reload: { .refused(faults: "hvsmon.yml:1:1: no") },
    report: {
      ProcessReport(
        version: "1.2.3",
        startedAt: Timestamp(unixSeconds: 60),
        loadedAt: Timestamp(unixSeconds: 90),
        wasReloadGood: true,
        retention: .seconds(30 * 86_400),
        flags: ["query.timeout": "2m"],
        settingsText: "global:\n  scrape_interval: 10s\n"
      )
    }
  )
}
