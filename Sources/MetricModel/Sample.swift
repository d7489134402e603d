// SPDX-License-Identifier: MIT

/// One value at one timestamp.
package struct Sample: Sendable {
  /// When the value was true.
  package let timestamp: Timestamp
  /// The value; a staleness marker when ``isStalenessMarker``.
  package let value: Double

  /// Pairs a timestamp with a value.
  package init(_ timestamp: Timestamp, _ value: Double) {
    self.timestamp = timestamp
    self.value = value
  }

  /// The sample says that its series ended.
  package var isStalenessMarker: Bool { value.isStalenessMarker }
}

extension Sample: Equatable {
  /// Samples are equal when timestamp and value bits are: NaN payloads matter.
  package static func == (left: Sample, right: Sample) -> Bool {
    left.timestamp == right.timestamp && left.value.bitPattern == right.value.bitPattern
  }
}

extension Double {
  /// The value of a sample that says its series ended: bits `0x7ff0000000000002`, a NaN.
  ///
  /// Source: Prometheus, `model/value`.
  @inlinable package static var stalenessMarker: Double {
    Double(bitPattern: 0x7ff0_0000_0000_0002)
  }

  /// The bits are those of ``stalenessMarker``; an ordinary NaN is not one.
  @inlinable package var isStalenessMarker: Bool { bitPattern == 0x7ff0_0000_0000_0002 }
}

/// All samples of one label set within some range, oldest first.
package struct Series: Equatable, Sendable {
  /// What identifies the series.
  package let labels: LabelSet
  /// Oldest first, timestamps strictly rising, staleness markers kept.
  package var samples: [Sample]

  /// Pairs a label set with its samples.
  package init(labels: LabelSet, samples: [Sample]) {
    self.labels = labels
    self.samples = samples
  }
}

/// A stretch of one series in columns, which readers refill again and again without allocating.
package struct SampleRun: Sendable {
  /// Unix milliseconds, strictly rising.
  package var unixMilliseconds: [Int64] = []
  /// The values at the same positions; staleness markers kept.
  package var values: [Double] = []

  /// Makes an empty run.
  package init() {}

  /// The number of samples.
  package var count: Int { values.count }

  /// Drops all samples and keeps the room.
  package mutating func removeAll() {
    unixMilliseconds.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// Adds a sample at the end.
  package mutating func append(_ unixMilliseconds: Int64, _ value: Double) {
    self.unixMilliseconds.append(unixMilliseconds)
    values.append(value)
  }
}
