// SPDX-License-Identifier: MIT
import MetricModel
import PromQL

/// Writes an expression's syntax tree as JSON.
///
/// Source: Prometheus, `parse_query`.
enum SyntaxTreeText {
  static func write(_ expression: Expression, to json: inout JSONText) {
    json.raw("{")
    switch expression.form {
    case .number(let literal):
      begin("numberLiteral", &json, ("val", literal.value.plainDecimalText))
    case .string(let text): begin("stringLiteral", &json, ("val", text))
    case .parentheses(let operand):
      begin("parenExpr", &json)
      member("expr", operand, &json)
    case .unary(let sign, let operand):
      begin("unaryExpr", &json, ("op", sign.rawValue))
      member("expr", operand, &json)
    case .selector(let selector):
      begin("vectorSelector", &json)
      write(selector, to: &json)
    case .range(let range):
      begin("matrixSelector", &json)
      span("range", range.range, &json)
      write(range.selector, to: &json)
    case .subquery(let subquery):
      begin("subquery", &json)
      member("expr", subquery.expression, &json)
      span("range", subquery.range, &json)
      span("step", subquery.step ?? .fixed(.zero), &json)
      write(subquery.shift, to: &json)
    case .call(let call): write(call, to: &json)
    case .aggregation(let aggregation): write(aggregation, to: &json)
    case .binary(let binary): write(binary, to: &json)
    }
    json.raw("}")
  }

  private static func begin(_ type: String, _ json: inout JSONText, _ texts: (String, String)...) {
    json.member("type", type, isFirst: true)
    for (name, text) in texts { json.member(name, text) }
  }

  private static func member(_ name: String, _ operand: Expression?, _ json: inout JSONText) {
    json.key(name)
    if let operand { write(operand, to: &json) } else { json.raw("null") }
  }

  /// In milliseconds; null for one that depends on the query it stands in.
  private static func span(_ name: String, _ span: Span, _ json: inout JSONText) {
    json.key(name)
    json.raw(span.fixedDuration.map { String($0.wholeMilliseconds) } ?? "null")
  }

  private static func flag(_ name: String, _ value: Bool, _ json: inout JSONText) {
    json.key(name)
    json.raw(value ? "true" : "false")
  }

  private static func names(_ name: String, _ names: [String], _ json: inout JSONText) {
    json.key(name)
    json.list(names) { json, name in json.string(name) }
  }

  private static func write(_ selector: VectorSelector, to json: inout JSONText) {
    json.member("name", selector.metricName ?? "")
    json.key("matchers")
    json.list(selector.matchers) { json, matcher in
      json.raw("{")
      json.member("name", matcher.name, isFirst: true)
      json.member("value", matcher.value)
      json.member("type", matcher.operation.rawValue)
      json.raw("}")
    }
    write(selector.shift, to: &json)
  }

  private static func write(_ shift: TimeShift, to json: inout JSONText) {
    span("offset", shift.offset, &json)
    let (time, edge): (String, String) =
      switch shift.anchor {
      case .at(let instant): (String(instant.unixMilliseconds), "null")
      case .start: ("null", "\"start\"")
      case .end: ("null", "\"end\"")
      case nil: ("null", "null")
      }
    json.raw(",\"timestamp\":\(time),\"startOrEnd\":\(edge)")
  }

  private static func write(_ call: FunctionCall, to json: inout JSONText) {
    let signature = call.function.signature
    begin("call", &json)
    json.raw(",\"func\":{")
    json.member("name", call.function.rawValue, isFirst: true)
    names("argTypes", signature.arguments.map(\.shortName), &json)
    let optional = signature.maximumCount.map { $0 - signature.minimumCount } ?? -1
    json.member("variadic", number: Double(optional))
    json.member("returnType", signature.result.shortName)
    json.raw("}")
    json.key("args")
    json.list(call.arguments) { json, argument in write(argument, to: &json) }
  }

  private static func write(_ aggregation: Aggregation, to json: inout JSONText) {
    let (labels, isWithout): ([String], Bool) =
      switch aggregation.grouping {
      case .by(let labels): (labels, false)
      case .without(let labels): (labels, true)
      }
    begin("aggregation", &json, ("op", aggregation.aggregator.rawValue))
    member("expr", aggregation.operand, &json)
    member("param", aggregation.parameter, &json)
    names("grouping", labels, &json)
    flag("without", isWithout, &json)
  }

  private static func write(_ binary: BinaryExpression, to json: inout JSONText) {
    begin("binaryExpr", &json, ("op", binary.operation.rawValue))
    member("lhs", binary.left, &json)
    member("rhs", binary.right, &json)
    json.key("matching")
    if binary.left.type == .instantVector, binary.right.type == .instantVector {
      let matching = binary.matching ?? VectorMatching()
      json.raw("{")
      json.member("card", matching.cardinalityName(of: binary.operation), isFirst: true)
      names("labels", matching.labels, &json)
      flag("on", matching.isOn, &json)
      names("include", matching.includedLabels, &json)
      json.raw("}")
    } else {
      json.raw("null")
    }
    flag("bool", binary.returnsBool, &json)
  }
}

extension VectorMatching {
  fileprivate func cardinalityName(of operation: BinaryOperator) -> String {
    if operation.isSetOperator { return "many-to-many" }
    return switch cardinality {
    case .oneToOne: "one-to-one"
    case .manyToOne: "many-to-one"
    case .oneToMany: "one-to-many"
    }
  }
}

extension ValueType {
  fileprivate var shortName: String {
    switch self {
    case .scalar: "scalar"
    case .string: "string"
    case .instantVector: "vector"
    case .rangeVector: "matrix"
    }
  }
}
