// SPDX-License-Identifier: MIT
import MetricModel

/// The parts of an expression that stand in it more than once: each is evaluated once.
struct RepeatedParts {
  private struct Known {
    let part: Expression
    let grid: EvaluationGrid
    let value: Evaluated
  }

  /// Expressions with more parts than this are evaluated as they stand.
  private static let partsMax = 100

  private var parts: [Expression] = []
  private var known: [Known] = []

  init(of expression: Expression) {
    var seen: [Expression] = []
    Self.collect(expression, &seen)
    guard seen.count <= Self.partsMax else { return }
    for (place, part) in seen.enumerated()
    where Self.contains(part, in: seen[..<place]) && !Self.contains(part, in: parts[...]) {
      parts.append(part)
    }
  }

  /// Whether the expression stands elsewhere too.
  func contains(_ expression: Expression) -> Bool {
    !parts.isEmpty && expression.readsSamples && Self.contains(expression, in: parts[...])
  }

  func value(of expression: Expression, on grid: EvaluationGrid) -> Evaluated? {
    known.first { $0.grid == grid && Self.isSame($0.part, expression) }?.value
  }

  mutating func keep(_ value: Evaluated, of expression: Expression, on grid: EvaluationGrid) {
    known.append(Known(part: expression, grid: grid, value: value))
  }

  private static func contains(_ part: Expression, in parts: ArraySlice<Expression>) -> Bool {
    parts.contains { isSame($0, part) }
  }

  /// Two spellings of one character are equal texts to Swift, but select different series.
  private static func isSame(_ left: Expression, _ right: Expression) -> Bool {
    left == right && left.description.hasSameBytes(as: right.description)
  }

  private static func collect(_ expression: Expression, _ seen: inout [Expression]) {
    guard seen.count <= partsMax else { return }
    if expression.readsSamples { seen.append(expression) }
    for operand in expression.form.operands { collect(operand, &seen) }
  }
}

extension Expression {
  /// The node is worth keeping: it reads samples, or works on some.
  fileprivate var readsSamples: Bool {
    switch form {
    case .selector, .aggregation: true
    case .call(let call): !call.arguments.isEmpty
    default: false
    }
  }
}
