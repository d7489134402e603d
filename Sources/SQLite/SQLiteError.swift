// SPDX-License-Identifier: MIT
import CSQLite

/// Why SQLite refused; holds SQL text and SQLite's message, never a bound value.
package struct SQLiteError: Error, Equatable, Sendable {
  /// What a caller would do differently.
  package enum Kind: Equatable, Sendable {
    /// The file is damaged.
    case corrupt
    /// The file is something else than a database.
    case notADatabase
    /// The database belongs to another program.
    case foreignDatabase
    /// A later version of this program wrote the database.
    case newerSchema(found: Int, known: Int)
    /// An earlier version of this program wrote the database, and this one cannot bring it forward.
    case olderSchema(found: Int, known: Int)
    /// The disk, or the page limit, is full.
    case full
    /// The file or its folder cannot be written.
    case readOnly
    /// The file cannot be opened or made.
    case cannotOpen
    /// A read or write failed below SQLite.
    case ioError
    /// Another connection holds the lock, or too much work waits in the queue.
    case busy
    /// A `UNIQUE`, `NOT NULL`, `CHECK` or other constraint refused the row.
    case constraint
    /// The queue or connection was closed.
    case closed
    /// Anything else, most of it a mistake in the SQL.
    case other
  }

  /// What a caller would do differently.
  package let kind: Kind
  /// SQLite's extended result code, or 0 when the error is not SQLite's.
  package let extendedCode: Int
  /// SQLite's message, in English, without values.
  package let message: String
  /// The SQL that failed, with `?` for values; nil when there was none.
  package let sql: String?

  /// Makes an error that SQLite did not report itself.
  package init(_ kind: Kind, _ message: String, extendedCode: Int = 0, sql: String? = nil) {
    self.kind = kind
    self.extendedCode = extendedCode
    self.message = message
    self.sql = sql
  }

  /// Makes an error from a result code and the latest message of `handle`.
  init(code: Int32, handle: OpaquePointer?, sql: String? = nil) {
    let extended = handle.map { sqlite3_extended_errcode($0) } ?? code
    // The connection remembers its latest error only: trust the code of this call if they differ.
    let isSame = extended & 0xff == code & 0xff
    let text = isSame ? handle.flatMap { sqlite3_errmsg($0) } : sqlite3_errstr(code)
    self.init(
      Self.kind(of: code),
      text.map { String(cString: $0) } ?? "unknown error",
      extendedCode: Int(isSame ? extended : code),
      sql: sql
    )
  }

  private static func kind(of code: Int32) -> Kind {
    switch code & 0xff {
    case SQLITE_CORRUPT: .corrupt
    case SQLITE_NOTADB: .notADatabase
    case SQLITE_FULL: .full
    case SQLITE_READONLY, SQLITE_PERM: .readOnly
    case SQLITE_CANTOPEN: .cannotOpen
    case SQLITE_IOERR: .ioError
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_CONSTRAINT: .constraint
    default: .other
    }
  }
}

extension SQLiteError: CustomStringConvertible {
  /// The message, the code when SQLite gave one, and the SQL.
  package var description: String {
    var text = message
    if extendedCode != 0 { text += " (SQLite code \(extendedCode))" }
    if let sql { text += " in: \(sql)" }
    return text
  }
}
