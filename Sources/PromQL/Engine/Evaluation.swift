// SPDX-License-Identifier: MIT
import MetricModel

/// One query on its way: what it may still use, and what it has found out.
///
/// Every node of the tree is evaluated once, for all times of its grid at a time.
final class Evaluation {
  let engine: QueryEngine
  let reading: any SeriesReading
  let queryStart: Int64
  let queryEnd: Int64
  let queryStep: Int64
  let isRange: Bool
  var annotations = Annotations()
  let budget: QueryBudget
  private var meter: WorkMeter
  private var repeated: RepeatedParts

  init(
    _ engine: QueryEngine,
    _ expression: Expression,
    _ grid: EvaluationGrid,
    end: Int64? = nil,
    isRange: Bool = false,
    reading: any SeriesReading,
    deadline: QueryDeadline
  ) {
    self.engine = engine
    self.reading = reading
    self.isRange = isRange
    budget = QueryBudget(engine.limits.samples, engine.pause, deadline)
    meter = WorkMeter(budget)
    repeated = RepeatedParts(of: expression)
    queryStart = grid.start
    queryEnd = end ?? grid.end
    queryStep = isRange ? grid.step : 0
  }

  /// Counts samples read or made against the limit, and looks at the deadline now and then.
  func charge(_ samples: Int) throws(QueryError) { try meter.charge(samples) }

  /// Counts values looked at, so that the deadline is looked at now and then.
  func work(_ values: Int) throws(QueryError) { try meter.work(values) }

  // MARK: Nodes

