// SPDX-License-Identifier: MIT
import ChunkCodec
import MetricModel
import SQLite

/// The database's tables, and what a flush does to them.
enum BlockTable {
  static let schema = Schema(
    applicationID: 0x6876_7373,
    // Version 1 was that of development versions.
    firstVersion: 1,
    steps: [
      """
      CREATE TABLE symbols(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
      CREATE TABLE series(
        id INTEGER PRIMARY KEY,
        grp INTEGER NOT NULL,
        col INTEGER NOT NULL,
        first_ms INTEGER NOT NULL,
        last_ms INTEGER,
        labels BLOB NOT NULL
      );
      CREATE TABLE moves(series INTEGER NOT NULL, grp INTEGER NOT NULL, PRIMARY KEY(series, grp))
        WITHOUT ROWID;
      CREATE TABLE groups(
        id INTEGER PRIMARY KEY,
        closed_ms INTEGER NOT NULL,
        span_ms INTEGER NOT NULL,
        rolled_ms INTEGER NOT NULL DEFAULT 0
      );
      CREATE TABLE blocks(
        id INTEGER PRIMARY KEY,
        end_ms INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        data BLOB NOT NULL
      );
      CREATE TABLE rollups_300(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
      CREATE TABLE rollups_3600(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
      CREATE TABLE head(seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
      CREATE TABLE totals(id INTEGER PRIMARY KEY, blocks INTEGER NOT NULL, samples INTEGER NOT NULL);
      INSERT INTO totals VALUES (1, 0, 0);
      """
    ]
  )

  /// Writes one flush; the caller holds the transaction.
  static func write(
    _ plan: FlushPlan,
    log: [UInt8]?,
    symbols: inout SymbolTable,
    to database: Connection
  ) throws(SQLiteError) -> SealingOutcome {
    try saveSeries(plan.series, symbols: &symbols, in: database)
    for move in plan.moves {
      let statement = try database.prepare("INSERT OR IGNORE INTO moves VALUES (?, ?)")
      try statement.bind(Int64(move.series), at: 1)
      try statement.bind(Int64(move.from), at: 2)
      try statement.run()
    }
    if let log {
      let statement = try database.prepare("INSERT INTO head(seq, data) VALUES (?, ?)")
      try statement.bind(plan.row, at: 1)
      try statement.bind(log, at: 2)
      try statement.run()
    }
    var writer = BlockWriter(chunkSamples: plan.chunkSamples)
    for run in plan.sealings { try writer.seal(run, in: database) }
    for end in plan.ends { try set(end, in: database) }
    let delete = try database.prepare("DELETE FROM head WHERE seq < ?")
    try delete.bind(plan.oldestRow, at: 1)
    try delete.run()
    try add(writer.outcome, to: database)
    return writer.outcome
  }

  /// Writes the rows of series.
  static func saveSeries(
    _ list: [FlushPlan.SavedSeries],
    symbols: inout SymbolTable,
    in database: Connection
  ) throws(SQLiteError) {
    for series in list {
      let statement = try database.prepare(
        "INSERT OR REPLACE INTO series(id, grp, col, first_ms, labels) VALUES (?, ?, ?, ?, ?)"
      )
      let coded = LabelCoding.encode(series.labels, &symbols)
      try symbols.save(to: database)
      try statement.bind(Int64(series.number), at: 1)
      try statement.bind(Int64(series.place.group), at: 2)
      try statement.bind(Int64(series.place.column), at: 3)
      try statement.bind(series.firstTime, at: 4)
      try statement.bind(coded, at: 5)
      try statement.run()
    }
  }

  private static func set(_ end: SeriesEnd, in database: Connection) throws(SQLiteError) {
    let statement = try database.prepare("UPDATE series SET last_ms = ? WHERE id = ?")
    try statement.bind(end.time, at: 1)
    try statement.bind(Int64(end.series), at: 2)
    try statement.run()
  }

  /// Changes the totals.
  static func add(_ change: SealingOutcome, to database: Connection) throws(SQLiteError) {
    guard change.blocks != 0 || change.samples != 0 else { return }
    let statement = try database.prepare(
      "UPDATE totals SET blocks = blocks + ?, samples = samples + ?"
    )
    try statement.bind(change.blocks, at: 1)
    try statement.bind(change.samples, at: 2)
    try statement.run()
  }

  // Reading.

  /// A block's row without its samples.
  struct Row: Sendable {
    let id: Int64
    let end: Int64
  }

  /// The blocks of a group that may have a sample in a range, by their beginning.
  static func rows(
    of group: UInt32,
    in times: ClosedRange<Int64>,
    spanMax: Int64,
    _ database: Connection
  ) throws(SQLiteError) -> [Row] {
    let range = BlockKey.range(group, times, spanMax: spanMax)
    let statement = try database.prepare(
      "SELECT id, end_ms FROM blocks WHERE id BETWEEN ? AND ? AND end_ms >= ? ORDER BY id"
    )
    try statement.bind(range.lowerBound, at: 1)
    try statement.bind(range.upperBound, at: 2)
    try statement.bind(times.lowerBound, at: 3)
    var rows: [Row] = []
    while try statement.step() {
      rows.append(Row(id: statement.integer(0), end: statement.integer(1)))
    }
    return rows
  }

  /// A block of this table or of one with roll-ups, or nil when there is none of this id.
  ///
  /// - Throws: ``SQLiteError`` of kind `corrupt`, which names the block, when its bytes are damaged.
  static func block(
    _ id: Int64,
    in table: String = "blocks",
    _ database: Connection
  ) throws(SQLiteError) -> SampleBlock? {
    let statement = try database.prepare("SELECT data FROM \(table) WHERE id = ?")
    try statement.bind(id, at: 1)
    guard try statement.step() else { return nil }
    do throws(ChunkError) {
      return try SampleBlock(decoding: statement.blob(0))
    } catch {
      throw SQLiteError(.corrupt, "\(table) \(id): \(error)")
    }
  }

  /// A block, or nil when there is none of this id or it is damaged: whoever reads it is told.
  static func soundBlock(_ id: Int64, _ database: Connection) throws(SQLiteError) -> SampleBlock? {
    do throws(SQLiteError) {
      return try block(id, database)
    } catch {
      guard error.kind == .corrupt else { throw error }
      return nil
    }
  }
}
