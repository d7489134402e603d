// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL

/// `/api/v1/query` and `/api/v1/query_range`: one expression at one instant, or at every step of a
/// span.
struct QueryEndpoint: Sendable {
  /// The longest a query may take, whatever the caller asks for.
  static let timeoutMax = Duration.seconds(120)
  /// How long a query may take when the caller says nothing.
  static let timeoutStandard = Duration.seconds(30)
  /// The most steps from the first to the last time of a span: one point less than its points.
  static let stepsMax: Int64 = 11_000

  /// The most samples in an answer: with a point in 16 bytes, the least for times of today, they fill it.
  static let resultSamplesMax = APIEnvelope.bytesMax / 16

  /// What a query may take to be answered where it came in: less than half a millisecond's worth.
  static let shortcutLimits = {
    var limits = QueryLimits(samples: 5_000, series: 1_000)
    limits.matches = 1_000
    return limits
  }()

  /// How long a large query waits until answers that are being read leave room for its own.
  private static let roomPatience = Duration.seconds(2)

  /// How long it may hold the thread that reads requests.
  private static let shortcutTimeout = Duration.milliseconds(5)

  let ports: StorePorts
  let threads: QueryThreads
  private let parsed = ParsedQueries()
  private let shortcut = Shortcut()
  private let largeQueries: LargeQueries

  /// Makes the endpoint.
  init(ports: StorePorts, threads: QueryThreads) {
    self.ports = ports
    self.threads = threads
    largeQueries = LargeQueries(
      hasRoom: { ports.unreadAnswers.hasRoom(bytes: APIEnvelope.bytesMax) },
      patience: { ports.deadline(Self.roomPatience) },
      giveBackMemory: ports.giveBackMemory
    )
  }

  var routes: [HTTPRoute] {
    [
      HTTPRoute(["GET", "POST"], .exact("/api/v1/query")) { request in
        await answer(request)
      }.with { quickAnswer($0.form, overRange: false) },
      HTTPRoute(["GET", "POST"], .exact("/api/v1/query_range")) { request in
        await answer(request, overRange: true)
      }.with { quickAnswer($0.form, overRange: true) },
    ]
  }

  /// The answer to a query that takes so little that a thread of its own would take longer; nil for
  /// another, and for one that fails.
  func quickAnswer(_ form: APIParameter.Form, overRange: Bool) -> ServerResponse? {
    shortcut.take(form["query"] ?? "", overRange: overRange) {
      // What fails here is asked again with all that a query may take, and succeeds or says why not.
      try? smallAnswer(form, overRange: overRange)
    }
  }

  /// The answer within the shortcut's limits; nil for a query that is not even tried.
  private func smallAnswer(
    _ form: APIParameter.Form,
    overRange: Bool
  ) throws -> ServerResponse? {
    let began = ports.clock.now
    let query = try Query(form, overRange: overRange, now: began)
    let expression = try parsed.expression(query.text)
    var engine = ports.engine
    guard expression.isQuicklyMatched, engine.limits.samples >= Self.shortcutLimits.samples
    else { return nil }
    engine.limits = Self.shortcutLimits
    engine.threads = 1
    // Arithmetic takes time without taking samples.
    let deadline = ports.deadline(Self.shortcutTimeout)
    let result = try evaluate(query, expression, engine, deadline)
    let took = max(.zero, ports.clock.now - began)
    return try answer(query, result, wait: .zero, took: took)
  }

  func answer(_ request: ServerRequest, overRange: Bool = false) async -> ServerResponse {
    let asked = ports.clock.now
    return await threads.answer { abandonment throws(APIFailure) in
      let wait = max(.zero, ports.clock.now - asked)
      return try answer(request.form, overRange: overRange, after: wait, abandonment)
    }
  }

  /// Evaluates on the caller's thread.
  func answer(
    _ form: APIParameter.Form,
    overRange: Bool,
    after wait: Duration = .zero,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> ServerResponse {
    let query = try Query(form, overRange: overRange, now: ports.clock.now)
    let began = ports.clock.now
    let permit = largeQueries.permit()
    defer { permit.giveBack() }
    let result = try evaluate(query, permit, abandonment)
    // The clock may be set back meanwhile.
    let took = max(.zero, ports.clock.now - began)
    return try answer(query, result, wait: wait, took: took)
  }

  private func answer(
    _ query: Query,
    _ result: QueryResult,
    wait: Duration,
    took: Duration
  ) throws(APIFailure) -> ServerResponse {
    let (value, isCut) = result.value.limited(to: query.limit)
    return try APIEnvelope.success(
      warnings: result.warnings + (isCut ? [APIEnvelope.truncated] : []),
      infos: result.infos
    ) { json throws(APIFailure) in
      json.raw("{\"resultType\":")
      try json.write(value, at: query.times.end)
      if query.wantsStatistics { json.statistics(wait: wait, evaluation: took) }
      json.raw("}")
    }
  }

  private func evaluate(
    _ query: Query,
    _ permit: LargeQueries.Permit,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> QueryResult {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try parsed.expression(query.text)
    } catch {
      throw .invalid("query", error.description)
    }
    let limit = ports.deadline(min(query.timeout ?? Self.timeoutStandard, Self.timeoutMax))
    let deadline = QueryDeadline(limit: limit.limit) {
      abandonment.hasBegun || limit.isPast() || permit.isRefused
    }
    var engine = ports.engine
    engine.pause = QueryPause(after: LargeQueries.samplesMin) {
      permit.take(unless: deadline.isPast)
    }
    do throws(QueryError) {
      return try evaluate(query, expression, engine, deadline)
    } catch .refused(let message) {
      throw .invalid("query", message)
    } catch {
      if permit.isRefused { throw APIFailure(.unavailable, ports.unreadAnswers.refusal) }
      throw APIFailure(APIFailure.Kind(rawValue: error.errorType) ?? .internal, error.description)
    }
  }

  private func evaluate(
    _ query: Query,
    _ expression: Expression,
    _ engine: QueryEngine,
    _ deadline: QueryDeadline
  ) throws(QueryError) -> QueryResult {
    var engine = engine
    engine.limits.steps = max(engine.limits.steps, Int(Self.stepsMax) + 1)
    engine.limits.resultSamples = Self.resultSamplesMax
    if let lookback = query.lookback { engine.lookback = lookback }
    switch query.times {
    case .instant(let time):
      return try engine.instant(expression, at: time, reading: ports.reading, deadline: deadline)
    case .range(let start, let end, let step):
      return try engine.range(
        expression,
        from: start,
        through: end,
        step: step,
        reading: ports.reading,
        deadline: deadline
      )
    }
  }
}

extension Expression {
  /// No selector has a pattern, which would be held against the labels of all series.
  fileprivate var isQuicklyMatched: Bool {
    selectorUses.allSatisfy { use in
      use.selector.matchers.allSatisfy { $0.operation == .equal }
    }
  }
}

/// What one request asks of the engine.
private struct Query {
  /// When an expression is evaluated.
  enum Times {
    case instant(Timestamp)
    case range(from: Timestamp, through: Timestamp, step: Duration)

