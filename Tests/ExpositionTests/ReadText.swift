// SPDX-License-Identifier: MIT
import Exposition
import MetricModel

/// What a reader made of a whole text.
struct ReadText {
  /// A sample with the labels of its series.
  struct Line: Equatable {
    let labels: LabelSet
    let value: Double
    let time: Int64?

    static func == (left: Line, right: Line) -> Bool {
      left.labels == right.labels && left.value.bitPattern == right.value.bitPattern
        && left.time == right.time
    }
  }

  var lines: [Line] = []
  var series: [LabelSet] = []
  var metadata: [ExpositionMetadata] = []
  var faults: [ExpositionFault] = []

  /// Reads a text with a new reader, in slices of so many bytes.
  init(_ bytes: [UInt8], _ rules: ExpositionRules, slice: Int = .max) throws(ExpositionFault) {
    var reader = ExpositionReader(rules)
    try self.init(bytes, &reader, slice: slice)
  }

  init(_ text: String, _ rules: ExpositionRules) throws(ExpositionFault) {
    try self.init(Array(text.utf8), rules)
  }

  /// Reads a text with a reader that may know series already.
  init(
    _ bytes: [UInt8],
    _ reader: inout ExpositionReader,
    known: [LabelSet] = [],
    slice: Int = .max
  ) throws(ExpositionFault) {
    series = known
    var batch = ExpositionBatch()
    var start = 0
    while start < bytes.count {
      let end = slice < bytes.count - start ? start + slice : bytes.count
      try reader.read(bytes.span.extracting(start..<end), into: &batch)
      take(&batch)
      start = end
    }
    try reader.finish(into: &batch)
    take(&batch)
  }

  private mutating func take(_ batch: inout ExpositionBatch) {
    series += batch.newSeries
    for sample in batch.samples {
      let labels = series[sample.series]
      lines.append(Line(labels: labels, value: sample.value, time: sample.unixMilliseconds))
    }
    metadata += batch.metadata
    faults += batch.faults
    batch.removeAll()
  }
}

extension ExpositionRules {
  static let text = ExpositionRules(.text)
  static let openMetrics = ExpositionRules(.openMetrics)

  /// A copy that was changed.
  func with(_ change: (inout ExpositionRules) -> Void) -> ExpositionRules {
    var copy = self
    change(&copy)
    return copy
  }

  var strict: ExpositionRules { with { $0.isStrict = true } }
  var skipping: ExpositionRules { with { $0.faultHandling = .skip } }
}
