// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot

/// `/graph`: any expression over a span of time, drawn by the server; and what completes one.
struct GraphRoutes: Sendable {
  /// The longest expression that is taken, in bytes.
  static let queryBytesMax = 8 << 10
  /// Steps of a line at most.
  private static let stepsMax: Int64 = 240
  /// Series that are asked for: those that are drawn, and enough to say that there are more.
  private static let seriesMax = 200

  let ports: PagePorts

  init(ports: PagePorts) {
    self.ports = ports
  }

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/graph")) { request in await show(request) },
      HTTPRoute(.exact("/graph/completions")) { request in await complete(request) },
    ]
  }

  private func show(_ request: ServerRequest) async -> ServerResponse {
    let query = request.query["query"] ?? ""
    let span = GraphSpan(rawValue: request.query["span"] ?? "") ?? .hours6
    guard query.utf8.count <= Self.queryBytesMax else {
      let fault = "The expression is longer than \(Self.queryBytesMax) bytes."
      let page = GraphPage(query: "", span: span, outcome: .refused(fault))
      return PageRoutes.html(page.html, status: 400)
    }
    guard !query.isEmpty else {
      return PageRoutes.html(GraphPage(query: query, span: span, outcome: .nothingAsked).html)
    }
    let outcome = await answer(query, span, end: ports.now(), request)
    return PageRoutes.html(GraphPage(query: query, span: span, outcome: outcome).html)
  }

  private func answer(
    _ query: String,
    _ span: GraphSpan,
    end: Timestamp,
    _ request: ServerRequest
  ) async -> GraphPage.Outcome {
    let step = (span.seconds + Self.stepsMax - 1) / Self.stepsMax
    let steps = span.seconds / step
    // Times of a graph are whole steps: loading it again draws the same points further left.
    let last = end.unixMilliseconds / 1_000 / step * step
    let first = last - steps * step
    let answer = await ports.api(
      request.asking(
        "/api/v1/query_range",
        [
          ServerRequest.Parameter(name: "query", value: query),
          ServerRequest.Parameter(name: "start", value: String(first)),
          ServerRequest.Parameter(name: "end", value: String(last)),
          ServerRequest.Parameter(name: "step", value: String(step)),
          ServerRequest.Parameter(name: "limit", value: String(Self.seriesMax)),
          ServerRequest.Parameter(name: "timeout", value: "20s"),
        ]
      )
    )
    guard let tree = try? JSONReader.read(answer.body) else {
      // Such as a refusal in plain text.
      let line = String(decoding: answer.body.prefix(300), as: UTF8.self).prefix { $0 != "\n" }
      return .refused("The answer has status \(answer.status): \(line)")
    }
    if let reason = tree["error"]?.string { return .refused(reason) }
    let lines = (tree["data"]?["result"]?.items ?? []).map { series in
      ChartLine(series, first: first, step: step, count: Int(steps) + 1)
    }
    let words = ["warnings", "infos"].flatMap { tree[$0]?.items ?? [] }.compactMap(\.string)
    return .drawn(
      LineChart(lines: lines, first: first, step: step, count: Int(steps) + 1),
      remarks: words
    )
  }

  /// What may stand in place of the last word, as a list of whole expressions.
  private func complete(_ request: ServerRequest) async -> ServerResponse {
    let text = request.query["query"] ?? ""
    guard text.utf8.count <= Self.queryBytesMax else {
      return .text("the expression is longer than \(Self.queryBytesMax) bytes\n", status: 400)
    }
    let completion = QueryCompletion(text)
    var names: [String] = []
    if let question = completion.question {
      let answer = await ports.api(request.asking(question.path, question.query))
      let tree = try? JSONReader.read(answer.body)
      names = (tree?["data"]?.items ?? []).compactMap(\.string)
    }
    var json = JSONText()
    json.raw("[")
    for (index, expression) in completion.expressions(of: names).enumerated() {
      if index > 0 { json.raw(",") }
      json.string(expression)
    }
    json.raw("]")
    var response = ServerResponse.json(json.bytes)
    response.headers["Cache-Control"] = "no-store"
    return response
  }
}

/// How much time a graph shows.
enum GraphSpan: String, CaseIterable {
  case minutes15 = "15m"
  case hour = "1h"
  case hours6 = "6h"
  case day = "1d"
  case week = "7d"
  case month = "30d"

  var seconds: Int64 {
    switch self {
    case .minutes15: 900
    case .hour: 3_600
    case .hours6: 21_600
    case .day: 86_400
    case .week: 604_800
    case .month: 2_592_000
    }
  }
}
