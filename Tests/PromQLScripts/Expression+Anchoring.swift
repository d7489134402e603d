// SPDX-License-Identifier: MIT
import MetricModel
import PromQL

extension Expression {
  /// The expression with the time of each selector fixed that is not fixed or in a subquery.
  func anchored(at time: Timestamp) -> Expression {
    func fixed(_ shift: TimeShift) -> TimeShift {
      TimeShift(offset: shift.offset, anchor: shift.anchor ?? .at(time))
    }
    let form: Form
    switch self.form {
    case .number, .string: form = self.form
    case .selector(var selector):
      selector.shift = fixed(selector.shift)
      form = .selector(selector)
    case .range(var range):
      range.selector.shift = fixed(range.selector.shift)
      form = .range(range)
    case .subquery(var subquery):
      subquery.shift = fixed(subquery.shift)
      form = .subquery(subquery)
    case .unary(let sign, let operand): form = .unary(sign, operand.anchored(at: time))
    case .parentheses(let inner): form = .parentheses(inner.anchored(at: time))
    case .binary(let binary):
      form = .binary(
        BinaryExpression(
          binary.operation,
          binary.left.anchored(at: time),
          binary.right.anchored(at: time),
          returnsBool: binary.returnsBool,
          matching: binary.matching
        )
      )
    case .aggregation(let aggregation):
      form = .aggregation(
        Aggregation(
          aggregation.aggregator,
          parameter: aggregation.parameter?.anchored(at: time),
          of: aggregation.operand.anchored(at: time),
          grouping: aggregation.grouping
        )
      )
    case .call(let call):
      form = .call(FunctionCall(call.function, call.arguments.map { $0.anchored(at: time) }))
    }
    return Expression(form, at: position)
  }
}