  func evaluate(
    _ expression: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> Evaluated {
    try budget.checkDeadline()
    guard repeated.contains(expression) else { return try evaluated(expression, on: grid) }
    if let value = repeated.value(of: expression, on: grid) { return value }
    let annotationsBefore = annotations.count
    let value = try evaluated(expression, on: grid)
    // What is said of a part names its place, so each place must say it.
    if annotations.count == annotationsBefore {
      repeated.keep(value, of: expression, on: grid)
    }
    return value
  }

  private func evaluated(
    _ expression: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> Evaluated {
    switch expression.form {
    case .number(let literal):
      return .scalar(Array(repeating: literal.value, count: grid.count))
    case .string(let text): return .string(text)
    case .parentheses(let inner): return try evaluate(inner, on: grid)
    case .selector(let selector) where selector.edges == .smoothed:
      return .vector(try smoothedVector(selector, on: grid))
    case .selector(let selector):
      return .vector(
        try instantVector(selector, on: grid, gives: .value, at: expression.position)
      )
    case .unary(let sign, let operand): return try unary(sign, operand, on: grid)
    case .binary(let binary): return try self.binary(binary, on: grid)
    case .aggregation(let aggregation):
      return .vector(try aggregate(aggregation, on: grid))
    case .call(let call): return try self.call(call, at: expression.position, on: grid)
    case .range, .subquery:
      // The type checker lets these stand only where a function takes them.
      throw .refused(message: "a range vector cannot stand here")
    }
  }

  func vector(_ expression: Expression, on grid: EvaluationGrid) throws(QueryError) -> [Column] {
    guard case .vector(let columns) = try evaluate(expression, on: grid) else {
      throw .refused(message: "expected type instant vector, got \(expression.type.rawValue)")
    }
    return columns
  }

  func scalar(_ expression: Expression, on grid: EvaluationGrid) throws(QueryError) -> [Double] {
    guard case .scalar(let values) = try evaluate(expression, on: grid) else {
      throw .refused(message: "expected type scalar, got \(expression.type.rawValue)")
    }
    return values
  }

  func string(_ expression: Expression) throws(QueryError) -> String {
    guard case .string(let text) = expression.unwrapped.form else {
      throw .refused(message: "expected type string, got \(expression.type.rawValue)")
    }
    return text
  }

  private func unary(
    _ sign: UnaryOperator,
    _ operand: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> Evaluated {
    let value = try evaluate(operand, on: grid)
    guard sign == .minus else { return value }
    switch value {
    case .scalar(let values): return .scalar(values.map { -$0 })
    case .string: return value
    case .vector(var columns):
      for index in columns.indices { columns[index].transform { -$0 } }
      return .vector(try droppingNames(columns))
    }
  }

  // MARK: Names

  /// The columns with their metric names marked as dropped, or dropped at once.
  func droppingNames(_ columns: [Column]) throws(QueryError) -> [Column] {
    var columns = columns
    for index in columns.indices { columns[index].dropsName = true }
    return engine.dropsNamesLate ? columns : try finished(columns)
  }

  /// The columns as a result shows them: marked names gone, equal label sets put together.
  func finished(_ columns: [Column]) throws(QueryError) -> [Column] {
    try merged(withoutMarkedNames(columns))
  }

  /// The same in label-set order.
  private func finishedInOrder(_ columns: [Column]) throws(QueryError) -> [Column] {
    let columns = withoutMarkedNames(columns)
    // What is in order already has no two that are equal.
    return Self.areRising(columns)
      ? columns : try merged(columns.sorted { $0.labels < $1.labels })
  }

  private func withoutMarkedNames(_ columns: [Column]) -> [Column] {
    var columns = columns
    for index in columns.indices where columns[index].dropsName {
      columns[index].labels = columns[index].labels.withoutNameLabels
      columns[index].dropsName = false
    }
    return columns
  }

  /// Whether each column is behind the one before: most come so, and then no two are equal.
  private static func areRising(_ columns: [Column]) -> Bool {
    columns.indices.dropFirst().allSatisfy { columns[$0 - 1].labels < columns[$0].labels }
  }

  /// The columns with equal label sets put together, which must not have samples at the same time.
  func merged(_ columns: [Column]) throws(QueryError) -> [Column] {
    if Self.areRising(columns) { return columns }
    var places: [LabelSet: Int] = [:]
    var output: [Column] = []
    output.reserveCapacity(columns.count)
    for column in columns {
      guard let place = places[column.labels] else {
        places[column.labels] = output.count
        output.append(column)
        continue
      }
      for index in column.values.indices where !column.values[index].isStalenessMarker {
        guard output[place].values[index].isStalenessMarker else {
          throw .execution(message: "vector cannot contain metrics with the same labelset")
        }
        output[place].values[index] = column.values[index]
      }
      output[place].dropsName = output[place].dropsName || column.dropsName
    }
    return output
  }

  // MARK: Results

  /// The samples of an instant query's vector.
  func samples(
    of columns: [Column],
    for expression: Expression,
    at time: Timestamp
  ) throws(QueryError) -> [VectorSample] {
    let present = columns.filter { !$0.isEmpty }
    let columns =
      expression.ordersItsResult ? try finished(present) : try finishedInOrder(present)
    try checkSize(columns)
    return columns.map { VectorSample(labels: $0.labels, timestamp: time, value: $0.values[0]) }
  }

  /// The series of a range query's result.
  func series(
    of columns: consuming [Column],
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Series] {
    var columns = try finishedInOrder(columns.filter { !$0.isEmpty })
    try checkSize(columns)
    try checkSize(samples: columns.reduce(0) { $0 + $1.sampleCount })
    var series: [Series] = []
    series.reserveCapacity(columns.count)
    for place in columns.indices {
      // Let go of as it is copied: a large result is not in memory twice.
      let values = columns[place].values
      columns[place].values = []
      var samples: [Sample] = []
      samples.reserveCapacity(values.count)
      for (index, value) in values.enumerated() where !value.isStalenessMarker {
        samples.append(Sample(Timestamp(unixMilliseconds: grid.time(index)), value))
      }
      series.append(Series(labels: columns[place].labels, samples: samples))
    }
    return series
  }

  /// A result is refused before it is made: it takes several times what the columns do.
  func checkSize(samples: Int) throws(QueryError) {
    guard samples <= engine.limits.resultSamples else {
      throw .resultTooLarge(limit: engine.limits.resultSamples)
    }
  }

  func checkSize(_ columns: [Column]) throws(QueryError) {
    guard columns.count <= engine.limits.series else {
      throw .tooManySeries(limit: engine.limits.series)
    }
  }
}

extension Expression {
  /// The order of an instant query's samples says something.
  fileprivate var ordersItsResult: Bool {
    switch unwrapped.form {
    case .aggregation(let aggregation):
      aggregation.aggregator == .topk || aggregation.aggregator == .bottomk
    case .call(let call):
      switch call.function {
      case .sort, .sortDesc, .sortByLabel, .sortByLabelDesc: true
      default: false
      }
    default: false
    }
  }
}
