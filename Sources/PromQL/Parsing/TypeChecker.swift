// SPDX-License-Identifier: MIT
import MetricModel
import Patterns

/// Checks that the operands of every node have the types it takes.
enum TypeChecker {
  static func check(_ expression: Expression) throws(PromQLParseError) {
    var operands = expression.form.operands
    // The second argument of `info` is only a list of matchers, which may accept everything.
    if case .call(let call) = expression.form, call.function == .info {
      operands = Array(operands.prefix(1))
    }
    for operand in operands { try check(operand) }
    let place = expression.position
    switch expression.form {
    case .number, .string, .parentheses: break
    case .selector(let selector): try check(selector, at: place)
    case .range(let range): try check(range.selector, at: place)
    case .subquery(let subquery):
      let type = subquery.expression.type
      guard type == .instantVector else {
        throw PromQLParseError(
          "subquery is only allowed on instant vector, got \(type.rawValue) instead",
          at: place
        )
      }
    case .unary(_, let operand):
      guard operand.type == .scalar || operand.type == .instantVector else {
        throw PromQLParseError(
          "unary expression only allowed on expressions of type scalar or instant vector, "
            + "got \"\(operand.type.rawValue)\"",
          at: place
        )
      }
    case .binary(let binary): try check(binary, at: place)
    case .aggregation(let aggregation):
      try expect(.instantVector, aggregation.operand, in: "aggregation expression")
      if let type = aggregation.aggregator.parameterType, let parameter = aggregation.parameter {
        try expect(type, parameter, in: "aggregation parameter")
      }
    case .call(let call): try check(call, at: place)
    }
  }

  /// The functions that take windows with edges, as Prometheus lists them.
  private static let edgedFunctions: [WindowEdges: [Function]] = [
    .anchored: [.changes, .delta, .increase, .rate, .resets],
    .smoothed: [.delta, .increase, .rate],
  ]

  private static func checkEdges(
    of argument: Expression,
    in function: Function
  ) throws(PromQLParseError) {
    guard case .range(let range) = argument.unwrapped.form else { return }
    let edges = range.selector.edges
    guard let allowed = edgedFunctions[edges], !allowed.contains(function) else { return }
    let names = allowed.map(\.rawValue).joined(separator: ", ")
    throw PromQLParseError(
      "\(edges.rawValue) modifier can only be used with: \(names) - not with \(function.rawValue)",
      at: argument.position
    )
  }

  private static func expect(
    _ type: ValueType,
    _ expression: Expression,
    in context: String
  ) throws(PromQLParseError) {
    guard expression.type != type else { return }
    throw PromQLParseError(
      "expected type \(type.rawValue) in \(context), got \(expression.type.rawValue)",
      at: expression.position
    )
  }

  private static func check(
    _ selector: VectorSelector,
    at place: SourcePosition
  ) throws(PromQLParseError) {
    var acceptsAll = true
    for matcher in selector.matchers {
      do throws(PatternError) {
        if try !CompiledMatcher(matcher).matchesEmpty { acceptsAll = false }
      } catch {
        throw PromQLParseError(error.description, at: place)
      }
    }
    if acceptsAll {
      throw PromQLParseError(
        "vector selector must contain at least one non-empty matcher",
        at: place
      )
    }
  }

  private static func check(
    _ binary: BinaryExpression,
    at place: SourcePosition
  ) throws(PromQLParseError) {
    let operation = binary.operation
    func fault(_ message: String) -> PromQLParseError { PromQLParseError(message, at: place) }
    if binary.returnsBool && !operation.isComparison {
      throw fault("bool modifier can only be used on comparison operators")
    }
    let (left, right) = (binary.left.type, binary.right.type)
    if operation.isComparison && !binary.returnsBool && left == .scalar && right == .scalar {
      throw fault("comparisons between scalars must use BOOL modifier")
    }
    for type in [left, right] where type != .scalar && type != .instantVector {
      throw fault("binary expression must contain only scalar and instant vector types")
    }
    if operation.isSetOperator && (left == .scalar || right == .scalar) {
      throw fault("set operator \"\(operation.rawValue)\" not allowed in binary scalar expression")
    }
    guard let matching = binary.matching else { return }
    if left == .scalar || right == .scalar {
      throw fault("vector matching only allowed between instant vectors")
    }
    if operation.isSetOperator {
      if matching.cardinality != .oneToOne {
        throw fault("no grouping allowed for \"\(operation.rawValue)\" operation")
      }
      if matching.leftFill != nil || matching.rightFill != nil {
        throw fault("filling in missing series not allowed for set operators")
      }
    }
    if matching.isOn, let twice = matching.labels.first(where: matching.includedLabels.contains) {
      throw fault("label \"\(twice)\" must not occur in ON and GROUP clause at once")
    }
  }

  private static func check(
    _ call: FunctionCall,
    at place: SourcePosition
  ) throws(PromQLParseError) {
    let signature = call.function.signature
    let name = call.function.rawValue
    let count = call.arguments.count
    func fault(_ amount: String) -> PromQLParseError {
      PromQLParseError(
        "expected \(amount) argument(s) in call to \"\(name)\", got \(count)",
        at: place
      )
    }
    if signature.minimumCount == signature.maximumCount, count != signature.minimumCount {
      throw fault("\(signature.minimumCount)")
    }
    if count < signature.minimumCount { throw fault("at least \(signature.minimumCount)") }
    if let maximum = signature.maximumCount, count > maximum { throw fault("at most \(maximum)") }
    for (index, argument) in call.arguments.enumerated() {
      try expect(signature.argumentType(at: index), argument, in: "call to function \"\(name)\"")
      try checkEdges(of: argument, in: call.function)
    }
    if call.function == .info, count == 2 {
      guard case .selector = call.arguments[1].unwrapped.form else {
        throw PromQLParseError("expected label selectors only", at: call.arguments[1].position)
      }
    }
  }
}
