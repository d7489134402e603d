// SPDX-License-Identifier: MIT
import PromQL

/// Writes an expression over several lines where one would be too long.
///
/// Source: Prometheus, the layout of `format_query`.
enum ExpressionLayout {
  /// What fits within this stays on its line.
  private static let lineBytesMax = 100

  static func text(of expression: Expression, level: Int = 0) -> String {
    let indent = String(repeating: "  ", count: level)
    let line = expression.description
    guard line.utf8.count > lineBytesMax else { return indent + line }
    func inner(_ operand: Expression) -> String { text(of: operand, level: level + 1) }
    switch expression.form {
    case .number, .string, .selector, .range: return indent + line
    case .parentheses(let operand): return "\(indent)(\n\(inner(operand))\n\(indent))"
    case .unary(let sign, let operand):
      let rest = text(of: operand, level: level).drop { $0 == " " }
      return "\(indent)\(sign.rawValue)\(rest)"
    case .call(let call):
      let arguments = call.arguments.map(inner).joined(separator: ",\n")
      return "\(indent)\(call.function.rawValue)(\n\(arguments)\n\(indent))"
    case .subquery(let subquery):
      let suffix = line.dropFirst(subquery.expression.description.count)
      return text(of: subquery.expression, level: level) + suffix
    case .aggregation:
      let operands = expression.form.operands
      let list = operands.map(\.description).joined(separator: ", ")
      let head = line.dropLast(list.count + 2)
      let lines = operands.map(inner).joined(separator: ",\n")
      return "\(indent)\(head)(\n\(lines)\n\(indent))"
    case .binary(let binary):
      let (left, right) = (binary.left.description, binary.right.description)
      let middle = line.dropFirst(left.count + 1).dropLast(right.count + 1)
      return "\(inner(binary.left))\n\(indent)\(middle)\n\(inner(binary.right))"
    }
  }
}
