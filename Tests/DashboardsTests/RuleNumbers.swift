// SPDX-License-Identifier: MIT
import Glibc
import PromQL

/// The numbers that a rule's expression compares with.
struct RuleNumbers {
  struct Comparison: Equatable {
    /// Which the value is compared by, the number on its right.
    let operation: BinaryOperator
    let number: Double
  }

  private(set) var comparisons: [Comparison] = []

  init(in expression: Expression) {
    visit(expression)
  }

  func contains(_ operation: BinaryOperator, _ number: Double) -> Bool {
    comparisons.contains { $0.operation == operation && abs($0.number - number) <= 1e-9 * number }
  }

  private mutating func visit(_ expression: Expression) {
    if case .binary(let binary) = expression.form, binary.operation.isComparison {
      if let number = Self.number(binary.right) {
        if case .unary(.minus, _) = binary.left.unwrapped.form {
          comparisons.append(Comparison(operation: binary.operation.mirrored, number: -number))
        } else {
          comparisons.append(Comparison(operation: binary.operation, number: number))
        }
      }
    }
    expression.form.operands.forEach { visit($0) }
  }

  /// A constant, or what series are multiplied with before they are compared with.
  private static func number(_ expression: Expression) -> Double? {
    let inner = expression.unwrapped
    if let constant = constant(inner) { return constant }
    guard case .binary(let binary) = inner.form, binary.operation == .multiply else { return nil }
    return constant(binary.left)
  }

  private static func constant(_ expression: Expression) -> Double? {
    switch expression.unwrapped.form {
    case .number(let literal): return literal.value
    case .unary(let sign, let operand):
      return constant(operand).map { sign == .minus ? -$0 : $0 }
    case .binary(let binary):
      guard let left = constant(binary.left), let right = constant(binary.right) else { return nil }
      switch binary.operation {
      case .add: return left + right
      case .subtract: return left - right
      case .multiply: return left * right
      case .divide: return left / right
      case .power: return pow(left, right)
      default: return nil
      }
    default: return nil
    }
  }
}

extension BinaryOperator {
  /// With the sides exchanged.
  fileprivate var mirrored: BinaryOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }
}
