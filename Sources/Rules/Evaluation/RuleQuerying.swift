// SPDX-License-Identifier: MIT
package import MetricModel
package import PromQL

/// Answers the instant queries of rules and their templates.
package protocol RuleQuerying {
  /// The samples of an expression at one time; a scalar is one sample without labels.
  ///
  /// - Throws: ``RuleError/query(reason:)`` or ``RuleError/notAVector``.
  func instant(
    _ expression: Expression,
    at time: Timestamp
  ) throws(RuleError) -> [VectorSample]
}

/// Answers from stored series.
package struct StoredSeriesQuerying: RuleQuerying {
  private let engine: QueryEngine
  private let reading: any SeriesReading
  private let deadline: QueryDeadline

  /// Names what evaluates and where the samples come from.
  package init(engine: QueryEngine, reading: any SeriesReading, deadline: QueryDeadline = .none) {
    self.engine = engine
    self.reading = reading
    self.deadline = deadline
  }

  package func instant(
    _ expression: Expression,
    at time: Timestamp
  ) throws(RuleError) -> [VectorSample] {
    let value: QueryValue
    do throws(QueryError) {
      value = try engine.instant(expression, at: time, reading: reading, deadline: deadline).value
    } catch {
      throw .query(reason: error.description)
    }
    switch value {
    case .vector(let samples): return samples
    case .scalar(let number):
      return [VectorSample(labels: .empty, timestamp: time, value: number)]
    case .string, .matrix: throw .notAVector
    }
  }
}

/// Why a rule could not be evaluated; its alerts stay as they were, but for ``limitExceeded``.
package enum RuleError: Error, Equatable, Sendable {
  /// What the result consists of.
  package enum Product: String, Sendable {
    case alerts
    case series
  }

  /// The query failed.
  case query(reason: String)
  /// The result is a range of samples or a text.
  case notAVector
  /// Two results have the same labels after the rule's labels were set.
  case duplicateLabels(Product)
  /// More results than the group's limit; an alerting rule's instances are all dropped.
  case limitExceeded(limit: Int, count: Int, Product)
  /// The samples could not be written.
  case writing(reason: String)
}

extension RuleError: CustomStringConvertible {
  /// One sentence without a full stop, as the rules page of the API shows it.
  package var description: String {
    switch self {
    case .query(let reason): reason
    case .notAVector: "rule result is not a vector or scalar"
    case .duplicateLabels(.alerts):
      "vector contains metrics with the same labelset after applying alert labels"
    case .duplicateLabels(.series):
      "vector contains metrics with the same labelset after applying rule labels"
    case .limitExceeded(let limit, let count, let product):
      "exceeded limit of \(limit) with \(count) \(product.rawValue)"
    case .writing(let reason): "samples could not be written: \(reason)"
    }
  }
}

/// Samples of one rule at one time.
package struct RuleSamples: Equatable, Sendable {
  /// One series' value; a staleness marker ends the series.
  package struct Value: Equatable, Sendable {
    /// What identifies the series, the metric name included.
    package let labels: LabelSet
    /// The value.
    package let value: Double

    /// Pairs a series with a value.
    package init(_ labels: LabelSet, _ value: Double) {
      self.labels = labels
      self.value = value
    }

    /// Values are equal when their bits are: NaN payloads matter.
    package static func == (left: Value, right: Value) -> Bool {
      left.labels == right.labels && left.value.bitPattern == right.value.bitPattern
    }
  }

  /// When the values were true.
  package let timestamp: Timestamp
  /// No series twice.
  package var values: [Value]

  /// Pairs a time with values.
  package init(timestamp: Timestamp, values: [Value] = []) {
    self.timestamp = timestamp
    self.values = values
  }
}
