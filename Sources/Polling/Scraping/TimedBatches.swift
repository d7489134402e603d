// SPDX-License-Identifier: MIT
import MetricModel

/// Samples that have times of their own, gathered by time.
struct TimedBatches {
  private struct Key: Hashable {
    let time: Int64
    let reference: SeriesReference
  }

  private var batches: [AppendBatch] = []
  private var places: [Int64: Int] = [:]
  private var seen: Set<Key> = []

  /// The batches, the oldest first.
  var inOrder: [AppendBatch] { batches.sorted { $0.timestamp < $1.timestamp } }

  /// Adds a sample; false when its series has one at that time already.
  mutating func add(_ time: Int64, _ reference: SeriesReference, _ value: Double) -> Bool {
    guard seen.insert(Key(time: time, reference: reference)).inserted else { return false }
    let place = places[time] ?? batches.count
    if place == batches.count {
      places[time] = place
      batches.append(AppendBatch(timestamp: Timestamp(unixMilliseconds: time)))
    }
    batches[place].references.append(reference)
    batches[place].values.append(value)
    return true
  }
}
