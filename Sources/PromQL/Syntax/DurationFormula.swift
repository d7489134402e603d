// SPDX-License-Identifier: MIT
import Glibc

/// A length of time in a query: known from the text, or computed from the query's step and range.
package enum Span: Equatable, Sendable {
  case fixed(Duration)
  case formula(DurationFormula)

  /// The length when the text alone tells it, else nil.
  package var fixedDuration: Duration? {
    guard case .fixed(let duration) = self else { return nil }
    return duration
  }
}

/// Arithmetic on seconds that depends on the query it stands in, such as `step() * 2`.
package indirect enum DurationFormula: Equatable, Sendable {
  case seconds(Double)
  /// The query's step; zero in an instant query.
  case step
  /// The distance from the query's start to its end.
  case range
  case negated(DurationFormula)
  case combined(Operation, DurationFormula, DurationFormula)

  /// What joins two parts.
  package enum Operation: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case lesser = "min_of"
    case greater = "max_of"

    /// The result for two numbers.
    func apply(_ left: Double, _ right: Double) -> Double {
      switch self {
      case .add: left + right
      case .subtract: left - right
      case .multiply: left * right
      case .divide: left / right
      case .modulo: fmod(left, right)
      case .power: pow(left, right)
      case .lesser: Swift.min(left, right)
      case .greater: Swift.max(left, right)
      }
    }
  }

  /// The value when no part depends on the query, else nil.
  var constant: Double? {
    guard case .seconds(let value) = self else { return nil }
    return value
  }

  /// The value in seconds for a query of this step and range, both in seconds.
  package func seconds(step: Double, range: Double) -> Double {
    switch self {
    case .seconds(let value): value
    case .step: step
    case .range: range
    case .negated(let part): -part.seconds(step: step, range: range)
    case .combined(let operation, let left, let right):
      operation.apply(
        left.seconds(step: step, range: range),
        right.seconds(step: step, range: range)
      )
    }
  }

  /// The milliseconds in a count of seconds, or nil when they do not fit.
  ///
  /// Rounded to the nanosecond and then cut, as Prometheus does.
  static func milliseconds(ofSeconds seconds: Double) -> Int64? {
    // Nanoseconds have to fit 63 bits.
    guard seconds.isFinite, seconds.magnitude < 9.2e9 else { return nil }
    return Int64((seconds * 1e9).rounded()) / 1_000_000
  }
}

extension DurationFormula: CustomStringConvertible {
  /// The formula as PromQL, with all its parentheses.
  package var description: String {
    switch self {
    case .seconds(let value): value.description
    case .step: "step()"
    case .range: "range()"
    case .negated(let part): "-(\(part))"
    case .combined(let operation, let left, let right):
      switch operation {
      case .lesser, .greater: "\(operation.rawValue)(\(left), \(right))"
      default: "(\(left) \(operation.rawValue) \(right))"
      }
    }
  }
}
