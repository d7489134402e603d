// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL

/// `/api/v1/format_query`, `parse_query` and `query_exemplars`: expressions that are not evaluated.
struct ExpressionEndpoint: Sendable {
  let threads: QueryThreads

  var routes: [HTTPRoute] {
    [
      route("format_query", Self.formatted), route("parse_query", Self.parsed),
      route("query_exemplars", Self.exemplars),
    ]
  }

  private func route(
    _ name: String,
    _ answer: @escaping @Sendable (APIParameter.Form) throws(APIFailure) -> ServerResponse
  ) -> HTTPRoute {
    HTTPRoute(["GET", "POST"], .exact("/api/v1/\(name)")) { request in
      await threads.answer { _ throws(APIFailure) in try answer(request.form) }
    }
  }

  static func formatted(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let expression = try expression(form)
    return try APIEnvelope.success { json in json.string(ExpressionLayout.text(of: expression)) }
  }

  static func parsed(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let expression = try expression(form)
    return try APIEnvelope.success { json in SyntaxTreeText.write(expression, to: &json) }
  }

  /// Exemplars are not kept, so there are none of any query.
  static func exemplars(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    guard try APIParameter.range(form) != nil else {
      throw .invalid("end", "end timestamp must not be before start timestamp")
    }
    _ = try expression(form)
    return try APIEnvelope.success { json in json.raw("[]") }
  }

  private static func expression(_ form: APIParameter.Form) throws(APIFailure) -> Expression {
    do throws(PromQLParseError) {
      return try PromQLParser.parse(form["query"] ?? "")
    } catch {
      throw .invalid("query", error.description)
    }
  }
}
