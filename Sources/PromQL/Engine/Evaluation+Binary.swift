// SPDX-License-Identifier: MIT
import Glibc
import MetricModel

extension BinaryOperator {
  /// The number of two numbers; a comparison answers 1 or 0.
  func apply(_ left: Double, _ right: Double) -> Double {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .modulo: fmod(left, right)
    case .power: pow(left, right)
    case .atan2: Glibc.atan2(left, right)
    case .equal: left == right ? 1 : 0
    case .notEqual: left != right ? 1 : 0
    case .less: left < right ? 1 : 0
    case .lessOrEqual: left <= right ? 1 : 0
    case .greater: left > right ? 1 : 0
    case .greaterOrEqual: left >= right ? 1 : 0
    case .and, .or, .unless: .nan
    }
  }
}

extension Evaluation {
  func binary(
    _ binary: BinaryExpression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> Evaluated {
    let operation = binary.operation
    let left = try evaluate(binary.left, on: grid)
    let right = try evaluate(binary.right, on: grid)
    switch (left, right) {
    case (.scalar(let left), .scalar(let right)):
      return .scalar(zip(left, right).map { operation.apply($0, $1) })
    case (.vector(let columns), .scalar(let scalars)):
      return .vector(try combine(columns, scalars, binary, isScalarLeft: false))
    case (.scalar(let scalars), .vector(let columns)):
      return .vector(try combine(columns, scalars, binary, isScalarLeft: true))
    case (.vector(let left), .vector(let right)):
      try charge((left.count + right.count) * grid.count)
      if operation.isSetOperator {
        return .vector(combineSets(left, right, binary, count: grid.count))
      }
      var join = VectorJoin(left, right, binary, count: grid.count)
      let columns = try join.joined(work: work)
      return .vector(engine.dropsNamesLate ? columns : try finished(columns))
    default:
      throw .refused(
        message: "binary expression must contain only scalar and instant vector types"
      )
    }
  }

  private func combine(
    _ columns: [Column],
    _ scalars: [Double],
    _ binary: BinaryExpression,
    isScalarLeft: Bool
  ) throws(QueryError) -> [Column] {
    let operation = binary.operation
    let filters = operation.isComparison && !binary.returnsBool
    var output = columns
    for column in output.indices {
      for index in scalars.indices {
        let value = output[column].values[index]
        guard !value.isStalenessMarker else { continue }
        let scalar = scalars[index]
        let result =
          isScalarLeft ? operation.apply(scalar, value) : operation.apply(value, scalar)
        if !filters {
          output[column].values[index] = result
        } else if result == 0 {
          output[column].values[index] = Column.absent
        }
      }
    }
    try charge(columns.count * scalars.count)
    return filters ? output.filter { !$0.isEmpty } : try droppingNames(output)
  }

  private func combineSets(
    _ left: [Column],
    _ right: [Column],
    _ binary: BinaryExpression,
    count: Int
  ) -> [Column] {
    var keys = LabelGroups(binary.matching ?? VectorMatching())
    let leftKeys = left.map { keys.number(of: $0.labels) }
    let rightKeys = right.map { keys.number(of: $0.labels) }
    let isOr = binary.operation == .or
    // For each key and time: whether the side that decides has a sample there.
    var isThere = Array(repeating: false, count: keys.count * count)
    for (column, key) in zip(isOr ? left : right, isOr ? leftKeys : rightKeys) {
      for index in 0..<count where !column.values[index].isStalenessMarker {
        isThere[key * count + index] = true
      }
    }
    func masked(_ column: Column, _ key: Int, keepsThere: Bool) -> Column {
      var column = column
      for index in 0..<count where isThere[key * count + index] != keepsThere {
        column.values[index] = Column.absent
      }
      return column
    }
    let columns: [Column]
    switch binary.operation {
    case .or: columns = left + zip(right, rightKeys).map { masked($0, $1, keepsThere: false) }
    case .and: columns = zip(left, leftKeys).map { masked($0, $1, keepsThere: true) }
    default: columns = zip(left, leftKeys).map { masked($0, $1, keepsThere: false) }
    }
    return columns.filter { !$0.isEmpty }
  }
}
