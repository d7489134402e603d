// SPDX-License-Identifier: MIT
import MetricModel

/// The times at which an expression is evaluated.
struct EvaluationGrid: Hashable, Sendable {
  /// The first, in Unix milliseconds.
  let start: Int64
  /// The distance of two, in milliseconds.
  let step: Int64
  /// How many there are.
  let count: Int

  func time(_ index: Int) -> Int64 { start + Int64(index) * step }

  var end: Int64 { time(Swift.max(count - 1, 0)) }
}

/// The times a shifted selector looks at, one for each time of a grid.
struct ReferenceTimes: Sendable {
  let first: Int64
  /// Zero when an `@` fixes the time.
  let step: Int64
  let count: Int

  func time(_ index: Int) -> Int64 { first + Int64(index) * step }

  var last: Int64 { time(Swift.max(count - 1, 0)) }

  var isFixed: Bool { step == 0 }
}

/// One series of an instant vector over all times of a grid.
struct Column: Sendable {
  var labels: LabelSet
  /// The metric name has been dropped, but is still there until the query ends.
  var dropsName = false
  /// One place for each time; the staleness marker where there is no sample.
  var values: [Double]

  static let absent = Double.stalenessMarker

  init(_ labels: LabelSet, _ values: [Double], dropsName: Bool = false) {
    self.labels = labels
    self.values = values
    self.dropsName = dropsName
  }

  /// A column without a sample.
  init(emptyFor labels: LabelSet, count: Int, dropsName: Bool = false) {
    self.init(labels, [Double](count: count, Column.absent), dropsName: dropsName)
  }

  /// There is no sample at all.
  var isEmpty: Bool { values.allSatisfy(\.isStalenessMarker) }

  /// How many samples there are.
  var sampleCount: Int { values.reduce(0) { $0 + ($1.isStalenessMarker ? 0 : 1) } }

  /// The column's values replaced where there are some.
  mutating func transform(_ operation: (Double) -> Double) {
    for index in values.indices where !values[index].isStalenessMarker {
      values[index] = operation(values[index])
    }
  }
}

extension [Double] {
  /// The same number for each time; an instant query makes one of a single time for each series, and
  /// a literal costs half of what `init(repeating:count:)` does.
  init(count: Int, _ number: Double) {
    self = count == 1 ? [number] : Array(repeating: number, count: count)
  }
}

/// The value of an expression over a grid.
enum Evaluated {
  /// One number for each time.
  case scalar([Double])
  case string(String)
  case vector([Column])
}

extension LabelSet {
  /// The labels that describe a metric rather than tell series apart; they go with the name.
  static let nameLabels: Set<String> = [metricNameLabel, "__type__", "__unit__"]

  /// A copy without the metric name and what belongs to it.
  var withoutNameLabels: LabelSet {
    contains { Self.nameLabels.contains($0.name) } ? removing(Self.nameLabels) : self
  }
}
