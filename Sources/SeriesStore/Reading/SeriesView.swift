// SPDX-License-Identifier: MIT
import MetricModel

/// What a reader takes of one series under the store's lock.
struct SeriesView {
  let number: UInt32
  let labels: LabelSet
  /// The group in whose blocks the series is.
  let group: Group
  /// Further groups in whose blocks it may be; none for almost all series.
  let olderGroups: [Group]
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

  /// A group and its longest block.
  struct Group {
    let number: UInt32
    let spanMax: Int64
  }

  /// Looks at a series; nil before its first sample.
  init?(_ number: UInt32, of state: borrowing HeadState) {
    guard let place = state.entries[Int(number)].place else { return nil }
    let index = Int(place.group)
    self.number = number
    labels = state.entries[Int(number)].labels
    group = Group(number: place.group, spanMax: state.groups[index].spanMax)
    let isMoved = !state.olderGroups.isEmpty
    let older = isMoved ? state.olderGroups[number] ?? [] : []
    olderGroups = older.map { Group(number: $0, spanMax: state.groups[Int($0)].spanMax) }
    rolledThrough = older.reduce(state.groups[index].rolledThrough) {
      max($0, state.groups[Int($1)].rolledThrough)
    }
    sealedThrough = state.groups[index].sealedThrough
    memoryFrom = state.groups[index].memoryFrom
    rows = state.groups[index].rows
    column = Int(place.column)
    late = state.late.isEmpty ? nil : state.late[number]
  }

  /// All groups in whose blocks the series may be.
  var groups: [Group] { [group] + olderGroups }

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

  /// Some samples came after younger ones and may still wait.
  var hasLateSamples: Bool { late != nil }

  /// The newest sample that memory has in a range; late ones are not looked at.
  func newestInMemory(in range: ClosedRange<Int64>) -> Sample? {
    let start = max(range.lowerBound, memoryFrom)
    guard start <= range.upperBound else { return nil }
    return rows.newest(column: column, in: start...range.upperBound)
  }

  /// The times for which blocks are read, or nil when memory has all.
  func blockTimes(in range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    guard sealedThrough != .min, range.lowerBound < memoryFrom,
      range.lowerBound <= sealedThrough
    else { return nil }
    return max(range.lowerBound, 0)...max(min(range.upperBound, memoryFrom - 1), 0)
  }
}
