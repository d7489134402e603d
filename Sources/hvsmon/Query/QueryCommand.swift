// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import MetricModel
import Net
import Polling

/// `hvsmon query`.
enum QueryCommand: Command {
  static let name = "query"
  static let summary = "evaluate a PromQL expression"
  static let help = """
    hvsmon query EXPRESSION [--url URL] [--time TIME] [--token-file FILE] [--json]
    hvsmon query EXPRESSION --start TIME [--end TIME] [--step SPAN] [...]

    Asks the running daemon and prints one line per series; with --start it draws each series from
    there to --end, now unless given. TIME is in Unix seconds, RFC 3339, or a span before now such
    as -1h. URL is \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, 1 the expression was refused, 2 the daemon cannot be reached.

    Example: hvsmon query 'sum by (tier) (up)'
    Example: hvsmon query 'nginx_connections_active' --start -1h
    """

  /// Unless a step is given, a span has so many of them.
  private static let steps: Int64 = 240

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let daemon = try DaemonConnection(&arguments)
    let isJSON = arguments.flag("--json")
    let span = try QuerySpan(taking: &arguments, now: SystemClock().now)
    let time = try arguments.value("--time")
    if span != nil, time != nil {
      throw UsageError(description: "--time and --start exclude each other")
    }
    let words = try arguments.rest(atMost: 1)
    guard let expression = words.first else {
      throw UsageError(description: "an expression is missing")
    }
    var form = "query=\(URLText.encoded(expression))"
    if let time { form += "&time=\(URLText.encoded(time))" }
    if let span { form += "&" + span.form }
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await daemon.ask(
        "/api/v1/query\(span == nil ? "" : "_range")",
        method: "POST",
        form: form,
        timeout: .seconds(130)
      )
    } catch {
      Terminal.complain("\(error). Is the daemon running? --url names another address.")
      return 2
    }
    if let refusal = daemon.loginRefusal(in: response) {
      Terminal.complain(refusal)
      return 2
    }
    if isJSON {
      Terminal.print(response.text)
      return response.status == 200 ? 0 : 1
    }
    return report(response, span)
  }

  private static func report(_ response: HTTPResponse, _ span: QuerySpan?) -> Int32 {
    let reply: QueryReply
    do {
      reply = try JSONDecoder().decode(QueryReply.self, from: Data(response.body))
    } catch {
      Terminal.complain("the answer (HTTP status \(response.status)) is not that of a query API")
      return 2
    }
    for warning in (reply.warnings ?? []) + (reply.infos ?? []) { Terminal.complain(warning) }
    guard let data = reply.data else {
      Terminal.complain(reply.error ?? "the query failed")
      return 1
    }
    guard let span, case .matrix(let series) = data.result else {
      for line in data.lines { Terminal.print(line) }
      return 0
    }
    let plot = SeriesPlot(
      from: span.start.unixSeconds,
      through: span.end.unixSeconds,
      step: span.stepSeconds
    )
    for line in plot.lines(of: series) { Terminal.print(line) }
    return 0
  }

  /// From when to when, and how densely.
  struct QuerySpan {
    let start: Timestamp
    let end: Timestamp
    let step: Duration

    /// Nil when no start is given.
    init?(taking arguments: inout Arguments, now: Timestamp) throws(UsageError) {
      let start = try arguments.value("--start")
      let end = try arguments.value("--end")
      let step = try arguments.span("--step")
      guard let start else {
        guard end == nil, step == nil else {
          throw UsageError(description: "--end and --step want --start")
        }
        return nil
      }
      self.start = try Self.time(start, "--start", now)
      self.end = try end.map { text throws(UsageError) in try Self.time(text, "--end", now) } ?? now
      guard self.start < self.end else {
        throw UsageError(description: "--start has to lie before --end")
      }
      let seconds = (self.end - self.start).components.seconds / QueryCommand.steps
      self.step = step ?? .seconds(max(1, seconds))
      guard self.step >= .milliseconds(1) else {
        throw UsageError(description: "--step is at least 1ms")
      }
    }

    var stepSeconds: Double { step / .seconds(1) }

    var form: String {
      "start=\(start.secondsText)&end=\(end.secondsText)&step=\(stepSeconds)"
    }

    private static func time(
      _ text: String,
      _ name: String,
      _ now: Timestamp
    ) throws(UsageError) -> Timestamp {
      if text.hasPrefix("-"), let span = QuantityText.span(String(text.dropFirst())) {
        return now - span
      }
      if let seconds = Double(text), abs(seconds) < 1e11 { return Timestamp(unixSeconds: seconds) }
      if let time = Timestamp(rfc3339: text) { return time }
      throw UsageError(
        description:
          "\(name) is Unix seconds, RFC 3339 or a span before now such as -1h, not \(text)"
      )
    }
  }
}
