// SPDX-License-Identifier: MIT

/// A form in which current values are shown to scrapers.
package enum ExpositionFormat: Sendable {
  /// Prometheus' text format 0.0.4.
  case text
  /// OpenMetrics 1.0.
  case openMetrics

  /// The value of `Content-Type`.
  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }
}

/// Writes exposition text as bytes.
///
/// A family's header comes before its samples and each family stands once; ``finish(_:)`` ends the
/// text. Source: text format 0.0.4; OpenMetrics 1.0.
package struct ExpositionWriter: Sendable {
  /// The text so far.
  package private(set) var bytes: [UInt8] = []
  private let format: ExpositionFormat

  /// Starts an empty text with room for about `capacity` bytes.
  package init(_ format: ExpositionFormat, capacity: Int = 64 << 10) {
    self.format = format
    bytes.reserveCapacity(capacity)
  }

  /// Adds the lines that describe a metric.
  package mutating func beginFamily(_ definition: MetricDefinition) {
    let family = familyName(definition)
    append("# HELP \(family) \(escapedHelp(definition.help))\n")
    append("# TYPE \(family) \(typeWord(definition))\n")
    guard format == .openMetrics, let unit = definition.unit, definition.kind != .info,
      family.hasSuffix("_\(unit)")
    else { return }
    append("# UNIT \(family) \(unit)\n")
  }

  /// Adds one sample line; `prefix` is what ``prefix(of:)`` made of its label set.
  package mutating func appendSample(prefix: [UInt8], value: Double) {
    bytes.append(contentsOf: prefix)
    appendValue(value)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Ends the text and returns it.
  package consuming func finish() -> [UInt8] {
    if format == .openMetrics { append("# EOF\n") }
    return bytes
  }

  /// A sample line up to its value, the same in both formats: `name{label="value"} `.
  package static func prefix(of labels: LabelSet) -> [UInt8] {
    var text = labels.metricName ?? ""
    let pairs = labels.filter { $0.name != LabelSet.metricNameLabel }
    if !pairs.isEmpty {
      text += "{"
      text += pairs.map { "\($0.name)=\($0.value.quotedForPromQL)" }.joined(separator: ",")
      text += "}"
    }
    return Array((text + " ").utf8)
  }

  private func familyName(_ definition: MetricDefinition) -> String {
    guard format == .openMetrics else { return definition.name }
    switch definition.kind {
    case .counter where definition.name.hasSuffix("_total"):
      return String(definition.name.dropLast("_total".count))
    case .info where definition.name.hasSuffix("_info"):
      return String(definition.name.dropLast("_info".count))
    default: return definition.name
    }
  }

  /// OpenMetrics ties two kinds to a suffix: a metric of such a kind without it, as a peer may have
  /// named it, is shown as what its name allows.
  private func typeWord(_ definition: MetricDefinition) -> String {
    switch (definition.kind, format) {
    case (.counter, .openMetrics) where !definition.name.hasSuffix("_total"): "unknown"
    case (.info, .openMetrics) where definition.name.hasSuffix("_info"): "info"
    case (.counter, _): "counter"
    case (.gauge, _), (.info, _): "gauge"
    case (.unknown, .text): "untyped"
    case (.unknown, .openMetrics): "unknown"
    }
  }

  private func escapedHelp(_ help: String) -> String {
    var escaped = ""
    for scalar in help.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where format == .openMetrics: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private mutating func appendValue(_ value: Double) {
    // Most values are whole: this way takes a fifth of the time of `description`.
    if value.magnitude < 1e15, value == value.rounded(.towardZero),
      value.sign == .plus || value != 0
    {
      append(String(Int64(value)))
    } else if value.isNaN {
      append("NaN")
    } else if value.isInfinite {
      append(value > 0 ? "+Inf" : "-Inf")
    } else {
      append(value.description)
    }
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }
}
