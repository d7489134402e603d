// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import Synchronization

/// `/api/v1/query` and `/api/v1/query_range`: one expression at one instant, or at every step of a
/// span.
struct QueryEndpoint: Sendable {
  /// The longest a query may take, whatever the caller asks for.
  static let timeoutMax = Duration.seconds(120)
  /// How long a query may take when the caller says nothing.
  static let timeoutStandard = Duration.seconds(30)

  /// Queries that run at once; as many again as ``waitingMax`` wait for their turn.
  static let runningMax = 4
  /// Queries that wait; more are refused.
  static let waitingMax = 64

  let ports: APIPorts
  private let turns = Turnstile(width: runningMax, waitingMax: waitingMax)

  init(ports: APIPorts) {
    self.ports = ports
  }

  /// Evaluates on a thread of its own: the pool that polls and alerts run on has one thread a core,
  /// and a heavy query would hold it for as long as it takes.
  func answer(_ request: ServerRequest, overRange: Bool = false) async -> ServerResponse {
    guard await turns.enter() else {
      let limit = "more than \(Self.waitingMax) queries wait already"
      return .json(APIEnvelope.failure("unavailable", limit), status: 503)
    }
    defer { turns.leave() }
    let isAbandoned = Abandonment()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let work: @Sendable () -> Void = {
          continuation.resume(returning: self.evaluated(request, overRange, isAbandoned))
        }
        if !Thread.start(work) { work() }
      }
    } onCancel: {
      isAbandoned.begin()
    }
  }

  /// When an expression is evaluated.
  private enum Times {
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

  private func evaluated(
    _ request: ServerRequest,
    _ isRange: Bool,
    _ isAbandoned: Abandonment
  ) -> ServerResponse {
    do throws(APIFailure) {
      let form = request.form
      let times = isRange ? try range(form) : .instant(try time(form, "time") ?? ports.clock.now)
      let timeout = try form["timeout"].map { text throws(APIFailure) in
        try APIParameter.span(text, name: "timeout")
      }
      let result = try evaluate(form["query"] ?? "", times, timeout: timeout, isAbandoned)
      return .json(APIEnvelope.success(result, at: times.end))
    } catch {
      return .json(APIEnvelope.failure(error.type, error.message), status: error.status)
    }
  }

  private func time(
    _ form: [ServerRequest.Parameter],
    _ name: String
  ) throws(APIFailure) -> Timestamp? {
    try form[name].map { text throws(APIFailure) in try APIParameter.time(text, name: name) }
  }

  /// Start, end and step are all required; the engine refuses what does not fit together.
  private func range(_ form: [ServerRequest.Parameter]) throws(APIFailure) -> Times {
    guard let start = try time(form, "start") else { throw .missing("start") }
    guard let end = try time(form, "end") else { throw .missing("end") }
    guard let stepText = form["step"] else { throw .missing("step") }
    let step = try APIParameter.span(stepText, name: "step")
    return .range(from: start, through: end, step: step)
  }

  private func evaluate(
    _ text: String,
    _ times: Times,
    timeout: Duration?,
    _ isAbandoned: Abandonment
  ) throws(APIFailure) -> QueryResult {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try PromQLParser.parse(text)
    } catch {
      throw APIFailure(type: "bad_data", message: "invalid parameter \"query\": \(error)")
    }
    let limit = ports.deadline(min(timeout ?? Self.timeoutStandard, Self.timeoutMax))
    let deadline = QueryDeadline(limit: limit.limit) { isAbandoned.hasBegun || limit.isPast() }
    let (engine, reading) = (ports.engine, ports.reading)
    do throws(QueryError) {
      switch times {
      case .instant(let time):
        return try engine.instant(expression, at: time, reading: reading, deadline: deadline)
      case .range(let start, let end, let step):
        return try engine.range(
          expression,
          from: start,
          through: end,
          step: step,
          reading: reading,
          deadline: deadline
        )
      }
    } catch {
      throw APIFailure(type: error.errorType, message: error.description)
    }
  }
}

/// Nobody waits for the answer any more.
private final class Abandonment: Sendable {
  private let state = Atomic(false)

  var hasBegun: Bool { state.load(ordering: .relaxed) }

  func begin() { state.store(true, ordering: .relaxed) }
}

/// A refusal in Prometheus' words.
struct APIFailure: Error, Equatable {
  let type: String
  let message: String

  static func missing(_ name: String) -> APIFailure {
    APIFailure(type: "bad_data", message: "the parameter \"\(name)\" is missing")
  }

  var status: Int {
    switch type {
    case "bad_data": 400
    case "execution": 422
    case "timeout": 503
    case "not_found": 404
    default: 500
    }
  }
}
