// SPDX-License-Identifier: MIT
package import MetricModel
import SQLite
import Synchronization

extension SampleStore {
  /// The longest span of roll-ups that divides all distances a reader is interested in, when they
  /// can stand for samples of the range; nil when the samples themselves are to be read.
  package func rollupSpan(
    dividing unit: Duration,
    in range: ClosedRange<Timestamp>
  ) -> Duration? {
    let milliseconds = unit.wholeMilliseconds
    let (first, last) = (range.lowerBound.unixMilliseconds, range.upperBound.unixMilliseconds)
    guard state.withLock({ $0.rolledThrough }) > first else { return nil }
    let (length, isTooLong) = last.subtractingReportingOverflow(first)
    let found = RollupSpan.allCases.last { span in
      milliseconds.isMultiple(of: span.rawValue) && (isTooLong || length >= span.queryMin)
    }
    return found.map { .milliseconds($0.rawValue) }
  }

  /// Makes the roll-ups of one day of one group, if there are any to be made; runs on the writer's
  /// thread.
  func rollSome(_ connection: Connection) throws(SQLiteError) {
    guard let due = state.withLock({ $0.nextRollup() }) else { return }
    let (through, isMade) = try RollupTable.rollNextDay(due, in: connection)
    if !isMade, through > due.start {
      try RollupTable.saveProgress(due.group, through: through, in: connection)
    }
    state.withLock { $0.noteRollups(of: due.group, through: through) }
  }
}

extension HeadState {
  /// The latest time up to which a group has roll-ups.
  fileprivate var rolledThrough: Int64 {
    groups.reduce(Int64.min) { max($0, $1.rolledThrough) }
  }

  /// The next group that has samples of a whole day without roll-ups, the groups taking turns.
  fileprivate mutating func nextRollup() -> RollupTable.Due? {
    guard newest != .min else { return nil }
    let end = RollupSpan.day(of: newest - RollupSpan.delay)
    guard end > 0 else { return nil }
    for offset in 0..<groups.count {
      let place = (rollupTurn + offset) % groups.count
      let group = groups[place]
      guard group.rolledThrough < end, group.sealedThrough != .min,
        (group.openSince ?? .max) > end
      else { continue }
      rollupTurn = place
      return RollupTable.Due(
        group: group.number,
        spanMax: group.spanMax,
        start: max(group.rolledThrough, 0),
        end: end
      )
    }
    return nil
  }

  fileprivate mutating func noteRollups(of group: UInt32, through time: Int64) {
    let known = groups[Int(group)].rolledThrough
    // An import meanwhile may have set it back.
    if time > known { groups[Int(group)].rolledThrough = time }
    rollupTurn = (Int(group) + 1) % max(groups.count, 1)
  }
}
