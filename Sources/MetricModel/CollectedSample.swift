// SPDX-License-Identifier: MIT

/// One sample as a collector found it, without the target's labels.
package struct CollectedSample: Sendable {
  /// What it measures.
  package let definition: MetricDefinition
  /// The value.
  package let value: Double
  /// The labels the definition lists, without empty ones.
  package let labels: [String: String]

  /// Makes a sample.
  package init(_ definition: MetricDefinition, _ value: Double, _ labels: [String: String] = [:]) {
    self.definition = definition
    self.value = value
    self.labels = labels
  }
}
