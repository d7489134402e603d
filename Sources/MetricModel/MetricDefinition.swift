// SPDX-License-Identifier: MIT

/// What a metric is: its name, kind, unit, help and the labels it may carry.
package struct MetricDefinition: Hashable, Sendable {
  /// The kinds that hvsmon emits.
  package enum Kind: String, Hashable, Sendable {
    case counter
    case gauge
    /// A gauge that is always 1 and carries facts in its labels; its name ends in `_info`.
    case info
    /// A counter whose established name lacks `_total`, or a value whose kind nobody declared.
    case unknown
  }

  /// The sample's name as it is queried; a counter's ends in `_total` unless an established
  /// exporter named it otherwise.
  package let name: String
  /// Whether it only rises.
  package let kind: Kind
  /// The base unit in its name, such as `seconds` or `bytes`; nil when it has none.
  package let unit: String?
  /// One sentence for people.
  package let help: String
  /// Every label the collector may set; what `Ingest` adds is not listed.
  ///
  /// Nil allows any, for series whose labels come from rules.
  package let labelNames: Set<String>?

  /// Describes a metric.
  package init(
    _ name: String,
    _ kind: Kind,
    unit: String? = nil,
    labels labelNames: Set<String>? = [],
    help: String
  ) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.labelNames = labelNames
    self.help = help
  }
}

/// Every metric that this program may emit, by name.
package struct MetricCatalog: Sendable {
  /// The definitions by name.
  package let definitions: [String: MetricDefinition]

  /// Makes a catalog; of two definitions of one name the first stays.
  package init(_ definitions: some Sequence<MetricDefinition>) {
    self.definitions = Dictionary(definitions.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The definition of the metric called `name`, or nil when there is none.
  package subscript(name: String) -> MetricDefinition? { definitions[name] }
}
