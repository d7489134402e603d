// SPDX-License-Identifier: MIT
import SQLite

/// The open file that the stores of this module share.
package final class StateDatabase: Sendable {
  /// Where the file is.
  package let path: String
  let queue: DatabaseQueue

  /// Opens the file, makes it when there is none, and checks all of it; blocks until that is done.
  ///
  /// - Parameter path: A file path, or `:memory:`.
  /// - Throws: ``StateStoreError``, whose description tells the operator what to do.
  package init(path: String) throws(StateStoreError) {
    self.path = path
    var options = OpenOptions()
    // Nobody else writes the file: a lock that lasts is a fault, and messages must not wait for it.
    options.busyTimeout = .seconds(1)
    do throws(SQLiteError) {
      queue = try DatabaseQueue(path: path, options: options, schema: Self.schema)
      // The file is small: looking at every page at start costs milliseconds and finds damage
      // before anything depends on it.
      try queue.runBlocking { connection throws(SQLiteError) in try connection.quickCheck() }
    } catch {
      throw StateStoreError(error, path: path)
    }
  }

  /// Finishes what was begun and closes the file; later writes fail.
  package func close() async {
    await queue.close()
  }

  /// Works with the file, in turn with whoever else does.
  func run<Value: Sendable>(
    _ work: @escaping @Sendable (Connection) throws(SQLiteError) -> Value
  ) async throws(StateStoreError) -> Value {
    do throws(SQLiteError) {
      return try await queue.run(work)
    } catch {
      throw StateStoreError(error, path: path)
    }
  }

  private static let schema = Schema(
    // "hvst" in ASCII.
    applicationID: 0x6876_7374,
    steps: [
      """
      CREATE TABLE alert_instances(
        rule_group TEXT NOT NULL, rule_name TEXT NOT NULL, rule_key TEXT NOT NULL,
        labels TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (rule_group, rule_name, rule_key, labels)
      ) WITHOUT ROWID;
      CREATE TABLE notification_groups(
        receiver TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (receiver, key)
      ) WITHOUT ROWID;
      CREATE TABLE notification_queue(
        id INTEGER PRIMARY KEY, attempts INTEGER NOT NULL,
        not_before_unix_ms INTEGER NOT NULL, body TEXT NOT NULL
      );
      CREATE TABLE notification_records(
        id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, receiver TEXT NOT NULL,
        kind TEXT NOT NULL, item INTEGER NOT NULL, group_key TEXT NOT NULL, reason TEXT NOT NULL,
        decided_unix_ms INTEGER NOT NULL, ended_unix_ms INTEGER NOT NULL,
        -- NULL when it was delivered, else why it was not.
        failure TEXT
      );
      """,
      """
      CREATE TABLE sent_messages(
        receiver TEXT NOT NULL, kind TEXT NOT NULL, item INTEGER NOT NULL,
        group_key TEXT NOT NULL, reference TEXT NOT NULL, sent_unix_ms INTEGER NOT NULL,
        -- NULL when the message tells of ended alerts only.
        severity INTEGER,
        PRIMARY KEY (receiver, kind, item, group_key)
      ) WITHOUT ROWID;
      """,
      """
      CREATE TABLE silences(id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE acknowledgements(subject TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE audit_log(
        id INTEGER PRIMARY KEY, at_unix_ms INTEGER NOT NULL, who TEXT NOT NULL,
        action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
      );
      -- When the file was last known to take writes.
      CREATE TABLE heartbeat(id INTEGER PRIMARY KEY CHECK (id = 1), at_unix_ms INTEGER NOT NULL);
      ALTER TABLE notification_records ADD COLUMN answer TEXT NOT NULL DEFAULT '';
      ALTER TABLE notification_records ADD COLUMN failed_tries INTEGER NOT NULL DEFAULT 0;
      -- Fingerprints of its alerts, separated by blanks.
      ALTER TABLE notification_records ADD COLUMN alerts TEXT NOT NULL DEFAULT '';
      """,
      """
      -- Alerts that came and went several times.
      CREATE TABLE alert_flaps(labels TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
      -- The latest tries that failed, as JSON.
      ALTER TABLE notification_queue ADD COLUMN tries TEXT NOT NULL DEFAULT '';
      ALTER TABLE notification_records ADD COLUMN tries TEXT NOT NULL DEFAULT '';
      """,
      """
      -- What each place was told about each group, by all instances on the same cluster.
      CREATE TABLE told(
        receiver TEXT NOT NULL, kind TEXT NOT NULL, item INTEGER NOT NULL,
        group_key TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (receiver, kind, item, group_key)
      ) WITHOUT ROWID;
      """,
    ]
  )
}

extension StateStoreError {
  init(_ error: SQLiteError, path: String) {
    self =
      switch error.kind {
      case .corrupt, .notADatabase: .damaged(path: path, reason: error.message)
      case .newerSchema(let found, let known): .newer(path: path, found: found, known: known)
      case .foreignDatabase: .foreign(path: path)
      default: .unusable(path: path, reason: error.message)
      }
  }
}
