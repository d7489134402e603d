// SPDX-License-Identifier: MIT
package import MetricModel

/// Where in a query something stands; both count from 1, columns in bytes.
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
  /// The line.
  package let line: Int
  /// The column, in bytes of UTF-8.
  package let column: Int

  /// Names a place.
  package init(line: Int = 1, column: Int = 1) {
    self.line = line
    self.column = column
  }

  /// Line and column as in `1:5`.
  package var description: String { "\(line):\(column)" }
}

/// The types of PromQL values.
package enum ValueType: String, Sendable {
  case scalar
  case string
  case instantVector = "instant vector"
  case rangeVector = "range vector"
}

/// A PromQL expression: one node of a syntax tree with its operands.
///
/// Two expressions are equal when they mean the same by their structure; where they stood in the
/// text makes no difference.
package struct Expression: Equatable, Sendable {
  /// What the node is.
  package let form: Form
  /// Where its text begins.
  package let position: SourcePosition
  /// The number of nodes on the longest way down, this one counted.
  package let depth: Int

  /// The kinds of nodes.
  package indirect enum Form: Equatable, Sendable {
    case number(NumberLiteral)
    case string(String)
    case selector(VectorSelector)
    case range(RangeSelector)
    case subquery(Subquery)
    case unary(UnaryOperator, Expression)
    case parentheses(Expression)
    case binary(BinaryExpression)
    case aggregation(Aggregation)
    case call(FunctionCall)
  }

  /// Makes a node.
  package init(_ form: Form, at position: SourcePosition = SourcePosition()) {
    self.form = form
    self.position = position
    depth = 1 + (form.operands.map(\.depth).max() ?? 0)
  }

  package static func == (left: Expression, right: Expression) -> Bool {
    left.form == right.form
  }

  /// The expression within any parentheses around it.
  package var unwrapped: Expression {
    var inner = self
    while case .parentheses(let next) = inner.form { inner = next }
    return inner
  }

  /// The type of its value.
  package var type: ValueType {
    switch form {
    case .number: .scalar
    case .string: .string
    case .selector, .aggregation: .instantVector
    case .range, .subquery: .rangeVector
    case .unary(_, let operand), .parentheses(let operand): operand.type
    case .binary(let binary):
      binary.left.type == .scalar && binary.right.type == .scalar ? .scalar : .instantVector
    case .call(let call): call.function.signature.result
    }
  }
}

extension Expression.Form {
  /// The operands in the order of the text; an aggregation's parameter comes first.
  package var operands: [Expression] {
    switch self {
    case .number, .string, .selector, .range: []
    case .subquery(let subquery): [subquery.expression]
    case .unary(_, let operand), .parentheses(let operand): [operand]
    case .binary(let binary): [binary.left, binary.right]
    case .aggregation(let aggregation):
      aggregation.parameter.map { [$0, aggregation.operand] } ?? [aggregation.operand]
    case .call(let call): call.arguments
    }
  }
}

/// A number; a duration literal is one too, in seconds.
package struct NumberLiteral: Equatable, Sendable {
  /// Its value.
  package let value: Double

  /// Wraps a value.
  package init(_ value: Double) {
    self.value = value
  }

  /// All NaN are one literal; 0 and -0 are two.
  package static func == (left: NumberLiteral, right: NumberLiteral) -> Bool {
    (left.value.isNaN && right.value.isNaN) || left.value.bitPattern == right.value.bitPattern
  }
}

/// The instant an `@` fixes.
package enum TimeAnchor: Equatable, Sendable {
  case at(Timestamp)
  /// The first evaluation time of the whole query.
  case start
  /// The last evaluation time of the whole query.
  case end
}

/// How the times a selector or subquery looks at differ from the evaluation time.
package struct TimeShift: Equatable, Sendable {
  /// How far back it looks; negative looks ahead.
  package var offset: Span
  /// Stands in for the evaluation time; nil leaves it.
  package var anchor: TimeAnchor?

  /// Makes a shift; no arguments mean none.
  package init(offset: Span = .fixed(.zero), anchor: TimeAnchor? = nil) {
    self.offset = offset
    self.anchor = anchor
  }
}

/// What counts of the samples around a window.
package enum WindowEdges: String, Equatable, Sendable {
  /// Nothing.
  case plain = ""
  /// The last sample before the window.
  case anchored
  /// The values on the line between the samples around each end.
  case smoothed
}

/// Selects the newest sample of each series that satisfies the matchers.
package struct VectorSelector: Equatable, Sendable {
  /// In the order written, but a matcher `__name__="..."` comes first.
  package let matchers: [LabelMatcher]
  /// What `offset` and `@` say.
  package var shift: TimeShift
  /// What `anchored` or `smoothed` says.
  package var edges = WindowEdges.plain

  /// Makes a selector; a matcher that fixes the metric name moves to the front.
  package init(_ matchers: [LabelMatcher], shift: TimeShift = TimeShift()) {
    var ordered = matchers
    if let index = matchers.firstIndex(where: \.fixesMetricName) {
      ordered.insert(ordered.remove(at: index), at: 0)
    }
    self.matchers = ordered
    self.shift = shift
  }

  /// The metric name it asks for, or nil when it asks for more than one.
  package var metricName: String? {
    matchers.first.flatMap { $0.fixesMetricName ? $0.value : nil }
  }
}

extension LabelMatcher {
  /// The matcher is `__name__="..."`.
  var fixesMetricName: Bool {
    name == LabelSet.metricNameLabel && operation == .equal
  }
}

/// Selects the samples of the last stretch of each series: `selector[5m]`.
package struct RangeSelector: Equatable, Sendable {
  /// Which series, and any shift of the window.
  package var selector: VectorSelector
  /// The window's length, greater than zero.
  package let range: Span

  /// Makes a range selector.
  package init(_ selector: VectorSelector, range: Span) {
    self.selector = selector
    self.range = range
  }
}

/// Evaluates an expression again and again over the last stretch: `expression[1h:5m]`.
package struct Subquery: Equatable, Sendable {
  /// What is evaluated.
  package let expression: Expression
  /// The window's length, greater than zero.
  package let range: Span
  /// The distance of the evaluation times, greater than zero; nil takes the engine's default.
  package let step: Span?
  /// What `offset` and `@` say.
  package var shift: TimeShift

  /// Makes a subquery.
  package init(
    _ expression: Expression,
    range: Span,
    step: Span?,
    shift: TimeShift = TimeShift()
  ) {
    self.expression = expression
    self.range = range
    self.step = step
    self.shift = shift
  }
}

/// A function applied to arguments.
package struct FunctionCall: Equatable, Sendable {
  /// The function.
  package let function: Function
  /// In the order written.
  package let arguments: [Expression]

  /// Makes a call.
  package init(_ function: Function, _ arguments: [Expression]) {
    self.function = function
    self.arguments = arguments
  }
}
