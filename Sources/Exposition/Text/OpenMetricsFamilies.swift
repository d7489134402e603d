// SPDX-License-Identifier: MIT
import MetricModel

/// What OpenMetrics demands beyond its grammar: families that stand together and are named once, their
/// metadata before their samples, values that their types allow.
struct OpenMetricsFamilies: Sendable {
  /// The family whose lines are read.
  private struct Family {
    let name: String
    var type: MetricType?
    var hasHelp = false
    var unit: String?
    var points: MetricPoints?

    var knownType: MetricType { type ?? .unknown }
  }

  private let limit: Int
  private var family: Family?
  /// The names of all families so far, and those that their samples have or could have.
  private var taken: Set<String> = []

  init(limit: Int) {
    self.limit = limit
  }

  mutating func note(_ metadata: ExpositionMetadata) throws(LineFault) {
    let name = metadata.family
    if family?.name != name { try begin(name) }
    guard var known = family else { return }
    guard known.points == nil else {
      throw LineFault("\(name) is described behind samples of it")
    }
    let isFirst: Bool
    switch metadata.fact {
    case .type(let word):
      isFirst = known.type == nil
      known.type = MetricType(rawValue: word)
    case .help:
      isFirst = !known.hasHelp
      known.hasHelp = true
    case .unit(let unit):
      isFirst = known.unit == nil
      known.unit = unit
    }
    guard isFirst else { throw LineFault("\(name) is described twice") }
    family = known
  }

  mutating func note(_ labels: LabelSet, _ measurement: Measurement) throws(LineFault) {
    let name = labels.metricName ?? ""
    var suffix = suffix(of: name)
    if suffix == nil {
      try begin(name)
      suffix = ""
    }
    guard let suffix, let known = family else { return }
    var points = known.points ?? MetricPoints(family: known.name, type: known.knownType)
    try points.note(labels, suffix: suffix, measurement)
    family?.points = points
  }

  mutating func finish() throws(LineFault) {
    try end()
  }

  /// What stands behind the family's name in the name of one of its samples; nil for a stranger's.
  private func suffix(of name: String) -> String? {
    guard let family, name.hasPrefix(family.name) else { return nil }
    return family.knownType.sampleSuffixes.first { name == family.name + $0 }
  }

  private mutating func begin(_ name: String) throws(LineFault) {
    try end()
    guard !taken.contains(name) else {
      throw LineFault("\(name) stands apart from the rest of its family, or is another's name")
    }
    family = Family(name: name)
  }

  private mutating func end() throws(LineFault) {
    guard var family else { return }
    self.family = nil
    try family.points?.finish()
    if let unit = family.unit, !unit.isEmpty {
      guard family.name.hasSuffix("_" + unit) else {
        throw LineFault("the unit of \(family.name) is not the end of its name")
      }
      guard family.type != .info, family.type != .stateset else {
        throw LineFault("\(family.name) is of a type that has no unit")
      }
    }
    for suffix in Set(family.knownType.sampleSuffixes + [""]) {
      guard taken.insert(family.name + suffix).inserted else {
        throw LineFault("\(family.name)\(suffix) is the name of two families' samples")
      }
    }
    guard taken.count <= limit else { throw LineFault("more than \(limit) metric families") }
  }
}
