// SPDX-License-Identifier: MIT
import CSQLite

extension Connection {
  /// Looks for damage in all pages, without comparing indexes to their tables: slow on big files.
  ///
  /// - Throws: ``SQLiteError`` of kind `corrupt` with the first finding.
  package func quickCheck() throws(SQLiteError) {
    let sql = "PRAGMA quick_check(1)"
    let statement = try prepare(sql)
    guard try statement.step() else { throw SQLiteError(.corrupt, "no answer", sql: sql) }
    let finding = statement.text(0)
    guard finding == "ok" else { throw SQLiteError(.corrupt, finding, sql: sql) }
  }

  /// Looks for damage as ``quickCheck()`` does, for a limited time.
  ///
  /// - Parameter isOver: Asked now and then whether to stop.
  /// - Returns: Whether all pages were looked at.
  /// - Throws: ``SQLiteError`` of kind `corrupt` with the first finding.
  package func quickCheck(until isOver: @escaping () -> Bool) throws(SQLiteError) -> Bool {
    var limit = CheckLimit(isOver: isOver)
    return try withUnsafeMutablePointer(to: &limit) { limit throws(SQLiteError) in
      sqlite3_progress_handler(
        handle,
        CheckLimit.stepsBetweenQuestions,
        { context in
          guard let limit = context?.assumingMemoryBound(to: CheckLimit.self) else { return 1 }
          limit.pointee.isReached = limit.pointee.isReached || limit.pointee.isOver()
          return limit.pointee.isReached ? 1 : 0
        },
        UnsafeMutableRawPointer(limit)
      )
      defer { sqlite3_progress_handler(handle, 0, nil, nil) }
      do throws(SQLiteError) {
        try quickCheck()
        return true
      } catch {
        guard limit.pointee.isReached else { throw error }
        return false
      }
    }
  }

  /// How far a checkpoint goes.
  package enum CheckpointKind: String, Sendable {
    /// Moves what it can without waiting for readers.
    case passive = "PASSIVE"
    /// Waits for readers within the busy timeout, then empties the log file.
    case truncate = "TRUNCATE"
  }

  /// Moves the write-ahead log's pages into the database file.
  ///
  /// - Returns: True when all were moved; false when a reader still needs some of them.
  @discardableResult
  package func checkpoint(_ kind: CheckpointKind = .passive) throws(SQLiteError) -> Bool {
    let statement = try prepare("PRAGMA wal_checkpoint(\(kind.rawValue))")
    guard try statement.step() else { return false }
    return statement.integer(0) == 0 && statement.integer(1) == statement.integer(2)
  }

  /// Gives at most this many free pages back to the file system.
  ///
  /// The file must have been made with ``OpenOptions/allowsIncrementalVacuum``.
  package func incrementalVacuum(pagesMax: Int) throws(SQLiteError) {
    // One page is given back per step.
    try prepare("PRAGMA incremental_vacuum(\(pagesMax))").run()
  }

  /// The size of the database file without the log, in bytes, as of the latest transaction.
  package var fileBytes: Int {
    get throws(SQLiteError) {
      Int(try integer("PRAGMA page_count") * (try integer("PRAGMA page_size")))
    }
  }

  /// The part of ``fileBytes`` that holds nothing, in bytes.
  package var freeBytes: Int {
    get throws(SQLiteError) {
      Int(try integer("PRAGMA freelist_count") * (try integer("PRAGMA page_size")))
    }
  }

  /// The file may not grow beyond this size: more is refused with kind `full`.
  package func limitFile(toBytes bytes: Int) throws(SQLiteError) {
    let pageBytes = Int(try integer("PRAGMA page_size"))
    try execute("PRAGMA max_page_count = \(max(bytes / pageBytes, 1))")
  }

  /// Writes a consistent, compacted copy of the database to a new file while others go on writing.
  ///
  /// - Throws: ``SQLiteError``, among others when `path` already holds something.
  package func backUp(to path: String) throws(SQLiteError) {
    let statement = try prepare("VACUUM INTO ?")
    try statement.bind(path, at: 1)
    try statement.run()
  }
}

/// When a check has to end, and whether it had to.
private struct CheckLimit {
  /// Steps of SQLite's machine between two questions: some ten microseconds.
  static let stepsBetweenQuestions: Int32 = 1_000

  let isOver: () -> Bool
  var isReached = false
}
