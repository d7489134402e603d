// SPDX-License-Identifier: MIT
package import MetricModel

/// Why a query has no result.
package enum QueryError: Error, Equatable, Sendable {
  /// The query cannot be evaluated as asked: wrong type for a range query, step not positive.
  case refused(message: String)
  /// The query ran into something it may not do, such as two series with the same labels.
  case execution(message: String)
  /// More samples would have to be held than `limit`.
  case tooManySamples(limit: Int)
  /// More evaluation times than `limit`.
  case tooManySteps(limit: Int)
  /// The result has more series than `limit`.
  case tooManySeries(limit: Int)
  /// The result has more samples than `limit`.
  case resultTooLarge(limit: Int)
  /// The deadline passed; `limit` says which one it was.
  case timedOut(limit: String)
  /// The stored samples could not be read.
  case store(StoreError)
  /// The function or aggregator is known, but not evaluated here.
  case unsupported(function: String)
}

extension QueryError: CustomStringConvertible {
  /// One sentence without a full stop, as the query API shows it.
  package var description: String {
    switch self {
    case .refused(let message), .execution(let message): message
    case .tooManySamples(let limit):
      "query processing would load too many samples into memory in query execution"
        + " (limit \(limit))"
    case .tooManySteps(let limit):
      "exceeded maximum resolution of \(limit) points per timeseries"
    case .tooManySeries(let limit): "query result has more than \(limit) series"
    case .resultTooLarge(let limit):
      "query result has more than \(limit) samples: ask for fewer series, a shorter time or a longer "
        + "step"
    case .timedOut(let limit): "query timed out in expression evaluation (limit \(limit))"
    case .store(let error): "stored samples cannot be read: \(error)"
    case .unsupported(let function): "\(function)() is not supported"
    }
  }

  /// What Prometheus' query API calls this kind of error.
  package var errorType: String {
    switch self {
    case .refused, .tooManySteps, .unsupported: "bad_data"
    case .execution, .tooManySamples, .tooManySeries, .resultTooLarge: "execution"
    case .timedOut: "timeout"
    case .store: "internal"
    }
  }
}
