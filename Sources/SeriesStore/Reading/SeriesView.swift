// SPDX-License-Identifier: MIT
import MetricModel

/// What a reader takes of one series under the store's lock.
struct SeriesView {
  let number: UInt32
  let labels: LabelSet
  /// The groups in whose blocks the series may be, and the longest block of each.
  let groups: [(number: UInt32, spanMax: Int64)]
  /// The time up to which there are roll-ups.
  let rolledThrough: Int64
  /// Blocks have samples up to here only.
  let sealedThrough: Int64
  /// From this time on every sample is in memory.
  let memoryFrom: Int64
  /// The rows of its group in memory, which it shares with the head, and its column there.
  private let rows: HeadRows
  private let column: Int
  private let late: LateSamples?

  init(_ number: UInt32, of state: HeadState) {
    let entry = state.entries[Int(number)]
    self.number = number
    labels = entry.labels
    guard let place = entry.place else {
      groups = []
      rolledThrough = 0
      sealedThrough = .min
      memoryFrom = .min
      rows = HeadRows()
      column = 0
      late = nil
      return
    }
    let group = state.groups[Int(place.group)]
    let older = state.olderGroups[number] ?? []
    groups =
      [(place.group, group.spanMax)]
      + older.map { ($0, state.groups[Int($0)].spanMax) }
    rolledThrough = older.reduce(group.rolledThrough) {
      max($0, state.groups[Int($1)].rolledThrough)
    }
    sealedThrough = group.sealedThrough
    memoryFrom = group.memoryFrom
    rows = group.rows
    column = Int(place.column)
    late = state.late[number]
  }

  /// What memory holds in a range.
  func memory(in range: ClosedRange<Int64>) -> TimedValues {
    // Late samples that wait can be older than what memory has whole.
    let waiting = late?.open.slice(range) ?? TimedValues()
    let start = max(range.lowerBound, memoryFrom)
    guard start <= range.upperBound else { return waiting }
    var samples = rows.samples(column: column, in: start...range.upperBound)
    if let late {
      samples = samples.merged(with: late.sealed.slice(start...range.upperBound))
      samples = samples.merged(with: waiting)
    }
    return samples
  }

  /// The times for which blocks are read, or nil when memory has all.
  func blockTimes(in range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    guard sealedThrough != .min, range.lowerBound < memoryFrom,
      range.lowerBound <= sealedThrough
    else { return nil }
    return max(range.lowerBound, 0)...max(min(range.upperBound, memoryFrom - 1), 0)
  }
}
