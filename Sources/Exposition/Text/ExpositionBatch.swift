// SPDX-License-Identifier: MIT
package import MetricModel

/// One sample as it was written.
package struct ExpositionSample: Equatable, Sendable {
  /// The number of its series; numbers count up from 0 as series are met.
  package let series: Int
  /// The value.
  package let value: Double
  /// The time in Unix milliseconds, rounded; nil when none was written.
  ///
  /// A time beyond ``Timestamp/distantPast`` or ``Timestamp/distantFuture`` is that limit.
  package let unixMilliseconds: Int64?
}

/// A line that describes a metric.
package struct ExpositionMetadata: Equatable, Sendable {
  /// What the line tells.
  package enum Fact: Equatable, Sendable {
    /// The word behind `TYPE`, such as `counter`.
    case type(String)
    /// The text behind `HELP`, without escapes.
    case help(String)
    /// The word behind `UNIT`; empty for none.
    case unit(String)
  }

  /// The metric's name; in OpenMetrics without a suffix such as `_total`.
  package let family: String
  /// What is told of it.
  package let fact: Fact
}

/// What a reader found since the batch was emptied; refilled again and again without allocating.
package struct ExpositionBatch: Sendable {
  /// The samples in the order of the text.
  package var samples: [ExpositionSample] = []
  /// The series that were met for the first time, in the order of their numbers.
  package var newSeries: [LabelSet] = []
  /// The lines that describe metrics, where the rules want them.
  package var metadata: [ExpositionMetadata] = []
  /// The lines that were left out.
  package var faults: [ExpositionFault] = []

  /// Makes an empty batch.
  package init() {}

  /// Empties it and keeps the room.
  package mutating func removeAll() {
    samples.removeAll(keepingCapacity: true)
    newSeries.removeAll(keepingCapacity: true)
    metadata.removeAll(keepingCapacity: true)
    faults.removeAll(keepingCapacity: true)
  }
}
