// SPDX-License-Identifier: MIT
import CSQLite

/// One prepared statement, given back to its connection when it goes out of scope.
///
/// Parameters count from 1, columns from 0, as SQLite counts them. Column readers are valid after
/// a ``step()`` that returned true; they convert as SQLite does, so NULL reads as 0 or empty.
package struct PreparedStatement: ~Copyable {
  private let handle: OpaquePointer
  private let sql: String
  private let connection: Connection

  init(handle: OpaquePointer, sql: String, connection: Connection) {
    self.handle = handle
    self.sql = sql
    self.connection = connection
  }

  deinit { connection.giveBack(handle, sql: sql) }

  /// Runs one step: true while a row is ready.
  package borrowing func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = connection.error(code, sql: sql)
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Runs the statement to its end and makes it ready for the next values; rows are passed over.
  package borrowing func run() throws(SQLiteError) {
    while try step() {}
    reset()
  }

  /// Makes the statement ready to run again; all parameters become NULL.
  package borrowing func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Sets parameter `index` to an integer; nil is NULL.
  package borrowing func bind(_ value: Int64?, at index: Int) throws(SQLiteError) {
    guard let value else { return try bindNull(at: index) }
    try check(sqlite3_bind_int64(handle, Int32(index), value))
  }

  /// Sets parameter `index` to an integer; nil is NULL.
  package borrowing func bind(_ value: Int?, at index: Int) throws(SQLiteError) {
    try bind(value.map { Int64($0) }, at: index)
  }

  /// Sets parameter `index` to a real; nil is NULL, and so is any NaN, since SQLite stores none.
  package borrowing func bind(_ value: Double?, at index: Int) throws(SQLiteError) {
    guard let value else { return try bindNull(at: index) }
    try check(sqlite3_bind_double(handle, Int32(index), value))
  }

  /// Sets parameter `index` to a text; nil is NULL.
  package borrowing func bind(_ value: String?, at index: Int) throws(SQLiteError) {
    guard var value else { return try bindNull(at: index) }
    let code = value.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { characters in
        // A nil pointer would be NULL: the empty text still needs an address.
        let start = characters.baseAddress ?? Self.emptyText
        return sqlite3_bind_text(
          handle,
          Int32(index),
          start,
          Int32(clamping: characters.count),
          Self.copied
        )
      }
    }
    try check(code)
  }

  /// Sets parameter `index` to a blob; nil is NULL, an empty array an empty blob.
  package borrowing func bind(_ value: [UInt8]?, at index: Int) throws(SQLiteError) {
    guard let value else { return try bindNull(at: index) }
    guard !value.isEmpty else {
      try check(sqlite3_bind_zeroblob(handle, Int32(index), 0))
      return
    }
    let code = value.withUnsafeBytes { bytes in
      sqlite3_bind_blob64(
        handle,
        Int32(index),
        bytes.baseAddress,
        UInt64(bytes.count),
        Self.copied
      )
    }
    try check(code)
  }

  /// Sets parameter `index` to NULL.
  package borrowing func bindNull(at index: Int) throws(SQLiteError) {
    try check(sqlite3_bind_null(handle, Int32(index)))
  }

  /// The integer in a column.
  package borrowing func integer(_ column: Int) -> Int64 {
    sqlite3_column_int64(handle, Int32(column))
  }

  /// The real in a column.
  package borrowing func real(_ column: Int) -> Double {
    sqlite3_column_double(handle, Int32(column))
  }

  /// The text in a column; bytes that are not UTF-8 are replaced.
  package borrowing func text(_ column: Int) -> String {
    guard let start = sqlite3_column_text(handle, Int32(column)) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// The bytes in a column.
  package borrowing func blob(_ column: Int) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, Int32(column)) else { return [] }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The column is NULL.
  package borrowing func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
  }

  /// Tells SQLite to copy a value: SQLITE_TRANSIENT, a cast macro that Swift cannot see.
  private static var copied: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  /// An address for texts without bytes; the length 0 that goes with it keeps it from being read.
  private static var emptyText: UnsafePointer<CChar>? { UnsafePointer(bitPattern: 1) }

  private borrowing func check(_ code: Int32) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw connection.error(code, sql: sql) }
  }
}
