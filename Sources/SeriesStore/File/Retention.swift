// SPDX-License-Identifier: MIT
import MetricModel
import SQLite
import Synchronization

/// How far the walk over all series that deletes old chunks has come.
struct RetentionProgress {
  /// The next series to look at; nil between two walks.
  var next: UInt32?
  /// Chunks that end before this time go.
  var cutoff = Int64.min
  /// The oldest chunk's time that this walk has left.
  var oldest = Int64.max
  /// The oldest chunk's time that the last walk left.
  var knownOldest: Int64?
  var lastStart: Timestamp?
}

extension SampleStore {
  /// Series a step looks at.
  private static var seriesPerStep: Int { 256 }
  /// Pages a step gives back to the file system.
  private static var pagesPerStep: Int { 512 }
  /// Free space below this stays in the file for the next chunks.
  private static var freeBytesKept: Int { 256 << 10 }

  /// Deletes some of what is too old, in a transaction of its own; runs on the writer's thread.
  func expireSome(_ connection: Connection) throws(SQLiteError) {
    let usedBytes = try connection.fileBytes - (try connection.freeBytes)
    let now = time.now
    let (step, cutoff) = state.withLock { state in
      state.startRetention(now: now, usedBytes: usedBytes)
      guard let next = state.retention.next else { return (nil as RetentionStep?, Int64.min) }
      let found = state.numbersForRetention(from: next, limit: Self.seriesPerStep)
      let end = next + UInt32(Self.seriesPerStep)
      let step = RetentionStep(numbers: found.numbers, end: found.isRest ? nil : end)
      return (step, state.retention.cutoff)
    }
    guard let step else { return }
    var oldest = Int64.max
    var change = ChunkTable.Change()
    try connection.transaction { () throws(SQLiteError) in
      for number in step.numbers {
        try deleteChunks(of: number, endingBefore: cutoff, in: connection, &change)
        if let first = try ChunkTable.firstTime(of: number, in: connection) {
          oldest = min(oldest, first)
        } else if state.withLock({ $0.makeDormant(number, ifOlderThan: cutoff) }) {
          try ChunkTable.deleteSeries(number, in: connection)
        }
      }
      try ChunkTable.add(change, to: connection)
    }
    state.withLock { state in
      state.counters.expiredChunks -= change.chunks
      state.advanceRetention(to: step.end, oldest: oldest)
    }
    if try connection.freeBytes > Self.freeBytesKept {
      try connection.incrementalVacuum(pagesMax: Self.pagesPerStep)
    }
  }

  private func deleteChunks(
    of number: UInt32,
    endingBefore cutoff: Int64,
    in connection: Connection,
    _ change: inout ChunkTable.Change
  ) throws(SQLiteError) {
    guard cutoff > 0 else { return }
    let statement = try connection.prepare(
      "DELETE FROM chunks WHERE id BETWEEN ? AND ? AND end_ms < ? RETURNING samples"
    )
    try statement.bind(ChunkKey.key(number, 0), at: 1)
    try statement.bind(ChunkKey.key(number, cutoff), at: 2)
    try statement.bind(cutoff, at: 3)
    while try statement.step() {
      change.chunks -= 1
      change.samples -= Int(statement.integer(0))
    }
  }
}

/// The series that one step looks at, and where the next step goes on, if there is one.
private struct RetentionStep: Sendable {
  let numbers: [UInt32]
  let end: UInt32?
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
    retention.oldest = .max
    retention.cutoff = (now - settings.retention).unixMilliseconds
    if excess > 0, let oldest = retention.knownOldest, let newest = newestTime, newest > oldest {
      // The share of the file that is too much, and a twentieth more, is about that share of time.
      let share = min(Double(excess) / Double(max(usedBytes, 1)) + 0.05, 1)
      let span = Double(newest - oldest) * share
      retention.cutoff = max(retention.cutoff, oldest + Int64(span) + 1)
    }
  }

  /// Notes how far a step came.
  fileprivate mutating func advanceRetention(to next: UInt32?, oldest: Int64) {
    retention.oldest = min(retention.oldest, oldest)
    retention.next = next
    guard next == nil else { return }
    retention.knownOldest = retention.oldest == .max ? nil : retention.oldest
  }
}

extension ChunkTable {
  /// The time of the first sample in a chunk of a series, or nil when it has none.
  fileprivate static func firstTime(
    of series: UInt32,
    in database: Connection
  ) throws(SQLiteError) -> Int64? {
    let range = ChunkKey.range(series)
    let statement = try database.prepare("SELECT min(id) FROM chunks WHERE id BETWEEN ? AND ?")
    try statement.bind(range.lowerBound, at: 1)
    try statement.bind(range.upperBound, at: 2)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.integer(0) - range.lowerBound
  }

  /// Forgets a series without chunks.
  fileprivate static func deleteSeries(
    _ series: UInt32,
    in database: Connection
  ) throws(SQLiteError) {
    for sql in ["DELETE FROM series WHERE id = ?", "DELETE FROM tails WHERE series = ?"] {
      let statement = try database.prepare(sql)
      try statement.bind(Int64(series), at: 1)
      try statement.run()
    }
  }
}
