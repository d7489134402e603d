// SPDX-License-Identifier: MIT
package import MetricModel

/// One series' sample at the evaluation time of an instant query.
package struct VectorSample: Equatable, Sendable {
  /// What identifies the series; the metric name may be gone.
  package let labels: LabelSet
  /// The evaluation time, not the time of the stored sample.
  package let timestamp: Timestamp
  /// Never a staleness marker.
  package let value: Double

  /// Makes a sample.
  package init(labels: LabelSet, timestamp: Timestamp, value: Double) {
    self.labels = labels
    self.timestamp = timestamp
    self.value = value
  }
}

/// The value of a query.
package enum QueryValue: Equatable, Sendable {
  case scalar(Double)
  case string(String)
  /// Sorted by labels, unless the query itself puts its samples in an order.
  case vector([VectorSample])
  /// Sorted by labels; no series is empty, and there are no staleness markers.
  case matrix([Series])
}

/// The value of a query and what there is to say about it.
package struct QueryResult: Equatable, Sendable {
  /// The value.
  package let value: QueryValue
  /// What is probably wrong with the query, each once, at most ten and a line that counts the rest.
  package let warnings: [String]
  /// What may be wrong with the query; limited like the warnings.
  package let infos: [String]

  /// Makes a result.
  package init(value: QueryValue, warnings: [String] = [], infos: [String] = []) {
    self.value = value
    self.warnings = warnings
    self.infos = infos
  }
}
