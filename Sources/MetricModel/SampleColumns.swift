// SPDX-License-Identifier: MIT

/// All samples of one series in two columns, refilled with one series after the other.
///
/// Series that are polled together have the same times. Those that lie here already are not copied
/// again, and ``timesVersion`` tells that what was computed from the times still holds.
package struct SampleColumns: Sendable {
  /// Unix milliseconds, strictly rising once ``finish()`` was called.
  package private(set) var times: [Int64] = []
  /// The values at the same positions.
  package private(set) var values: [Double] = []
  /// Another number whenever ``times`` may be others than before.
  package private(set) var timesVersion: UInt64 = 0
  /// Where the times come from, up to where they are known to come from anywhere.
  private var stretches: [Stretch] = []
  /// The stretches that the series at hand has.
  private var stretchesUsed = 0

  /// Rows of an array of times, which is held so that no other array gets its place in memory.
  private struct Stretch: Sendable {
    let times: [Int64]
    let rows: Range<Int>

    func isSame(_ others: [Int64], _ otherRows: Range<Int>) -> Bool {
      rows == otherRows
        && times.withUnsafeBufferPointer { mine in
          others.withUnsafeBufferPointer { mine.baseAddress == $0.baseAddress }
        }
    }
  }

  /// Makes room for nothing yet.
  package init() {}

  /// The number of samples.
  package var count: Int { values.count }

  /// Drops all samples; the next series may have the same times.
  package mutating func removeAll() {
    values.removeAll(keepingCapacity: true)
    stretchesUsed = 0
  }

  /// Adds the samples that some rows of shared times have.
  ///
  /// - Parameters:
  ///   - shared: Unix milliseconds, rising.
  ///   - rows: Those of `shared` that are added.
  ///   - appendValues: Adds exactly as many values as there are rows, or throws and adds none.
  /// - Throws: What `appendValues` throws.
  package mutating func append<Failure: Error>(
    times shared: [Int64],
    rows: Range<Int>,
    _ appendValues: (inout [Double]) throws(Failure) -> Void
  ) throws(Failure) {
    let start = values.count
    try appendValues(&values)
    precondition(values.count - start == rows.count, "a row has one value")
    if stretchesUsed < stretches.count, stretches[stretchesUsed].isSame(shared, rows) {
      stretchesUsed += 1
      return
    }
    if times.count > start { times.removeLast(times.count - start) }
    times.append(contentsOf: shared[rows])
    stretches.removeLast(stretches.count - stretchesUsed)
    stretches.append(Stretch(times: shared, rows: rows))
    stretchesUsed += 1
    timesVersion &+= 1
  }

  /// Adds the samples of a run.
  package mutating func append(_ run: SampleRun) {
    append(times: run.unixMilliseconds, rows: 0..<run.count) { $0.append(contentsOf: run.values) }
  }

  /// Ends a series: drops times that only the one before had.
  package mutating func finish() {
    guard times.count > values.count else { return }
    times.removeLast(times.count - values.count)
    stretches.removeLast(stretches.count - stretchesUsed)
    timesVersion &+= 1
  }

  /// Drops staleness markers.
  package mutating func removeStalenessMarkers() {
    guard values.hasStalenessMarker else { return }
    var kept = 0
    for index in values.indices where !values[index].isStalenessMarker {
      times[kept] = times[index]
      values[kept] = values[index]
      kept += 1
    }
    values.removeLast(values.count - kept)
    times.removeLast(times.count - kept)
    stretches.removeAll()
    stretchesUsed = 0
    timesVersion &+= 1
  }
}

extension [Double] {
  /// Whether any is a staleness marker; looks at all without a branch.
  fileprivate var hasStalenessMarker: Bool {
    withUnsafeBufferPointer { values in
      var found: UInt64 = 0
      for value in values { found |= value.isStalenessMarker ? 1 : 0 }
      return found != 0
    }
  }
}
