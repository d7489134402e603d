// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/v1/query` and `/api/v1/query_range` as Prometheus answers them.
@Suite struct QueryEndpointTests {
  /// Two series with one sample each at 100 s.
  private struct TwoSeries: SeriesReading {
    struct Cursor: SeriesCursor {
      let labels: LabelSet
      var value: Double?

      mutating func next(into run: inout SampleRun) throws(StoreError) -> Bool {
        run.removeAll()
        guard let value else { return false }
        run.append(100_000, value)
        self.value = nil
        return true
      }
    }

    func cursors(_ selection: SeriesSelection) throws(StoreError) -> [any SeriesCursor] {
      guard selection.matchers.contains(where: { $0.value == "up" }),
        selection.range.contains(Timestamp(unixSeconds: 100))
      else { return [] }
      return [
        Cursor(labels: LabelSet(metric: "up", ["instance": "a\"b"]), value: 1),
        Cursor(labels: LabelSet(metric: "up", ["instance": "c"]), value: 0.25),
      ]
    }

    func labelSets(
      matching matchers: [LabelMatcher],
      in range: ClosedRange<Timestamp>
    ) throws(StoreError) -> [LabelSet] { [] }
  }

  private static func ports(reading: any SeriesReading = TwoSeries()) -> APIPorts {
    .standIn(reading: reading)
  }

  private static func ask(_ parameters: [String: String]) async -> (status: Int, text: String) {
    let request = ServerRequest(
      path: "/api/v1/query",
      query: parameters.map { ServerRequest.Parameter(name: $0.key, value: $0.value) }
    )
    let endpoint = QueryEndpoint(ports: ports().store, threads: QueryThreads())
    let response = await endpoint.answer(request)
    return (response.status, String(decoding: response.body, as: UTF8.self))
  }

  private static func askRange(
    _ parameters: [String: String]
  ) async throws -> (status: Int, text: String) {
    let request = ServerRequest(
      path: "/api/v1/query_range",
      query: parameters.map { ServerRequest.Parameter(name: $0.key, value: $0.value) }
    )
    let response = try await route("/api/v1/query_range").handler(request)
    return (response.status, String(decoding: response.body, as: UTF8.self))
  }

