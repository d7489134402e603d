// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import SQLite

/// The SQL of the notification tables.
enum NotificationTables {
  /// Everything that is kept in memory.
  struct Content: Sendable {
    var queued: [QueuedNotification] = []
    var groups: [NotificationGroup] = []
    var messages: [SentMessageKey: SentMessage] = [:]
    var flaps: [LabelSet: FlapHistory] = [:]
    var unreached: [IntegrationID: Timestamp] = [:]
    /// Higher than the id of every notification that waits.
    var nextID: Int64 { (queued.last?.id ?? 0) + 1 }
  }

  static func read(_ connection: Connection) throws(SQLiteError) -> Content {
    var content = Content()
    let queue = try connection.prepare(
      "SELECT id, attempts, not_before_unix_ms, body, tries FROM notification_queue ORDER BY id"
    )
    while try queue.step() {
      content.queued.append(
        QueuedNotification(
          id: queue.integer(0),
          notification: try value(StoredNotification.self, queue.text(3)).notification,
          attempts: Int(queue.integer(1)),
          notBefore: Timestamp(unixMilliseconds: queue.integer(2)),
          tries: try tries(queue.text(4))
        )
      )
    }
    let groups = try connection.prepare("SELECT body FROM notification_groups")
    while try groups.step() {
      content.groups.append(try value(StoredGroup.self, groups.text(0)).group)
    }
    content.messages = try SentMessageTable.read(connection)
    content.flaps = try FlapTable.read(connection)
    content.unreached = try unreached(connection)
    return content
  }

  /// Writes a waiting notification, or removes it when it no longer waits.
  static func put(
    _ queued: QueuedNotification?,
    id: Int64,
    _ connection: Connection
  ) throws(SQLiteError) {
    guard let queued else {
      let delete = try connection.prepare("DELETE FROM notification_queue WHERE id = ?")
      try delete.bind(id, at: 1)
      try delete.run()
      return
    }
    let insert = try connection.prepare(
      """
      INSERT INTO notification_queue(id, attempts, not_before_unix_ms, body, tries)
        VALUES (?, ?, ?, ?, ?)
      ON CONFLICT(id) DO UPDATE SET attempts = excluded.attempts, tries = excluded.tries,
        not_before_unix_ms = excluded.not_before_unix_ms, body = excluded.body
      """
    )
    try insert.bind(id, at: 1)
    try insert.bind(queued.attempts, at: 2)
    try insert.bind(queued.notBefore.unixMilliseconds, at: 3)
    try insert.bind(StoredText.text(StoredNotification(queued.notification)), at: 4)
    try insert.bind(text(queued.tries), at: 5)
    try insert.run()
  }

  /// Writes a group, or removes it when it is gone.
  static func put(
    _ group: NotificationGroup?,
    id: GroupID,
    _ connection: Connection
  ) throws(SQLiteError) {
    let statement: String =
      group == nil
      ? "DELETE FROM notification_groups WHERE receiver = ? AND key = ?"
      : "INSERT OR REPLACE INTO notification_groups(receiver, key, body) VALUES (?, ?, ?)"
    let write = try connection.prepare(statement)
    try write.bind(id.receiver, at: 1)
    try write.bind(id.key, at: 2)
    if let group { try write.bind(StoredText.text(StoredGroup(group)), at: 3) }
    try write.run()
  }

