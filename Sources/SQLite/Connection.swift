// SPDX-License-Identifier: MIT
import CSQLite

/// One open database; not `Sendable`, since SQLite is told that one thread uses it at a time.
///
/// It closes when the last reference to it and to its statements goes away.
package final class Connection {
  /// Statements kept ready at most; the rest are finalized after use.
  private static let cachedStatementsMax = 64

  let handle: OpaquePointer
  private var cachedStatements: [String: OpaquePointer] = [:]

  /// Opens a database file in write-ahead log mode.
  ///
  /// - Parameters:
  ///   - path: A file path, or `:memory:`.
  ///   - options: How it is opened.
  /// - Throws: ``SQLiteError``: kind `cannotOpen`, `notADatabase`, `corrupt`, `readOnly`, ...
  package init(path: String, options: OpenOptions = OpenOptions()) throws(SQLiteError) {
    let access =
      switch options.access {
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readWrite: SQLITE_OPEN_READWRITE
      case .readOnly: SQLITE_OPEN_READONLY
      }
    var opened: OpaquePointer?
    let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let error = SQLiteError(code: code, handle: opened)
      sqlite3_close_v2(opened)
      throw error
    }
    // From here on, deinit closes the handle when a step fails.
    handle = opened
    sqlite3_busy_timeout(handle, Int32(clamping: options.busyTimeout.milliseconds))
    try configure(options)
  }

  deinit {
    for statement in cachedStatements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(handle)
  }

  private func configure(_ options: OpenOptions) throws(SQLiteError) {
    if options.access == .create {
      try execute("PRAGMA page_size = \(options.pageBytes)")
      if options.allowsIncrementalVacuum { try execute("PRAGMA auto_vacuum = INCREMENTAL") }
    }
    try execute("PRAGMA cache_size = -\(max(options.cacheBytes / 1_024, 16))")
    try execute("PRAGMA foreign_keys = ON")
    try execute("PRAGMA trusted_schema = OFF")
    guard options.access != .readOnly else {
      // The first real read: a file that is no database is found here, not in the first query.
      try execute("PRAGMA schema_version")
      return
    }
    try execute("PRAGMA journal_mode = WAL")
    try execute("PRAGMA synchronous = \(options.synchronous.rawValue)")
    try execute("PRAGMA journal_size_limit = \(options.logBytesMax)")
    // A database whose pages can never be written is told now, before anything depends on it.
    guard sqlite3_db_readonly(handle, "main") == 0 else {
      throw SQLiteError(.readOnly, "the database file cannot be written")
    }
  }

  /// Runs SQL without values and without results: one statement or several.
  package func execute(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteError(code: code, handle: handle, sql: sql) }
  }

  /// Prepares one statement, or takes it from the cache: cheap to call each time.
  package func prepare(_ sql: String) throws(SQLiteError) -> PreparedStatement {
    if let cached = cachedStatements.removeValue(forKey: sql) {
      return PreparedStatement(handle: cached, sql: sql, connection: self)
    }
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(
      handle,
      sql,
      -1,
      UInt32(SQLITE_PREPARE_PERSISTENT),
      &statement,
      nil
    )
    guard code == SQLITE_OK else { throw SQLiteError(code: code, handle: handle, sql: sql) }
    guard let statement else { throw SQLiteError(.other, "the statement is empty", sql: sql) }
    return PreparedStatement(handle: statement, sql: sql, connection: self)
  }

  /// Takes a statement back into the cache, or finalizes it.
  func giveBack(_ statement: OpaquePointer, sql: String) {
    guard cachedStatements.count < Self.cachedStatementsMax, cachedStatements[sql] == nil else {
      sqlite3_finalize(statement)
      return
    }
    sqlite3_reset(statement)
    sqlite3_clear_bindings(statement)
    cachedStatements[sql] = statement
  }

  /// The error of a call that just failed with `code`.
  func error(_ code: Int32, sql: String) -> SQLiteError {
    SQLiteError(code: code, handle: handle, sql: sql)
  }

  /// When a transaction takes its lock.
  package enum TransactionKind: String, Sendable {
    /// At the first statement that needs one: for readers.
    case deferred = "DEFERRED"
    /// At once, so that a writer never fails half way with `busy`.
    case immediate = "IMMEDIATE"
  }

  /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
  package func transaction<Value>(
    _ kind: TransactionKind = .immediate,
    _ body: () throws(SQLiteError) -> Value
  ) throws(SQLiteError) -> Value {
    try execute("BEGIN \(kind.rawValue)")
    do throws(SQLiteError) {
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      // SQLite rolls back by itself after some errors; a second rollback would be an error.
      if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
      throw error
    }
  }

  /// A transaction is open.
  package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Rows changed by the latest INSERT, UPDATE or DELETE.
  package var changedRows: Int { Int(sqlite3_changes64(handle)) }

  /// The row id of the latest INSERT.
  package var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

  /// The one integer that a query without values answers, such as `PRAGMA page_count`.
  ///
  /// - Throws: ``SQLiteError`` of kind `other` when there is no row.
  package func integer(_ sql: String) throws(SQLiteError) -> Int64 {
    let statement = try prepare(sql)
    guard try statement.step() else { throw SQLiteError(.other, "the query has no row", sql: sql) }
    return statement.integer(0)
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
