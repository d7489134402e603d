// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot
import Synchronization
import Testing

@testable import StatusPage

@Suite struct GraphTests {
  private static func ask(
    _ path: String,
    _ query: [ServerRequest.Parameter],
    api: @escaping @Sendable (ServerRequest) -> ServerResponse
  ) async throws -> ServerResponse {
    let ports = PagePorts(
      snapshot: { PageTests.snapshot() },
      snapshots: { AsyncStream { _ in } },
      api: { api($0) },
      now: { PageTests.now }
    )
    let route = try #require(
      GraphRoutes(ports: ports).routes.first { $0.path == .exact(path) }
    )
    return await route.handler(ServerRequest(path: path, query: query, role: .read))
  }

  private static func parameters(
    _ pairs: KeyValuePairs<String, String>
  ) -> [ServerRequest.Parameter] {
    pairs.map { ServerRequest.Parameter(name: $0.key, value: $0.value) }
  }

  @Test func `an expression is drawn with its gaps, and its values stand below`() async throws {
    let answer = try await Self.ask(
      "/graph",
      Self.parameters(["query": "m{a=\"<b>\"}", "span": "1h"])
    ) { request in
      let first = Int(request.query["start"] ?? "") ?? 0
      #expect(request.path == "/api/v1/query_range" && request.query["step"] == "15")
      #expect(request.query["query"] == "m{a=\"<b>\"}")
      let points = [0, 1, 2, 5, 6].map { "[\(first + $0 * 15),\"\($0 * 1_000)\"]" }
      return .json(
        Array(
          """
          {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m",
          "a":"<b>"},"values":[\(points.joined(separator: ","))]}]},"infos":["a remark"]}
          """.utf8
        )
      )
    }
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(html.split(separator: "<polyline").count == 3)
    #expect(html.contains("m{a=&quot;&lt;b&gt;&quot;}") && !html.contains("<b>"))
    #expect(html.contains("<td class=\"number\">6k</td><td class=\"number\">0</td>"))
    #expect(html.contains("a remark"))
    #expect(html.contains("value=\"1h\" selected"))
  }

  @Test(arguments: GraphSpan.allCases)
  func `the newest value stands at the right edge`(_ span: GraphSpan) async throws {
    let answer = try await Self.ask(
      "/graph",
      Self.parameters(["query": "m", "span": span.rawValue])
    ) { request in
      let (first, last) = (request.query["start"] ?? "", request.query["end"] ?? "")
      return .json(
        Array(
          #"{"data":{"result":[{"metric":{},"values":[[\#(first),"1"],[\#(last),"1"]]}]}}"#.utf8
        )
      )
    }
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(html.contains("points=\"64,8 64,8\"") && html.contains("points=\"952,8 952,8\""))
  }

  @Test(arguments: [
    "9223372036854775807", "-9223372036854775808", "1e400", "NaN", "", "soon", "0",
  ])
  func `a graph ends now whatever end its address asks for`(_ end: String) async throws {
    let answer = try await Self.ask(
      "/graph",
      Self.parameters(["query": "m", "span": "1h", "end": end])
    ) { request in
      let now = PageTests.now.unixMilliseconds / 15_000 * 15
      #expect(request.query["end"] == "\(now)")
      return .json(Array(#"{"data":{"result":[]}}"#.utf8))
    }
    #expect(answer.status == 200)
  }

  @Test func `a fault is told beside the expression`() async throws {
    let answer = try await Self.ask("/graph", Self.parameters(["query": "sum("])) { _ in
      .json(Array(#"{"status":"error","error":"1:5: <nothing>"}"#.utf8), status: 400)
    }
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(html.contains("role=\"alert\"><bdi>1:5: &lt;nothing&gt;</bdi>"))
    #expect(html.contains("value=\"sum(\""))
  }

  @Test func `a refusal in plain text is told with its status`() async throws {
    let answer = try await Self.ask("/graph", Self.parameters(["query": "m"])) { _ in
      .text("64 queries <wait> already\nfurther words", status: 503)
    }
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(
      html.contains("status 503: 64 queries &lt;wait&gt; already") && !html.contains("further")
    )
  }

  @Test func `an empty or endless expression asks nothing`() async throws {
    let long = String(repeating: "a", count: GraphRoutes.queryBytesMax + 1)
    for (query, status) in [("", 200), (long, 400)] {
      let answer = try await Self.ask("/graph", Self.parameters(["query": query])) { _ in
        Issue.record("nothing is asked")
        return .text("")
      }
      #expect(answer.status == status)
    }
  }

  @Test func `many series are drawn in part, and the rest is counted`() async throws {
    let answer = try await Self.ask("/graph", Self.parameters(["query": "m"])) { request in
      let start = request.query["start"] ?? ""
      let series = (0..<30).map { #"{"metric":{"n":"\#($0)"},"values":[[\#(start),"1"]]}"# }
      return .json(Array("{\"data\":{\"result\":[\(series.joined(separator: ","))]}}".utf8))
    }
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(html.split(separator: "<polyline").count == LineChart.linesMax + 1)
    #expect(html.contains("14 more series are not drawn"))
  }

  @Test(
    arguments: [
      ([0.0, 10], 0.0, 10.0, ["0", "2", "4", "6", "8", "10"]),
      ([0.0, 1_234_567], 0, 1_500_000, ["0", "500k", "1M", "1.5M"]),
      ([0.001, 0.0042], 0, 0.005, ["0", "0.001", "0.002", "0.003", "0.004", "0.005"]),
      ([97.5, 99.5], 97.5, 99.5, ["97.5", "98", "98.5", "99", "99.5"]),
      ([-5.0, 5], -6, 6, ["-6", "-4", "-2", "0", "2", "4", "6"]), ([], 0, 1, nil),
      ([7.0], 0, 8, ["0", "2", "4", "6", "8"]),
    ] as [([Double], Double, Double, [String]?)]
  )
  func `a scale has round numbers`(
    _ values: [Double],
    _ lowest: Double,
    _ highest: Double,
    _ texts: [String]?
  ) {
    let scale = ChartScale(values)
    #expect((scale.lowest - lowest).magnitude < 1e-9 && (scale.highest - highest).magnitude < 1e-9)
    if let texts { #expect(scale.ticks.map(scale.text) == texts) }
  }

  @Test func `a scale of any numbers is finite and short`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let values = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
      }
      let scale = ChartScale(values.filter(\.isFinite))
      #expect(scale.ticks.count <= 20 && scale.ticks.allSatisfy(\.isFinite), "\(values)")
      for value in values.filter(\.isFinite) {
        #expect((0...1).contains(scale.share(value)))
        #expect(scale.text(value).utf8.count < 30)
      }
    }
  }

  @Test(arguments: [
    ("ra", ["rate("]), ("sum by (job) (hvsmon_po", ["sum by (job) (hvsmon_polls_total"]),
    ("polls", ["hvsmon_polls_total"]), ("up{jo", ["up{job"]),
    ("up{job=\"a\", ins", ["up{job=\"a\", instance"]), ("up{job=\"n", ["up{job=\"nginx"]),
    ("up{job=~'n", ["up{job=~'nginx"]), ("up{job=\"nginx\"} > 4", []), ("rate(up[5", []),
    ("up{job=n", []), ("\"a\\\"b", []), ("", []),
  ])
  func `the last word is completed by what may stand there`(
    _ text: String,
    _ expected: [String]
  ) async throws {
    let answer = try await Self.ask(
      "/graph/completions",
      Self.parameters(["query": text])
    ) { request in
      let names =
        switch request.path {
        case "/api/v1/label/__name__/values": ["up", "hvsmon_polls_total"]
        case "/api/v1/labels": request.query["match[]"] == "up" ? ["job", "instance"] : []
        case "/api/v1/label/job/values": ["nginx"]
        default: []
        }
      let list = names.map { "\"\($0)\"" }.joined(separator: ",")
      return .json(Array("{\"data\":[\(list)]}".utf8))
    }
    let tree = try JSONReader.read(answer.body)
    #expect(tree.items.compactMap(\.string) == expected)
  }

  @Test func `completing any text never traps`() {
    var random = SystemRandomNumberGenerator()
    let letters = Array("ab_:0{}\"'`\\=~!, ([)]é🦀\u{301}")
    for _ in 0..<20_000 {
      let text = String(
        (0..<Int.random(in: 0...20, using: &random)).map { _ in
          letters.randomElement(using: &random) ?? "a"
        }
      )
      let completion = QueryCompletion(text)
      _ = completion.question
      for expression in completion.expressions(of: ["abc", "b_a"]) {
        #expect(expression.utf8.count <= text.utf8.count + 30)
      }
    }
  }
}
