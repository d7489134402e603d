// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// The row id of a chunk: its series and its first sample's time, so that all chunks of a series
/// from one time to another are one range of row ids.
enum ChunkKey {
  /// Times from 0 up to here, in the year 2109, fit in a key.
  static let timeEnd: Int64 = 1 << timeBits
  /// Series numbers below this fit in a key.
  static let seriesMax = 1 << 21
  private static let timeBits: Int64 = 42

  static func key(_ series: UInt32, _ time: Int64) -> Int64 {
    Int64(series) << timeBits | min(max(time, 0), timeEnd - 1)
  }

  /// All keys of a series.
  static func range(_ series: UInt32) -> ClosedRange<Int64> {
    key(series, 0)...key(series, timeEnd - 1)
  }
}

/// The database's tables, and what a flush does to them.
enum ChunkTable {
  static let schema = Schema(
    applicationID: 0x6876_7373,
    steps: [
      """
      CREATE TABLE series(id INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, labels BLOB NOT NULL);
      CREATE TABLE tails(series INTEGER PRIMARY KEY, closed_ms INTEGER NOT NULL);
      CREATE TABLE chunks(
        id INTEGER PRIMARY KEY,
        end_ms INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        data BLOB NOT NULL
      );
      CREATE TABLE head(seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
      CREATE TABLE totals(id INTEGER PRIMARY KEY, chunks INTEGER NOT NULL, samples INTEGER NOT NULL);
      INSERT INTO totals VALUES (1, 0, 0);
      """
    ]
  )

  /// How many chunks and samples a transaction added.
  struct Change: Sendable {
    var chunks = 0
    var samples = 0
  }

  /// Writes one flush; the caller holds the transaction.
  static func write(_ plan: FlushPlan, to database: Connection) throws(SQLiteError) -> Change {
    for series in plan.series {
      let statement = try database.prepare(
        "INSERT OR REPLACE INTO series(id, first_ms, labels) VALUES (?, ?, ?)"
      )
      try statement.bind(Int64(series.number), at: 1)
      try statement.bind(series.firstTime, at: 2)
      try statement.bind(LabelCoding.encode(series.labels), at: 3)
      try statement.run()
    }
    if plan.record.count > 0 {
      let statement = try database.prepare("INSERT INTO head(seq, data) VALUES (?, ?)")
      try statement.bind(plan.row, at: 1)
      try statement.bind(plan.record.encoded(), at: 2)
      try statement.run()
    }
    var change = Change()
    for run in plan.closings { try close(run, plan.chunkSamples, in: database, &change) }
    let delete = try database.prepare("DELETE FROM head WHERE seq < ?")
    try delete.bind(plan.oldestRow, at: 1)
    try delete.run()
    try add(change, to: database)
    return change
  }

  /// Changes the totals.
  static func add(_ change: Change, to database: Connection) throws(SQLiteError) {
    guard change.chunks != 0 || change.samples != 0 else { return }
    let statement = try database.prepare(
      "UPDATE totals SET chunks = chunks + ?, samples = samples + ?"
    )
    try statement.bind(change.chunks, at: 1)
    try statement.bind(change.samples, at: 2)
    try statement.run()
  }

  private static func close(
    _ run: ClosingRun,
    _ chunkSamples: Int,
    in database: Connection,
    _ change: inout Change
  ) throws(SQLiteError) {
    if !run.late.isEmpty { try merge(run.late, of: run.number, in: database, &change) }
    var start = 0
    while start < run.open.count {
      let left = run.open.count - start
      let size = left <= chunkSamples + chunkSamples / 2 ? left : chunkSamples
      let piece = TimedValues(
        times: Array(run.open.times[start..<start + size]),
        values: Array(run.open.values[start..<start + size])
      )
      try insert(piece, of: run.number, in: database, &change)
      start += size
    }
    guard let closed = run.open.times.last else { return }
    let statement = try database.prepare("INSERT OR REPLACE INTO tails VALUES (?, ?)")
    try statement.bind(Int64(run.number), at: 1)
    try statement.bind(closed, at: 2)
    try statement.run()
  }

  private static func insert(
    _ samples: TimedValues,
    of series: UInt32,
    in database: Connection,
    _ change: inout Change
  ) throws(SQLiteError) {
    guard let first = samples.times.first, let last = samples.times.last else { return }
    let statement = try database.prepare(
      "INSERT INTO chunks(id, end_ms, samples, data) VALUES (?, ?, ?, ?)"
    )
    try statement.bind(ChunkKey.key(series, first), at: 1)
    try statement.bind(last, at: 2)
    try statement.bind(samples.count, at: 3)
    try statement.bind(SampleChunk.encode(times: samples.times, values: samples.values), at: 4)
    try statement.run()
    change.chunks += 1
    change.samples += samples.count
  }

  /// Puts late samples into the chunks that cover their times; the chunks keep their row ids.
  private static func merge(
    _ late: TimedValues,
    of series: UInt32,
    in database: Connection,
    _ change: inout Change
  ) throws(SQLiteError) {
    var groups: [Int64: TimedValues] = [:]
    for index in 0..<late.count {
      let key = try chunkID(of: series, covering: late.times[index], in: database)
      groups[key ?? -1, default: TimedValues()].append(late.times[index], late.values[index])
    }
    for (key, group) in groups.sorted(by: { $0.key < $1.key }) {
      // A damaged chunk stays as it is, and what belongs in it becomes a chunk of its own.
      guard let old = try soundSamples(ofChunk: key, in: database),
        old.count + group.count <= SampleChunk.samplesMax
      else {
        try insert(group, of: series, in: database, &change)
        continue
      }
      let merged = old.merged(with: group)
      let statement = try database.prepare(
        "UPDATE chunks SET end_ms = ?, samples = ?, data = ? WHERE id = ?"
      )
      try statement.bind(merged.times.last, at: 1)
      try statement.bind(merged.count, at: 2)
      try statement.bind(SampleChunk.encode(times: merged.times, values: merged.values), at: 3)
      try statement.bind(key, at: 4)
      try statement.run()
      change.samples += merged.count - old.count
    }
  }

  /// The chunk that begins last before or at `time`, or nil.
  static func chunkID(
    of series: UInt32,
    covering time: Int64,
    in database: Connection
  ) throws(SQLiteError) -> Int64? {
    let statement = try database.prepare("SELECT max(id) FROM chunks WHERE id BETWEEN ? AND ?")
    try statement.bind(ChunkKey.key(series, 0), at: 1)
    try statement.bind(ChunkKey.key(series, time), at: 2)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.integer(0)
  }

  /// The samples of one chunk, or nil when there is no such chunk or it is damaged.
  private static func soundSamples(
    ofChunk key: Int64,
    in database: Connection
  ) throws(SQLiteError) -> TimedValues? {
    guard key >= 0 else { return nil }
    do throws(SQLiteError) {
      return try samples(ofChunk: key, in: database)
    } catch {
      guard error.kind == .corrupt else { throw error }
      return nil
    }
  }

  /// The samples of one chunk.
  static func samples(
    ofChunk key: Int64,
    in database: Connection
  ) throws(SQLiteError) -> TimedValues {
    let statement = try database.prepare("SELECT data FROM chunks WHERE id = ?")
    try statement.bind(key, at: 1)
    guard try statement.step() else { return TimedValues() }
    var times: [Int64] = []
    var values: [Double] = []
    do throws(ChunkError) {
      try SampleChunk.decode(statement.blob(0), times: &times, values: &values)
    } catch {
      throw SQLiteError(.corrupt, "chunk \(key): \(error)")
    }
    return TimedValues(times: times, values: values)
  }
}
