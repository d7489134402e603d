// SPDX-License-Identifier: MIT
package import Notifying
import SQLite

/// Keeps what each place was told by all instances, so that an instance that starts knows it.
///
/// What is lost of it costs a repeated message at worst, never one.
package struct ToldStore: Sendable {
  private let database: StateDatabase

  /// Keeps it in an open file.
  package init(database: StateDatabase) {
    self.database = database
  }

  /// What was stored; what cannot be read is left out.
  ///
  /// - Throws: ``StateStoreError`` when the file cannot be read.
  package func load() async throws(StateStoreError) -> [ToldKey: ToldGroup] {
    let bodies: [String] = try await database.run { connection throws(SQLiteError) in
      let select = try connection.prepare("SELECT body FROM told")
      var bodies: [String] = []
      while try select.step() { bodies.append(select.text(0)) }
      return bodies
    }
    var groups: [ToldKey: ToldGroup] = [:]
    for body in bodies {
      do throws(StoredText.Unreadable) {
        guard let read = try StoredText.value(ToldGroupForm.self, from: body).value else {
          continue
        }
        groups[read.key] = read.told
      } catch {
        // A later version's form: to know less than there was is safe.
        continue
      }
    }
    return groups
  }

  /// Stores these, all or nothing; those that are nil are dropped.
  package func save(_ groups: [ToldKey: ToldGroup?]) async throws(StateStoreError) {
    guard !groups.isEmpty else { return }
    try await database.run { connection throws(SQLiteError) in
      try connection.transaction { () throws(SQLiteError) in
        for (key, told) in groups { try Self.put(told, key, connection) }
      }
    }
  }

  /// Drops everything: what was told is not followed any more.
  ///
  /// - Throws: ``StateStoreError`` when the file cannot be written.
  package func clear() async throws(StateStoreError) {
    try await database.run { connection throws(SQLiteError) in
      try connection.execute("DELETE FROM told")
    }
  }

  private static func put(
    _ told: ToldGroup?,
    _ key: ToldKey,
    _ connection: Connection
  ) throws(SQLiteError) {
    let statement: String =
      told == nil
      ? "DELETE FROM told WHERE receiver = ? AND kind = ? AND item = ? AND group_key = ?"
      : """
      INSERT OR REPLACE INTO told(receiver, kind, item, group_key, body) VALUES (?, ?, ?, ?, ?)
      """
    let write = try connection.prepare(statement)
    try write.bind(key.integration.receiver, at: 1)
    try write.bind(key.integration.kind, at: 2)
    try write.bind(key.integration.index, at: 3)
    try write.bind(key.groupKey, at: 4)
    if let told { try write.bind(StoredText.text(ToldGroupForm(key, told)), at: 5) }
    try write.run()
  }
}
