// SPDX-License-Identifier: MIT

/// A sign before an expression.
package enum UnaryOperator: String, Sendable {
  case plus = "+"
  case minus = "-"
}

/// An operator between two expressions.
package enum BinaryOperator: String, CaseIterable, Sendable {
  case or
  case and
  case unless
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case modulo = "%"
  case atan2
  case power = "^"

  /// How tightly it binds; more is tighter.
  package var precedence: Int {
    switch self {
    case .or: 1
    case .and, .unless: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
    case .add, .subtract: 4
    case .multiply, .divide, .modulo, .atan2: 5
    case .power: 6
    }
  }

  /// `a ^ b ^ c` is `a ^ (b ^ c)`.
  package var isRightAssociative: Bool { self == .power }

  /// It combines sets of series and looks at no value.
  package var isSetOperator: Bool { precedence <= 2 }

  /// It compares values.
  package var isComparison: Bool { precedence == 3 }
}

/// Which samples of two vectors belong together.
package struct VectorMatching: Equatable, Sendable {
  /// How many partners a sample may have.
  package enum Cardinality: Equatable, Sendable {
    case oneToOne
    /// `group_left`: many samples on the left share a partner; these labels come from it.
    case manyToOne(including: [String])
    /// `group_right`: the mirror image.
    case oneToMany(including: [String])
  }

  /// True for `on`, false for `ignoring`.
  package let isOn: Bool
  /// The labels compared, or left out of the comparison.
  package let labels: [String]
  /// How many partners a sample may have.
  package let cardinality: Cardinality
  /// The value that stands in for a missing sample on the left; nil for none.
  package let leftFill: NumberLiteral?
  /// The value that stands in for a missing sample on the right; nil for none.
  package let rightFill: NumberLiteral?

  /// Makes a matching; no arguments mean all labels, one to one.
  package init(
    isOn: Bool = false,
    labels: [String] = [],
    cardinality: Cardinality = .oneToOne,
    leftFill: NumberLiteral? = nil,
    rightFill: NumberLiteral? = nil
  ) {
    self.isOn = isOn
    self.labels = labels
    self.cardinality = cardinality
    self.leftFill = leftFill
    self.rightFill = rightFill
  }

  /// The labels that come from the one side.
  package var includedLabels: [String] {
    switch cardinality {
    case .oneToOne: []
    case .manyToOne(let including), .oneToMany(let including): including
    }
  }
}

/// Two expressions and the operator between them.
package struct BinaryExpression: Equatable, Sendable {
  /// The operator.
  package let operation: BinaryOperator
  /// The left operand.
  package let left: Expression
  /// The right operand.
  package let right: Expression
  /// `bool` was written: a comparison answers 0 or 1 instead of filtering.
  package let returnsBool: Bool
  /// Nil when neither `on` nor `ignoring` nor `fill` was written.
  package let matching: VectorMatching?

  /// Makes a binary expression.
  package init(
    _ operation: BinaryOperator,
    _ left: Expression,
    _ right: Expression,
    returnsBool: Bool = false,
    matching: VectorMatching? = nil
  ) {
    self.operation = operation
    self.left = left
    self.right = right
    self.returnsBool = returnsBool
    self.matching = matching
  }
}

/// An operator that makes one sample of many.
package enum Aggregator: String, CaseIterable, Sendable {
  case sum
  case avg
  case count
  case min
  case max
  case group
  case stddev
  case stdvar
  case topk
  case bottomk
  case countValues = "count_values"
  case quantile
  case limitk
  case limitRatio = "limit_ratio"

  /// The type of its parameter, or nil when it takes none.
  package var parameterType: ValueType? {
    switch self {
    case .topk, .bottomk, .quantile, .limitk, .limitRatio: .scalar
    case .countValues: .string
    default: nil
    }
  }
}

/// An aggregator applied to a vector.
package struct Aggregation: Equatable, Sendable {
  /// Which samples are put together.
  package enum Grouping: Equatable, Sendable {
    /// One group for each set of values of these labels; no labels mean one group.
    case by([String])
    /// One group for each set of values of all other labels.
    case without([String])
  }

  /// The aggregator.
  package let aggregator: Aggregator
  /// `k`, the quantile, or the label's name.
  package let parameter: Expression?
  /// The vector.
  package let operand: Expression
  /// Which samples are put together.
  package let grouping: Grouping

  /// Makes an aggregation.
  package init(
    _ aggregator: Aggregator,
    parameter: Expression? = nil,
    of operand: Expression,
    grouping: Grouping = .by([])
  ) {
    self.aggregator = aggregator
    self.parameter = parameter
    self.operand = operand
    self.grouping = grouping
  }
}
