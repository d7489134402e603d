// SPDX-License-Identifier: MIT
package import MetricModel
package import Notifying
import SQLite

/// Keeps silences, acknowledgements and the audit log, so that a restart forgets none of them.
package struct SilenceStore: Sendable {
  /// Entries of the audit log that are kept; older ones are dropped.
  package static let auditEntriesMax = 10_000

  private let database: StateDatabase

  /// Keeps them in an open file.
  package init(database: StateDatabase) {
    self.database = database
  }

  /// What was stored.
  ///
  /// - Throws: ``StateStoreError`` when the file cannot be read or makes no sense.
  package func load() async throws(StateStoreError) -> (
    silences: [Silence], acknowledgements: [Acknowledgement]
  ) {
    let stored: ([Silence], [Acknowledgement]) = try await database.run {
      connection throws(SQLiteError) in
      (try SilenceTables.silences(connection), try SilenceTables.acknowledgements(connection))
    }
    return (stored.0, stored.1)
  }

  /// Stores changes and what the audit log says of them, all or nothing.
  package func save(
    _ changes: LedgerChanges,
    audit: [AuditEntry] = []
  ) async throws(StateStoreError) {
    guard !changes.isEmpty || !audit.isEmpty else { return }
    try await database.run { connection throws(SQLiteError) in
      try connection.transaction { () throws(SQLiteError) in
        try SilenceTables.apply(changes, connection)
        try SilenceTables.add(audit, keeping: Self.auditEntriesMax, connection)
      }
    }
  }

  /// The latest entries of the audit log, newest first.
  package func auditLog(limit: Int) async throws(StateStoreError) -> [AuditEntry] {
    try await database.run { connection throws(SQLiteError) in
      try SilenceTables.auditLog(connection, limit: limit)
    }
  }

  /// Writes the time and waits until it is safe: what returns shows that the file takes writes.
  package func beat(at time: Timestamp) async throws(StateStoreError) {
    try await database.run { connection throws(SQLiteError) in
      let write = try connection.prepare(
        "INSERT OR REPLACE INTO heartbeat(id, at_unix_ms) VALUES (1, ?)"
      )
      try write.bind(time.unixMilliseconds, at: 1)
      try write.run()
    }
  }
}
