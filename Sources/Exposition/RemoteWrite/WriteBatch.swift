// SPDX-License-Identifier: MIT
package import MetricModel

/// One sample of a remote write request.
package struct WrittenSample: Equatable, Sendable {
  /// The number of its series; numbers count up from 0 as series are met.
  package let series: Int
  /// The value, bit for bit.
  package let value: Double
  /// The time in Unix milliseconds.
  package let unixMilliseconds: Int64
}

/// What a remote write request holds; refilled again and again without allocating.
package struct WriteBatch: Sendable {
  /// The samples in the order of the request.
  package var samples: [WrittenSample] = []
  /// The series that were met for the first time, in the order of their numbers.
  package var newSeries: [LabelSet] = []
  /// Samples of series whose labels break a rule; they are in no other list.
  package var refusedSamples = 0
  /// Why the last of them was refused.
  package var refusal: String?
  /// Native histograms, which are left out.
  package var histograms = 0

  /// Makes an empty batch.
  package init() {}

  /// Empties it and keeps the room.
  package mutating func removeAll() {
    samples.removeAll(keepingCapacity: true)
    newSeries.removeAll(keepingCapacity: true)
    refusedSamples = 0
    refusal = nil
    histograms = 0
  }
}

/// Bytes that are no remote write request.
package struct WriteRequestFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where the fault is, counted from 0.
  package let offset: Int
  /// What is wrong there.
  package let reason: String

  package var description: String { "byte \(offset): \(reason)" }
}