    /// The one time of an answer that has no times of its own.
    var end: Timestamp {
      switch self {
      case .instant(let time): time
      case .range(_, let time, _): time
      }
    }
  }

  let text: String
  let times: Times
  let timeout: Duration?
  let lookback: Duration?
  let limit: Int?
  let wantsStatistics: Bool

  init(_ form: APIParameter.Form, overRange: Bool, now: Timestamp) throws(APIFailure) {
    text = form["query"] ?? ""
    limit = try APIParameter.limit(form)
    times = overRange ? try Self.range(form) : .instant(try APIParameter.time(form, "time") ?? now)
    timeout = try APIParameter.positiveSpan(form, "timeout")
    lookback = try APIParameter.positiveSpan(form, "lookback_delta")
    wantsStatistics = form["stats"].map { !$0.isEmpty } ?? false
  }

  private static func range(_ form: APIParameter.Form) throws(APIFailure) -> Times {
    let start = try APIParameter.requiredTime(form, "start")
    let end = try APIParameter.requiredTime(form, "end")
    guard start <= end else {
      throw .invalid("end", "end timestamp must not be before start time")
    }
    let step = try APIParameter.span(form["step"] ?? "", name: "step")
    guard step > .zero else {
      throw .invalid(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer"
      )
    }
    guard step >= .milliseconds(1) else { throw .invalid("step", "a step is at least 1 ms") }
    guard (end - start).wholeMilliseconds / step.wholeMilliseconds <= QueryEndpoint.stepsMax else {
      throw APIFailure(
        .badData,
        "exceeded maximum resolution of 11,000 points per timeseries. "
          + "Try decreasing the query resolution (?step=XX)"
      )
    }
    return .range(from: start, through: end, step: step)
  }
}

extension QueryValue {
  /// The value with at most so many series, and whether some were left out.
  fileprivate func limited(to limit: Int?) -> (QueryValue, isCut: Bool) {
    guard let limit else { return (self, false) }
    switch self {
    case .vector(let samples) where samples.count > limit:
      return (.vector(Array(samples.prefix(limit))), true)
    case .matrix(let series) where series.count > limit:
      return (.matrix(Array(series.prefix(limit))), true)
    default: return (self, false)
    }
  }
}

extension JSONText {
  /// Adds the type of a value and, as the member `result`, the value.
  fileprivate mutating func write(_ value: QueryValue, at time: Timestamp) throws(APIFailure) {
    switch value {
    case .scalar(let value):
      raw("\"scalar\",\"result\":[\(time.numberText),\"\(value.plainDecimalText)\"]")
    case .string(let text):
      raw("\"string\",\"result\":[\(time.numberText),")
      string(text)
      raw("]")
    case .vector(let samples):
      raw("\"vector\",\"result\":")
      try list(samples) { json, sample throws(APIFailure) in
        json.raw("{\"metric\":")
        json.object(sample.labels)
        json.raw(",\"value\":")
        json.point(Sample(sample.timestamp, sample.value))
        json.raw("}")
        try json.checkLength()
      }
    case .matrix(let series):
      raw("\"matrix\",\"result\":")
      write(try MatrixText(series))
    }
  }

  /// Adds what is known of the effort; samples are not counted.
  fileprivate mutating func statistics(wait: Duration, evaluation: Duration) {
    raw(",\"stats\":{\"timings\":{")
    member("evalTotalTime", number: evaluation.inSeconds, isFirst: true)
    member("resultSortTime", number: 0)
    member("queryPreparationTime", number: 0)
    member("innerEvalTime", number: evaluation.inSeconds)
    member("execQueueTime", number: wait.inSeconds)
    member("execTotalTime", number: (wait + evaluation).inSeconds)
    raw("}}")
  }
}

extension Timestamp {
  /// Seconds as an ordinary JSON number: no zeros at the end of a fraction.
  fileprivate var numberText: String {
    guard unixMilliseconds % 1_000 != 0 else { return secondsText }
    return String(secondsText.reversed().drop { $0 == "0" }.reversed())
  }
}
