// SPDX-License-Identifier: MIT
import MetricModel

/// The rules about metric families that a strict reader holds a text to.
enum FamilyChecks: Sendable {
  case text(TextFamilies)
  case openMetrics(OpenMetricsFamilies)

  init(_ rules: ExpositionRules) {
    self =
      rules.format == .text
      ? .text(TextFamilies(limit: rules.familiesMax))
      : .openMetrics(OpenMetricsFamilies(limit: rules.familiesMax))
  }

  /// Checks a line that describes a metric.
  mutating func note(_ metadata: ExpositionMetadata) throws(LineFault) {
    switch self {
    case .text(var families):
      // Handed over and back, so that nothing is copied.
      self = .text(TextFamilies(limit: 0))
      defer { self = .text(families) }
      try families.note(metadata)
    case .openMetrics(var families):
      self = .text(TextFamilies(limit: 0))
      defer { self = .openMetrics(families) }
      try families.note(metadata)
    }
  }

  /// Checks a sample.
  mutating func note(_ labels: LabelSet, _ measurement: Measurement) throws(LineFault) {
    switch self {
    case .text(var families):
      self = .text(TextFamilies(limit: 0))
      defer { self = .text(families) }
      try families.note(labels)
    case .openMetrics(var families):
      self = .text(TextFamilies(limit: 0))
      defer { self = .openMetrics(families) }
      try families.note(labels, measurement)
    }
  }

  /// Checks what only the end of the text shows.
  mutating func finish() throws(LineFault) {
    if case .openMetrics(var families) = self { try families.finish() }
  }
}

/// What the text format demands beyond its grammar: `TYPE` and `HELP` once, `TYPE` before the samples,
/// bounds that are numbers.
struct TextFamilies: Sendable {
  let limit: Int
  private var types: [String: String] = [:]
  private var helped: Set<String> = []
  private var sampled: Set<String> = []

  init(limit: Int) {
    self.limit = limit
  }

  mutating func note(_ metadata: ExpositionMetadata) throws(LineFault) {
    let family = metadata.family
    switch metadata.fact {
    case .type(let word):
      guard types[family] == nil else { throw LineFault("the type of \(family) is given twice") }
      guard !sampled.contains(family) else {
        throw LineFault("the type of \(family) stands behind samples of it")
      }
      types[family] = word
    case .help(""): break
    case .help, .unit:
      guard helped.insert(family).inserted else {
        throw LineFault("the help of \(family) is given twice")
      }
    }
    try checkLimit()
  }

  mutating func note(_ labels: LabelSet) throws(LineFault) {
    let name = labels.metricName ?? ""
    sampled.insert(name)
    try checkLimit()
    if types[name] == MetricType.summary.rawValue { try checkNumber("quantile", labels) }
    let suffix = "_bucket"
    if name.hasSuffix(suffix),
      types[String(name.dropLast(suffix.count))] == MetricType.histogram.rawValue
    {
      try checkNumber("le", labels)
    }
  }

  private func checkNumber(_ name: String, _ labels: LabelSet) throws(LineFault) {
    guard let text = labels[name], NumberText.double(text) == nil else { return }
    throw LineFault("the label \(name) is not a number")
  }

  private func checkLimit() throws(LineFault) {
    guard max(types.count, helped.count, sampled.count) <= limit else {
      throw LineFault("more than \(limit) metric families")
    }
  }
}

extension NumberText {
  /// The double nearest to the text; nil when it is no number of the formats.
  static func double(_ text: String) -> Double? {
    Array(text.utf8).withUnsafeBufferPointer { double($0) }
  }
}
