// SPDX-License-Identifier: MIT
import MetricModel
import SQLite
import Synchronization

/// What grows old in a store, in the order in which it goes when the file is too big.
enum RetainedKind: Int, CaseIterable {
  case samples = 0
  case fiveMinutes = 1
  case hours = 2

  /// The span that stays while another kind has more than its own to give.
  var spanMin: Int64 {
    switch self {
    case .samples: 7 * RollupSpan.day
    case .fiveMinutes: 30 * RollupSpan.day
    case .hours: 90 * RollupSpan.day
    }
  }

  /// Milliseconds after which it goes in any case, besides the retention; nil means no such limit.
  var ageMax: Int64? { self == .fiveMinutes ? 100 * RollupSpan.day : nil }
}

/// How far the walk over all groups that deletes what is too old has come.
struct RetentionProgress {
  /// The next group to look at; nil between two walks.
  var next: UInt32?
  /// What ends before this time goes, by kind.
  var cutoffs = RetainedKind.allCases.map { _ in Int64.min }
  /// The oldest time that this walk has left, by kind.
  var oldest = RetainedKind.allCases.map { _ in Int64.max }
  /// The oldest time that the last walk left, by kind; nil where there was nothing.
  var knownOldest: [Int64?] = RetainedKind.allCases.map { _ in nil }
  var lastStart: Timestamp?
}

extension SampleStore {
  /// Groups a step looks at.
  private static var groupsPerStep: Int { 64 }
  /// Blocks a step deletes at most, so that no flush waits for long.
  private static var blocksPerStep: Int { 1_024 }
  /// Pages a step gives back to the file system.
  private static var pagesPerStep: Int { 512 }
  /// Free space below this stays in the file for the next blocks.
  private static var freeBytesKept: Int { 256 << 10 }

  /// Deletes some of what is too old, in a transaction of its own; runs on the writer's thread.
  func expireSome(_ connection: Connection) throws(SQLiteError) {
    let usedBytes = try connection.fileBytes - (try connection.freeBytes)
    let now = time.now
    let step = state.withLock { state in
      state.startRetention(now: now, usedBytes: usedBytes)
      return state.retentionStep(groups: Self.groupsPerStep)
    }
    guard let step else { return }
    var progress = RetentionOutcome()
    try connection.transaction { () throws(SQLiteError) in
      for number in step.groups {
        progress.end = number
        guard progress.deleted.count < Self.blocksPerStep else { return }
        try expire(number, before: step.cutoffs[0], in: connection, &progress)
        for (span, kind) in [(RollupSpan.fiveMinutes, 1), (.hour, 2)] {
          let first = try RollupTable.delete(
            of: number,
            span,
            endingBefore: step.cutoffs[kind],
            in: connection
          )
          progress.oldest[kind] = min(progress.oldest[kind], first ?? .max)
        }
        progress.end = number + 1
      }
      try BlockTable.add(progress.change, to: connection)
    }
    cache.forget(progress.deleted)
    let isRest = step.isRest && progress.end == step.groups.upperBound
    state.withLock { state in
      state.counters.expiredChunks += progress.deleted.count
      state.counters.chunks += progress.change.blocks
      state.counters.chunkSamples += progress.change.samples
      state.advanceRetention(to: isRest ? nil : progress.end, oldest: progress.oldest)
    }
    if try connection.freeBytes > Self.freeBytesKept {
      try connection.incrementalVacuum(pagesMax: Self.pagesPerStep)
    }
  }

  private func expire(
    _ group: UInt32,
    before cutoff: Int64,
    in connection: Connection,
    _ progress: inout RetentionOutcome
  ) throws(SQLiteError) {
    if cutoff > 0 {
      let statement = try connection.prepare(
        "DELETE FROM blocks WHERE id BETWEEN ? AND ? AND end_ms < ? RETURNING id, samples"
      )
      try statement.bind(BlockKey.key(group, 0), at: 1)
      try statement.bind(BlockKey.key(group, cutoff), at: 2)
      try statement.bind(cutoff, at: 3)
      while try statement.step() {
        progress.deleted.append(statement.integer(0))
        progress.change.blocks -= 1
        progress.change.samples -= Int(statement.integer(1))
      }
    }
    if let first = try BlockTable.firstTime(of: group, in: connection) {
      progress.oldest[0] = min(progress.oldest[0], first)
    }
    for series in state.withLock({ $0.hideEnded(in: group, before: cutoff) }) {
      try BlockTable.deleteSeries(series, in: connection)
    }
  }
}

/// What one step of retention did.
private struct RetentionOutcome {
  var deleted: [Int64] = []
  var change = SealingOutcome()
  var oldest = RetainedKind.allCases.map { _ in Int64.max }
  /// The next group to look at.
  var end: UInt32 = 0
}

