// SPDX-License-Identifier: MIT
package import MetricModel

/// What is known of a metric.
package struct MetricDescription: Hashable, Sendable {
  /// The metric's name.
  package let name: String
  /// Its type in Prometheus' words.
  package let type: String
  /// A sentence for people.
  package let help: String
  /// Its unit; empty when none is named.
  package let unit: String

  /// Describes a metric that hvsmon emits.
  package init(_ definition: MetricDefinition) {
    name = definition.name
    type = definition.kind.rawValue
    help = definition.help
    unit = definition.unit ?? ""
  }

  /// Describes a metric.
  package init(name: String, type: String, help: String, unit: String) {
    self.name = name
    self.type = type
    self.help = help
    self.unit = unit
  }
}
