// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import Rules
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// Requests that were changed at random: each is answered, with JSON and a status that fits.
@Suite struct RequestFuzzTests {
  /// Small limits and a deadline counted in looks at it, so that no query takes long.
  private static let ports: APIPorts = {
    var engine = QueryEngine()
    engine.limits = QueryLimits(samples: 20_000, steps: 500, series: 50)
    let series = (0..<12).map { number in
      Series(
        labels: LabelSet(metric: number < 6 ? "up" : "load", ["n": "\(number)", "job": "a"]),
        samples: (0..<40).map {
          Sample(Timestamp(unixSeconds: Double($0 * 15)), Double($0 * number))
        }
      )
    }
    return .standIn(
      reading: MemoryReading(all: series),
      engine: engine,
      clock: ManualTimeSource(Timestamp(unixSeconds: 600)),
      deadline: { _ in
        let looks = Looks()
        return QueryDeadline(limit: "200 looks") { looks.isPast }
      },
      latest: .standIn([
        (MetricDefinition("up", .gauge, help: "Works."), series.map { ($0.labels, $0.samples[39]) })
      ]),
      groups: (try? RuleSet(reading: [RuleSet.File(name: "a.yml", text: Array(rules.utf8))]))?
        .groups.map(RuleGroupEvaluator.init) ?? [],
      remoteWrite: { _ in .taken }
    )
  }()

  private static let rules = """
    groups: [{name: a, rules: [{alert: A, expr: up, labels: {b: c}}]}, {name: b, rules: [{record: r, expr: up}]}]
    """

  private final class Looks: Sendable {
    private let count = Atomic(0)
    var isPast: Bool { count.add(1, ordering: .relaxed).newValue > 200 }
  }

  /// Query strings by what answers them.
  private static let originals: [(Endpoint, String)] = [
    (.query, "query=up&time=600&timeout=5s&limit=3&stats=all&lookback_delta=1m"),
    (.query, "query=sum+by+(job)+(rate(up%5B5m%5D+offset+1m))/on(job)+group_left+avg(load)"),
    (
      .query,
      "query=topk(2,max_over_time(load%5B5m:30s%5D))+or+label_replace(up,%22a%22,%22$1%22,%22n%22,%22(.*)%22)"
    ),
    (
      .query,
      "query=histogram_quantile(0.9,up)+and+quantile_over_time(0.5,load%7Bn=~%221.*%22%7D%5B2m%5D)"
    ),
    (.range, "query=up%2Bload&start=0&end=600&step=15"),
    (
      .range,
      "query=predict_linear(load%5B5m%5D,60)&start=1970-01-01T00:00:00Z&end=600.5&step=1m30s"
    ),
    (.series, "match[]=up&match[]=%7Bjob%3D~%22a%7Cb%22%7D&start=0&end=600&limit=2"),
    (.labels, "match[]=load%7Bn!=%221%22%7D&limit=1"),
    (.values, "job&match[]=up"), (.values, "U__a__b_2e_&start=1"),
    (.federate, "match[]=%7B__name__%3D~%22u.*%22,n!~%221%7C2%22%7D"),
    (.rules, "type=alert&match[]=%7Bb=%22c%22%7D&group_limit=1&exclude_alerts=true&file[]=a.yml"),
    (.metadata, "metric=up&limit=1&limit_per_metric=2"), (.targets, "state=any&scrapePool=a"),
    (.format, "query=sum+without+(a)+(rate(up%5B5m%5D))+%3E+bool+1+unless+ignoring(a)+up+@+end()"),
    (.parse, "query=(-(up%7Ba=%22b%22%7D))%5B5m:1m%5D+@+start()+offset+-1m"),
    (.tsdb, "limit=3"), (.exemplars, "query=up&start=1&end=2"),
  ]

  private enum Endpoint {
    case query, range, series, labels, values, federate, rules, metadata, targets, format, parse
    case tsdb, exemplars
  }

  private static func answer(_ endpoint: Endpoint, _ bytes: [UInt8]) -> ServerResponse {
    let form = URLText.parameters(bytes)
    let (nobody, threads) = (Abandonment(), QueryThreads())
    return ServerResponse { () throws(APIFailure) in
      let query = QueryEndpoint(ports: ports.store, threads: threads)
      let series = SeriesEndpoint(ports: ports.store, threads: threads)
      switch endpoint {
      case .query: return try query.answer(form, overRange: false, nobody)
      case .range: return try query.answer(form, overRange: true, nobody)
      case .series: return try series.series(form, nobody)
      case .labels: return try series.labelNames(form, nobody)
      case .values:
        let name = URLText.decoded(bytes.prefix { $0 != UInt8(ascii: "&") })
        return try series.labelValues("/api/v1/label/\(name)/values", form, nobody)
      case .federate:
        return try FederationEndpoint(ports: ports, threads: threads).answer(form)
      case .rules: return try RulesEndpoint(ports: ports.rules).rules(form)
      case .metadata: return try TargetsEndpoint(ports: ports).metadata(form)
      case .targets: return try TargetsEndpoint(ports: ports).targets(form)
      case .format: return try ExpressionEndpoint.formatted(form)
      case .parse: return try ExpressionEndpoint.parsed(form)
      case .tsdb: return try StatusEndpoint(ports: ports, threads: threads).statistics(form)
      case .exemplars: return try ExpressionEndpoint.exemplars(form)
      }
    }
  }

  @Test func `requests that are not changed are all answered`() {
    for (endpoint, text) in Self.originals {
      let response = Self.answer(endpoint, Array(text.utf8))
      #expect(response.status == 200, "\(text): \(String(decoding: response.body, as: UTF8.self))")
    }
  }

  @Test func `changed requests are answered or refused in the envelope`() async throws {
    let originals = Self.originals.map { Array($0.1.utf8) }
    try await Mutation.run(originals, seed: 601, standard: 6_000) { bytes, place in
      let endpoint = Self.originals[place].0
      let response = Self.answer(endpoint, bytes)
      #expect([200, 400, 404, 422, 503].contains(response.status), "\(bytes)")
      guard endpoint != .federate || response.status != 200 else { return }
      let tree = try JSONReader.read(response.body)
      let isGood = response.status == 200
      #expect(tree["status"]?.string == (isGood ? "success" : "error"), "\(bytes)")
      #expect(isGood || tree["error"]?.string?.isEmpty == false, "\(bytes)")
    }
  }
}