/// The groups that one step looks at.
private struct RetentionStep: Sendable {
  let groups: Range<UInt32>
  let isRest: Bool
  let cutoffs: [Int64]
}

extension HeadState {
  /// Begins a walk when the last one is long enough ago or the file too big.
  fileprivate mutating func startRetention(now: Timestamp, usedBytes: Int) {
    guard retention.next == nil else { return }
    let excess = settings.bytesMax.map { usedBytes - $0 } ?? 0
    let pause = min(settings.retention / 10, .seconds(600))
    let isDue = retention.lastStart.map { now - $0 >= pause || now < $0 } ?? true
    guard isDue || excess > 0 else { return }
    retention.lastStart = now
    retention.next = 0
    retention.oldest = RetainedKind.allCases.map { _ in .max }
    let cutoff = (now - settings.retention).unixMilliseconds
    for kind in RetainedKind.allCases {
      retention.cutoffs[kind.rawValue] = cutoff
      guard let age = kind.ageMax, let newest = newestTime else { continue }
      retention.cutoffs[kind.rawValue] = max(cutoff, newest - age)
    }
    if excess > 0 { shorten(by: Double(excess) / Double(max(usedBytes, 1)) + 0.05) }
  }

  /// Moves a cutoff so that about this share of a kind goes: of the first kind that has more than
  /// should stay, else of all kinds.
  private mutating func shorten(by share: Double) {
    guard let newest = newestTime else { return }
    let kinds = RetainedKind.allCases.filter { kind in
      guard let oldest = retention.knownOldest[kind.rawValue] else { return false }
      // A block or day that begins before what should stay is not cut in two.
      return newest - oldest > kind.spanMin + RollupSpan.day
    }
    if let kind = kinds.first {
      // No more than down to what should stay, so that the next kind gives its share.
      shorten(kind, by: share, newest: newest, noLaterThan: newest - kind.spanMin)
    } else {
      for kind in RetainedKind.allCases {
        shorten(kind, by: share, newest: newest, noLaterThan: .max)
      }
    }
  }

  private mutating func shorten(
    _ kind: RetainedKind,
    by share: Double,
    newest: Int64,
    noLaterThan limit: Int64
  ) {
    guard let oldest = retention.knownOldest[kind.rawValue], newest > oldest else { return }
    let moved = oldest + Int64(Double(newest - oldest) * min(share, 1)) + 1
    retention.cutoffs[kind.rawValue] = max(retention.cutoffs[kind.rawValue], min(moved, limit))
  }

  /// The groups to look at next, or nil between two walks.
  fileprivate func retentionStep(groups limit: Int) -> RetentionStep? {
    guard let next = retention.next else { return nil }
    let end = min(Int(next) + limit, groups.count)
    return RetentionStep(
      groups: next..<max(UInt32(end), next),
      isRest: end >= groups.count,
      cutoffs: retention.cutoffs
    )
  }

  /// Forgets the series of a group that have no sample since a time; the file has none of them.
  fileprivate mutating func hideEnded(in number: UInt32, before cutoff: Int64) -> [UInt32] {
    let group = groups[Int(number)]
    let ended = group.columns.compactMap { $0 }.filter { series in
      let newest = entries[Int(series)].newest
      return newest != .min && newest < cutoff && late[series]?.open.isEmpty ?? true
    }
    // Samples that are in no block yet are younger than what was deleted, or will be soon.
    guard !ended.isEmpty, group.openRows == 0 || (group.openSince ?? .min) > cutoff else {
      return []
    }
    for series in ended { hide(series) }
    return ended
  }

  /// Notes how far a step came.
  fileprivate mutating func advanceRetention(to next: UInt32?, oldest: [Int64]) {
    for kind in oldest.indices {
      retention.oldest[kind] = min(retention.oldest[kind], oldest[kind])
    }
    retention.next = next
    guard next == nil else { return }
    retention.knownOldest = retention.oldest.map { $0 == .max ? nil : $0 }
  }
}

extension BlockTable {
  /// The time of the first sample in a block of a group, or nil when it has none.
  fileprivate static func firstTime(
    of group: UInt32,
    in database: Connection
  ) throws(SQLiteError) -> Int64? {
    let range = BlockKey.range(group)
    let statement = try database.prepare("SELECT min(id) FROM blocks WHERE id BETWEEN ? AND ?")
    try statement.bind(range.lowerBound, at: 1)
    try statement.bind(range.upperBound, at: 2)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return BlockKey.time(of: statement.integer(0))
  }

  /// Forgets a series without blocks.
  fileprivate static func deleteSeries(
    _ series: UInt32,
    in database: Connection
  ) throws(SQLiteError) {
    for sql in ["DELETE FROM series WHERE id = ?", "DELETE FROM moves WHERE series = ?"] {
      let statement = try database.prepare(sql)
      try statement.bind(Int64(series), at: 1)
      try statement.run()
    }
  }
}
