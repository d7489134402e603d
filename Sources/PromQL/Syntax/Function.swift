// SPDX-License-Identifier: MIT

/// The functions of PromQL by their names in the text.
package enum Function: String, CaseIterable, Sendable {
  case abs, absent, acos, acosh, asin, asinh, atan, atanh, ceil, changes, clamp, cos, cosh, deg
  case delta, deriv, end, exp, floor, hour, idelta, increase, info, irate, ln, log10, log2, minute
  case month, pi, rad, range, rate, resets, round, scalar, sgn, sin, sinh, sort, sqrt, start, step
  case tan, tanh, time, timestamp, vector, year
  case absentOverTime = "absent_over_time"
  case avgOverTime = "avg_over_time"
  case clampMax = "clamp_max"
  case clampMin = "clamp_min"
  case countOverTime = "count_over_time"
  case dayOfMonth = "day_of_month"
  case dayOfWeek = "day_of_week"
  case dayOfYear = "day_of_year"
  case daysInMonth = "days_in_month"
  case doubleExponentialSmoothing = "double_exponential_smoothing"
  case firstOverTime = "first_over_time"
  case histogramAvg = "histogram_avg"
  case histogramCount = "histogram_count"
  case histogramFraction = "histogram_fraction"
  case histogramQuantile = "histogram_quantile"
  case histogramQuantiles = "histogram_quantiles"
  case histogramStddev = "histogram_stddev"
  case histogramStdvar = "histogram_stdvar"
  case histogramSum = "histogram_sum"
  /// The name of `double_exponential_smoothing` in Prometheus 2.
  case holtWinters = "holt_winters"
  case labelJoin = "label_join"
  case labelReplace = "label_replace"
  case lastOverTime = "last_over_time"
  case madOverTime = "mad_over_time"
  case maxOf = "max_of"
  case maxOverTime = "max_over_time"
  case minOf = "min_of"
  case minOverTime = "min_over_time"
  case predictLinear = "predict_linear"
  case presentOverTime = "present_over_time"
  case quantileOverTime = "quantile_over_time"
  case sortByLabel = "sort_by_label"
  case sortByLabelDesc = "sort_by_label_desc"
  case sortDesc = "sort_desc"
  case stddevOverTime = "stddev_over_time"
  case stdvarOverTime = "stdvar_over_time"
  case sumOverTime = "sum_over_time"
  case tsOfFirstOverTime = "ts_of_first_over_time"
  case tsOfLastOverTime = "ts_of_last_over_time"
  case tsOfMaxOverTime = "ts_of_max_over_time"
  case tsOfMinOverTime = "ts_of_min_over_time"
}

/// What a function takes and gives.
package struct FunctionSignature: Equatable, Sendable {
  /// The types of all arguments that may be written; the last repeats when `maximumCount` is more.
  package let arguments: [ValueType]
  /// The fewest arguments.
  package let minimumCount: Int
  /// The most arguments; nil for any number.
  package let maximumCount: Int?
  /// The type of its value.
  package let result: ValueType

  fileprivate init(_ arguments: [ValueType], optional: Int = 0, gives result: ValueType) {
    self.arguments = arguments
    minimumCount = arguments.count - optional
    maximumCount = arguments.count
    self.result = result
  }

  fileprivate init(
    _ arguments: [ValueType],
    atLeast minimumCount: Int,
    atMost maximumCount: Int? = nil
  ) {
    self.arguments = arguments
    self.minimumCount = minimumCount
    self.maximumCount = maximumCount
    result = .instantVector
  }

  /// The type that the argument at `index` must have.
  package func argumentType(at index: Int) -> ValueType {
    arguments[Swift.min(index, arguments.count - 1)]
  }
}

extension Function {
  /// What it takes and gives.
  package var signature: FunctionSignature {
    switch self {
    case .time, .pi, .start, .end, .step, .range:
      FunctionSignature([], gives: .scalar)
    case .maxOf, .minOf:
      FunctionSignature([.scalar, .scalar], gives: .scalar)
    case .scalar:
      FunctionSignature([.instantVector], gives: .scalar)
    case .vector:
      FunctionSignature([.scalar], gives: .instantVector)
    case .minute, .hour, .dayOfWeek, .dayOfMonth, .dayOfYear, .daysInMonth, .month, .year:
      FunctionSignature([.instantVector], optional: 1, gives: .instantVector)
    case .clamp:
      FunctionSignature([.instantVector, .scalar, .scalar], gives: .instantVector)
    case .clampMax, .clampMin:
      FunctionSignature([.instantVector, .scalar], gives: .instantVector)
    case .round:
      FunctionSignature([.instantVector, .scalar], optional: 1, gives: .instantVector)
    case .histogramQuantile:
      FunctionSignature([.scalar, .instantVector], gives: .instantVector)
    case .histogramFraction:
      FunctionSignature([.scalar, .scalar, .instantVector], gives: .instantVector)
    case .histogramQuantiles:
      FunctionSignature([.instantVector, .string, .scalar], atLeast: 3, atMost: 12)
    case .labelReplace:
      FunctionSignature(
        [.instantVector, .string, .string, .string, .string],
        gives: .instantVector
      )
    case .labelJoin:
      FunctionSignature([.instantVector, .string, .string, .string], atLeast: 3)
    case .sortByLabel, .sortByLabelDesc:
      FunctionSignature([.instantVector, .string], atLeast: 1)
    case .info:
      FunctionSignature([.instantVector, .instantVector], optional: 1, gives: .instantVector)
    case .predictLinear:
      FunctionSignature([.rangeVector, .scalar], gives: .instantVector)
    case .doubleExponentialSmoothing, .holtWinters:
      FunctionSignature([.rangeVector, .scalar, .scalar], gives: .instantVector)
    case .quantileOverTime:
      FunctionSignature([.scalar, .rangeVector], gives: .instantVector)
    case _ where takesOnlyRange:
      FunctionSignature([.rangeVector], gives: .instantVector)
    default:
      FunctionSignature([.instantVector], gives: .instantVector)
    }
  }

  private var takesOnlyRange: Bool {
    switch self {
    case .rate, .increase, .delta, .irate, .idelta, .resets, .changes, .deriv: true
    default: rawValue.hasSuffix("_over_time")
    }
  }
}