  private static func route(_ path: String, _ method: String = "GET") throws -> HTTPRoute {
    try #require(
      APIRoutes.routes(over: ports())
        .first { $0.path == .exact(path) && $0.methods.contains(method) }
    )
  }

  @Test func `a vector is answered with escaped labels and values as text`() async {
    let (status, text) = await Self.ask(["query": "up", "time": "120.5"])
    #expect(status == 200)
    #expect(
      text == """
        {"status":"success","data":{"resultType":"vector","result":[\
        {"metric":{"__name__":"up","instance":"a\\"b"},"value":[120.500,"1"]},\
        {"metric":{"__name__":"up","instance":"c"},"value":[120.500,"0.25"]}]}}
        """
    )
  }

  @Test func `the question a dashboard asks at set-up is answered with a scalar`() async {
    let (status, text) = await Self.ask(["query": "1+1", "time": "4"])
    #expect(status == 200)
    #expect(
      text == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#
    )
  }

  @Test func `a string and a range are answered in their own forms`() async {
    #expect(await Self.ask(["query": "\"a\\nb\"", "time": "1"]).text.contains(#"[1,"a\nb"]"#))
    let range = await Self.ask(["query": "up{instance=\"c\"}[1m]", "time": "120"]).text
    #expect(range.contains(#""resultType":"matrix""#))
    #expect(range.contains(#""values":[[100,"0.25"]]"#))
  }

  @Test func `a span is answered with the values at its steps, where there are any`() async throws {
    let (status, text) = try await Self.askRange([
      "query": "sum(up) * 2", "start": "90", "end": "125.5", "step": "10",
    ])
    #expect(status == 200)
    #expect(
      text == """
        {"status":"success","data":{"resultType":"matrix","result":[\
        {"metric":{},"values":[[100,"2.5"],[110,"2.5"],[120,"2.5"]]}]}}
        """
    )
    let scalar = try await Self.askRange([
      "query": "1", "start": "1970-01-01T00:00:01Z", "end": "2", "step": "1s",
    ])
    #expect(scalar.text.contains(#"{"metric":{},"values":[[1,"1"],[2,"1"]]}"#))
  }

  @Test(arguments: [
    (["start": "2", "end": "1", "step": "1"], "end timestamp must not be before start time"),
    (
      ["end": "1", "step": "1"],
      #"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#
    ),
    (
      ["start": "0", "end": "x", "step": "1"],
      #"invalid parameter \"end\": cannot parse \"x\" to a valid timestamp"#
    ),
    (
      ["start": "0", "end": "1"],
      #"invalid parameter \"step\": cannot parse \"\" to a valid duration"#
    ),
    (
      ["start": "0", "end": "1", "step": "0"],
      "zero or negative query resolution step widths are not accepted. Try a positive integer"
    ),
    (["start": "0", "end": "1", "step": "-5"], #"invalid parameter \"step\": zero or negative"#),
    (["start": "0", "end": "1", "step": "0.0001"], "a step is at least 1 ms"),
    (
      ["start": "0", "end": "1", "step": "x"],
      #"invalid parameter \"step\": cannot parse \"x\" to a valid duration"#
    ),
    (
      ["start": "0", "end": "11001", "step": "1"],
      "exceeded maximum resolution of 11,000 points per timeseries. "
        + "Try decreasing the query resolution (?step=XX)"
    ),
    (["start": "-1e300", "end": "1e300", "step": "1"], "11,000"),
    (
      ["start": "0", "end": "1", "step": "1", "query": "up[1m]"],
      #"invalid parameter \"query\": invalid expression type"#
    ),
    (["start": "0", "end": "1", "step": "1", "limit": "x"], #"invalid parameter \"limit\""#),
    (["start": "0", "end": "1", "step": "1", "lookback_delta": "0"], #"\"lookback_delta\""#),
  ])
  func `a span that cannot be evaluated is refused`(
    parameters: [String: String],
    reason: String
  ) async throws {
    let asked = ["query": "up"].merging(parameters) { $1 }
    let (status, text) = try await Self.askRange(asked)
    #expect(status == 400)
    #expect(text.contains(#""errorType":"bad_data""#))
    #expect(text.contains(reason), "\(text)")
  }

  @Test func `11,001 points are allowed`() async throws {
    let (status, text) = try await Self.askRange([
      "query": "1", "start": "0", "end": "11000", "step": "1",
    ])
    #expect(status == 200 && text.contains(#"[11000,"1"]"#))
  }

  @Test func `a result beyond the limit of its sender is cut and says so`() async throws {
    let (_, one) = await Self.ask(["query": "up", "limit": "1"])
    #expect(one.contains(#"a\"b"#) && !one.contains(#""instance":"c""#))
    #expect(one.contains(#""warnings":["results truncated due to limit"]"#))
    let (_, range) = try await Self.askRange([
      "query": "up", "start": "100", "end": "100", "step": "1", "limit": "1",
    ])
    #expect(range.contains("results truncated due to limit"))
    #expect(await !Self.ask(["query": "up", "limit": "2"]).text.contains("truncated"))
  }

  @Test func `a lookback of its own decides which samples count`() async {
    #expect(await Self.ask(["query": "up", "lookback_delta": "15"]).text.contains(#""result":[]"#))
    #expect(await Self.ask(["query": "up", "lookback_delta": "21s"]).text.contains("0.25"))
  }

  @Test func `a scalar's value never has an exponent, and its time no zeros at the end`() async {
    let small = await Self.ask(["query": "1e-7", "time": "1.5"]).text
    #expect(small.contains(#""result":[1.5,"0.0000001"]"#))
    let large = await Self.ask(["query": "1e21", "time": "1.05"]).text
    #expect(large.contains(#""result":[1.05,"1000000000000000000000"]"#))
  }

  @Test func `an answer beyond the limit of bytes is refused by its limit`() async throws {
    let wide = (0..<100).map { number in
      MemoryReading.series(
        "wide",
        ["n": "\(number)-" + String(repeating: "x", count: 400_000)],
        1,
        at: 100
      )
    }
    let answer = try await Self.ports(reading: MemoryReading(all: wide))
      .ask("/api/v1/query", [("query", "wide")])
    #expect(answer.status == 422)
    #expect(answer.text.contains("longer than the limit of 33554432 bytes"))
  }

  @Test func `a result of too many samples is refused by its limit`() async throws {
    let many = (0..<200).map { MemoryReading.series("many", ["n": "\($0)"], 1, at: 100) }
    let answer = try await Self.ports(reading: MemoryReading(all: many)).ask(
      "/api/v1/query_range",
      [("query", "last_over_time(many[1d])"), ("start", "100"), ("end", "11100"), ("step", "1")]
    )
    #expect(answer.status == 422)
    #expect(answer.text.contains("query result has more than 2097152 samples"))
  }

  @Test func `without a time the present is meant`() async {
    #expect(await Self.ask(["query": "time()"]).text.contains(#"[120,"120"]"#))
  }

  @Test(arguments: [
    ("2015-07-01T20:10:51.781Z", "1435781451.781"), ("2015-07-01T22:10:51+02:00", "1435781451"),
    ("1969-12-31T23:59:59Z", "-1"), ("2024-02-29T00:00:00.5Z", "1709164800.500"),
    ("0", "0"), ("1.0004", "1"),
  ])
  func `times are read as Unix seconds or RFC 3339`(text: String, seconds: String) async {
    let answer = await Self.ask(["query": "vector(1)", "time": text])
    #expect(answer.text.contains("[\(seconds),\"1\"]"))
  }

  @Test(arguments: [
    "x", "2015-07-01", "2015-13-01T00:00:00Z", "2015-07-01T25:00:00Z", "2015-07-01T20:10:51",
    "2015-07-01T20:10:51.Z", "2015-07-01T20:10:51+0200", "NaN", "é", "2015-07-01T20:10:5",
  ])
  func `a time that is none is refused by the parameter's name`(text: String) async {
    let (status, answer) = await Self.ask(["query": "1", "time": text])
    #expect(status == 400)
    #expect(answer.contains(#""errorType":"bad_data""#))
    #expect(answer.contains("invalid parameter \\\"time\\\""))
  }

  @Test(arguments: [("x", 400), ("-1", 400), ("0", 400), ("5s", 200), ("1.5", 200), ("1m", 200)])
  func `a timeout is seconds or a span`(text: String, status: Int) async {
    #expect(await Self.ask(["query": "1", "timeout": text]).status == status)
  }

  @Test func `a faulty query is refused with its place`() async {
    let (status, text) = await Self.ask(["query": "sum("])
    #expect(status == 400)
    #expect(text.contains("invalid parameter \\\"query\\\": 1:"))
    #expect(await Self.ask([:]).text.contains("no expression found in input"))
  }

  @Test func `a query that fails says execution and 422`() async {
    let (status, text) = await Self.ask(["query": "up + on() up"])
    #expect(status == 422)
    #expect(text.contains(#""errorType":"execution""#))
  }

  @Test func `a scraper gets the format it likes best`() async throws {
    let route = try Self.route("/metrics")
    let open = await route.handler(
      ServerRequest(
        path: "/metrics",
        headers: ["Accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3"]
      )
    )
    #expect(String(decoding: open.body, as: UTF8.self) == "open")
    #expect(open.headers["Content-Type"] == ExpositionFormat.openMetrics.contentType)
    let text = await route.handler(ServerRequest(path: "/metrics"))
    #expect(text.headers["Content-Type"] == ExpositionFormat.text.contentType)
  }

  @Test(arguments: [
    ("", false), ("*/*", false), ("text/plain;version=0.0.4", false),
    ("application/openmetrics-text", true), ("application/openmetrics-text;version=2.0.0", false),
    ("application/openmetrics-text; version=1.0.0; q=0.1, text/plain;q=0.2", false),
    ("application/json", false), (";;q=,,", false), ("application/openmetrics-text;q=0", false),
  ])
  func `the accept header is weighed by quality and version`(header: String, isOpen: Bool) {
    #expect((ExpositionFormat.negotiated(accept: header) == .openMetrics) == isOpen)
  }

  @Test func `readiness and a refused reload say what is the matter`() async throws {
    let ready = try await Self.route("/-/ready").handler(ServerRequest(path: "/-/ready"))
    #expect(ready.status == 503)
    let reload = try Self.route("/-/reload", "POST")
    #expect(reload.role == .operate)
    let answer = await reload.handler(ServerRequest(method: "POST", path: "/-/reload"))
    #expect(answer.status == 422)
    #expect(String(decoding: answer.body, as: UTF8.self).contains("hvsmon.yml:1:1: no"))
  }
}
