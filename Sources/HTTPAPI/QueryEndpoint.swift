// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import Synchronization

/// `/api/v1/query`: one expression at one instant.
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
  func answer(_ request: ServerRequest) async -> ServerResponse {
    guard await turns.enter() else {
      let limit = "more than \(Self.waitingMax) queries wait already"
      return .json(APIEnvelope.failure("unavailable", limit), status: 503)
    }
    defer { turns.leave() }
    let isAbandoned = Abandonment()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let work: @Sendable () -> Void = {
          continuation.resume(returning: self.evaluated(request, isAbandoned))
        }
        if !Thread.start(work) { work() }
      }
    } onCancel: {
      isAbandoned.begin()
    }
  }

  private func evaluated(_ request: ServerRequest, _ isAbandoned: Abandonment) -> ServerResponse {
    do throws(APIFailure) {
      let form = request.form
      let text = form["query"] ?? ""
      let time = try form["time"].map { text throws(APIFailure) in
        try APIParameter.time(text, name: "time")
      }
      let timeout = try form["timeout"].map { text throws(APIFailure) in
        try APIParameter.span(text, name: "timeout")
      }
      let instant = time ?? ports.clock.now
      let result = try evaluate(text, at: instant, timeout: timeout, isAbandoned)
      return .json(APIEnvelope.success(result, at: instant))
    } catch {
      return .json(APIEnvelope.failure(error.type, error.message), status: error.status)
    }
  }

  private func evaluate(
    _ text: String,
    at time: Timestamp,
    timeout: Duration?,
    _ isAbandoned: Abandonment
  ) throws(APIFailure) -> QueryResult {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try PromQLParser.parse(text)
    } catch {
      throw APIFailure(type: "bad_data", message: "invalid parameter \"query\": \(error)")
    }
    let deadline = ports.deadline(min(timeout ?? Self.timeoutStandard, Self.timeoutMax))
    do throws(QueryError) {
      return try ports.engine.instant(
        expression,
        at: time,
        reading: ports.reading,
        deadline: QueryDeadline(limit: deadline.limit) {
          isAbandoned.hasBegun || deadline.isPast()
        }
      )
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
