// SPDX-License-Identifier: MIT
package import MetricModel

/// What one query may use.
package struct QueryLimits: Equatable, Sendable {
  /// The most samples one query reads and holds, intermediate results counted.
  package var samples: Int
  /// The most evaluation times of a range query.
  package var steps: Int
  /// The most series in a result.
  package var series: Int
  /// The most samples in a result over time.
  package var resultSamples = Int.max
  /// The most series that match one selector, those without samples counted.
  package var matches = Int.max

  /// Makes limits.
  package init(samples: Int = 20_000_000, steps: Int = 11_000, series: Int = 50_000) {
    self.samples = samples
    self.steps = steps
    self.series = series
  }

  /// The limits that hold when nothing else is said.
  package static let `default` = QueryLimits()
}

/// When a query has to give up.
package struct QueryDeadline: Sendable {
  /// How an error names it, such as `30s`.
  package let limit: String
  /// Asked again and again during the query.
  package let isPast: @Sendable () -> Bool

  /// Makes a deadline; the domain reads no clock, so the caller says when it is past.
  package init(limit: String, isPast: @escaping @Sendable () -> Bool) {
    self.limit = limit
    self.isPast = isPast
  }

  /// No deadline.
  package static let none = QueryDeadline(limit: "none") { false }
}

/// What a query does once when it turns out to be large.
package struct QueryPause: Sendable {
  /// Samples after which a query counts as large.
  package let samples: Int
  /// Returns when the query may go on, or its deadline is past.
  package let wait: @Sendable () -> Void

  /// Describes a pause.
  package init(after samples: Int, _ wait: @escaping @Sendable () -> Void) {
    self.samples = samples
    self.wait = wait
  }
}

/// Evaluates expressions over stored samples; keeps nothing between two queries.
package struct QueryEngine: Sendable {
  /// What one query may use.
  package var limits: QueryLimits
  /// How old the newest sample of a series may be to count; 5 minutes in Prometheus.
  package var lookback: Duration
  /// The step of a subquery that names none; Prometheus takes its evaluation interval.
  package var subqueryStep: Duration
  /// Metric names that a function drops go at the end of the query, not at the function.
  ///
  /// This only turns some errors into results: series that differ in nothing but the name may meet
  /// on the way, as in `sum(rate({job="a"}[5m]))`.
  package var dropsNamesLate: Bool
  /// The most threads that work on one large query.
  package var threads: Int
  /// Where a large query waits for others; nil when it goes on at once.
  package var pause: QueryPause?

  /// Makes an engine.
  package init(
    limits: QueryLimits = .default,
    lookback: Duration = .seconds(300),
    subqueryStep: Duration = .seconds(60),
    dropsNamesLate: Bool = true,
    threads: Int = 2
  ) {
    self.limits = limits
    self.lookback = lookback
    self.subqueryStep = subqueryStep
    self.dropsNamesLate = dropsNamesLate
    self.threads = threads
  }

  /// Evaluates at one instant; the expression may have any type.
  ///
  /// - Parameters:
  ///   - expression: What to evaluate.
  ///   - time: The evaluation time.
  ///   - reading: Where the samples come from; every selector is read once.
  ///   - deadline: When to give up.
  /// - Returns: A scalar, string, vector, or for a range selector a matrix.
  /// - Throws: ``QueryError``; see its cases.
  package func instant(
    _ expression: Expression,
    at time: Timestamp,
    reading: any SeriesReading,
    deadline: QueryDeadline = .none
  ) throws(QueryError) -> QueryResult {
    let time = time.clamped
    let grid = EvaluationGrid(start: time.unixMilliseconds, step: 1, count: 1)
    let evaluation = Evaluation(self, expression, grid, reading: reading, deadline: deadline)
    let value: QueryValue
    if expression.type == .rangeVector {
      value = .matrix(try evaluation.matrix(expression, on: grid))
    } else {
      switch try evaluation.evaluate(expression, on: grid) {
      case .scalar(let values): value = .scalar(values[0])
      case .string(let text): value = .string(text)
      case .vector(let columns):
        value = .vector(try evaluation.samples(of: columns, for: expression, at: time))
      }
    }
    return evaluation.annotations.result(value)
  }

  /// Evaluates at every step of a span, both ends counted.
  ///
  /// - Parameters:
  ///   - expression: A scalar or an instant vector.
  ///   - from: The first evaluation time.
  ///   - through: The last evaluation time is this or the last step before it.
  ///   - step: At least one millisecond.
  ///   - reading: Where the samples come from; every selector is read once.
  ///   - deadline: When to give up.
  /// - Returns: A matrix; a scalar is one series without labels.
  /// - Throws: ``QueryError``; see its cases.
  package func range(
    _ expression: Expression,
    from: Timestamp,
    through: Timestamp,
    step: Duration,
    reading: any SeriesReading,
    deadline: QueryDeadline = .none
  ) throws(QueryError) -> QueryResult {
    let type = expression.type
    guard type == .scalar || type == .instantVector else {
      throw .refused(
        message: "invalid expression type \"\(type.rawValue)\" for range query, "
          + "must be Scalar or instant Vector"
      )
    }
    let stepMilliseconds = step.wholeMilliseconds
    guard stepMilliseconds > 0 else {
      throw .refused(message: "query resolution step widths must be at least 1 ms")
    }
    let (start, end) = (from.clamped.unixMilliseconds, through.clamped.unixMilliseconds)
    guard end >= start else {
      throw .refused(message: "end timestamp must not be before start time")
    }
    let lastStep = (end - start) / stepMilliseconds
    guard lastStep < Int64(limits.steps) else { throw .tooManySteps(limit: limits.steps) }
    let grid = EvaluationGrid(start: start, step: stepMilliseconds, count: Int(lastStep) + 1)
    let evaluation = Evaluation(
      self,
      expression,
      grid,
      end: end,
      isRange: true,
      reading: reading,
      deadline: deadline
    )
    let columns: [Column]
    switch try evaluation.evaluate(expression, on: grid) {
    case .scalar(let values): columns = [Column(.empty, values)]
    case .vector(let vector): columns = vector
    case .string: columns = []
    }
    return evaluation.annotations.result(.matrix(try evaluation.series(of: columns, on: grid)))
  }
}

extension Timestamp {
  /// The instant, moved into the span whose sums cannot overflow.
  fileprivate var clamped: Timestamp {
    Swift.min(Swift.max(self, .distantPast), .distantFuture)
  }
}