  /// Adds records and drops the oldest beyond a number.
  static func add(
    _ records: [DeliveryRecord],
    keeping limit: Int,
    _ connection: Connection
  ) throws(SQLiteError) {
    guard !records.isEmpty else { return }
    let insert = try connection.prepare(
      """
      INSERT INTO notification_records(event_id, receiver, kind, item, group_key, reason,
        decided_unix_ms, ended_unix_ms, failure, answer, failed_tries, alerts, tries)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    )
    for record in records {
      try insert.bind(record.eventID, at: 1)
      try insert.bind(record.integration.receiver, at: 2)
      try insert.bind(record.integration.kind, at: 3)
      try insert.bind(record.integration.index, at: 4)
      try insert.bind(record.groupKey, at: 5)
      try insert.bind(record.reason.rawValue, at: 6)
      try insert.bind(record.decidedAt.unixMilliseconds, at: 7)
      try insert.bind(record.endedAt.unixMilliseconds, at: 8)
      try insert.bind(record.failure, at: 9)
      try insert.bind(record.answer, at: 10)
      try insert.bind(record.failedTries, at: 11)
      try insert.bind(record.fingerprints.joined(separator: " "), at: 12)
      try insert.bind(text(record.tries), at: 13)
      try insert.run()
    }
    let prune = try connection.prepare("DELETE FROM notification_records WHERE id <= ?")
    try prune.bind(connection.lastInsertedRowID - Int64(limit), at: 1)
    try prune.run()
  }

  /// The latest records, newest first.
  static func records(
    _ connection: Connection,
    limit: Int
  ) throws(SQLiteError) -> [DeliveryRecord] {
    let select = try connection.prepare(
      """
      SELECT event_id, receiver, kind, item, group_key, reason, decided_unix_ms, ended_unix_ms,
        failure, answer, failed_tries, alerts, tries FROM notification_records
        ORDER BY id DESC LIMIT ?
      """
    )
    try select.bind(limit, at: 1)
    var records: [DeliveryRecord] = []
    while try select.step() {
      let integration = IntegrationID(
        receiver: select.text(1),
        kind: select.text(2),
        index: Int(select.integer(3))
      )
      records.append(
        DeliveryRecord(
          eventID: select.text(0),
          integration: integration,
          groupKey: select.text(4),
          reason: NotificationReason(rawValue: select.text(5)) ?? .firing,
          decidedAt: Timestamp(unixMilliseconds: select.integer(6)),
          endedAt: Timestamp(unixMilliseconds: select.integer(7)),
          failure: select.isNull(8) ? nil : select.text(8),
          answer: select.text(9),
          failedTries: Int(select.integer(10)),
          fingerprints: select.text(11).split(separator: " ").map(String.init),
          tries: try tries(select.text(12))
        )
      )
    }
    return records
  }

  /// The integrations whose latest messages were refused, with the time of the oldest of these.
  private static func unreached(
    _ connection: Connection
  ) throws(SQLiteError) -> [IntegrationID: Timestamp] {
    let select = try connection.prepare(
      "SELECT receiver, kind, item, decided_unix_ms, failure FROM notification_records ORDER BY id"
    )
    var unreached: [IntegrationID: Timestamp] = [:]
    while try select.step() {
      let id = IntegrationID(
        receiver: select.text(0),
        kind: select.text(1),
        index: Int(select.integer(2))
      )
      guard !select.isNull(4) else {
        unreached[id] = nil
        continue
      }
      guard !BlamelessEnd.all.contains(select.text(4)) else { continue }
      let decided = Timestamp(unixMilliseconds: select.integer(3))
      unreached[id] = min(unreached[id] ?? decided, decided)
    }
    return unreached
  }

  private struct StoredTry: Codable {
    let atUnixMs: Int64
    let answer: String
  }

  private static func text(_ tries: [FailedTry]) -> String {
    guard !tries.isEmpty else { return "" }
    return StoredText.text(
      tries.map { StoredTry(atUnixMs: $0.at.unixMilliseconds, answer: $0.answer) }
    )
  }

  private static func tries(_ text: String) throws(SQLiteError) -> [FailedTry] {
    guard !text.isEmpty else { return [] }
    return try value([StoredTry].self, text).map {
      FailedTry(at: Timestamp(unixMilliseconds: $0.atUnixMs), answer: $0.answer)
    }
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type,
    _ text: String
  ) throws(SQLiteError) -> Value {
    do throws(StoredText.Unreadable) {
      return try StoredText.value(type, from: text)
    } catch {
      throw SQLiteError(.corrupt, error.reason)
    }
  }
}
