// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL

/// `/api/v1/query`: one expression at one instant.
struct QueryEndpoint: Sendable {
  /// The longest a query may take, whatever the caller asks for.
  static let timeoutMax = Duration.seconds(120)
  /// How long a query may take when the caller says nothing.
  static let timeoutStandard = Duration.seconds(30)

  let ports: APIPorts

  func answer(_ request: ServerRequest) -> ServerResponse {
    do throws(APIFailure) {
      let form = request.form
      let text = form["query"] ?? ""
      let time = try form["time"].map { text throws(APIFailure) in
        try APIParameter.time(text, name: "time")
      }
      let timeout = try form["timeout"].map { text throws(APIFailure) in
        try APIParameter.span(text, name: "timeout")
      }
      let result = try evaluate(text, at: time ?? ports.clock.now, timeout: timeout)
      return .json(APIEnvelope.success(result, at: time ?? ports.clock.now))
    } catch {
      return .json(APIEnvelope.failure(error.type, error.message), status: error.status)
    }
  }

  private func evaluate(
    _ text: String,
    at time: Timestamp,
    timeout: Duration?
  ) throws(APIFailure) -> QueryResult {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try PromQLParser.parse(text)
    } catch {
      throw APIFailure(type: "bad_data", message: "invalid parameter \"query\": \(error)")
    }
    let span = min(timeout ?? Self.timeoutStandard, Self.timeoutMax)
    do throws(QueryError) {
      return try ports.engine.instant(
        expression,
        at: time,
        reading: ports.reading,
        deadline: ports.deadline(span)
      )
    } catch {
      throw APIFailure(type: error.errorType, message: error.description)
    }
  }
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
