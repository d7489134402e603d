// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import SQLite

/// Which message of which group: one integration has one about a group.
struct SentMessageKey: Hashable, Sendable {
  let integration: IntegrationID
  let groupKey: String
}

/// The SQL of the table of messages that can be found again.
enum SentMessageTable {
  static func read(
    _ connection: Connection
  ) throws(SQLiteError) -> [SentMessageKey: SentMessage] {
    let select = try connection.prepare(
      """
      SELECT receiver, kind, item, group_key, reference, sent_unix_ms, severity FROM sent_messages
      """
    )
    var messages: [SentMessageKey: SentMessage] = [:]
    while try select.step() {
      let integration = IntegrationID(
        receiver: select.text(0),
        kind: select.text(1),
        index: Int(select.integer(2))
      )
      guard let reference = MessageReference(select.text(4)) else {
        throw SQLiteError(.corrupt, "a stored reference of a message is not what it should be")
      }
      messages[SentMessageKey(integration: integration, groupKey: select.text(3))] = SentMessage(
        reference: reference,
        sentAt: Timestamp(unixMilliseconds: select.integer(5)),
        severity: select.isNull(6) ? nil : SeverityRank(rawValue: Int(select.integer(6)))
      )
    }
    return messages
  }

  /// Writes a message, or removes it when it is over.
  static func put(
    _ message: SentMessage?,
    key: SentMessageKey,
    _ connection: Connection
  ) throws(SQLiteError) {
    let statement: String =
      message == nil
      ? """
      DELETE FROM sent_messages WHERE receiver = ? AND kind = ? AND item = ? AND group_key = ?
      """
      : """
      INSERT OR REPLACE INTO sent_messages(receiver, kind, item, group_key, reference,
        sent_unix_ms, severity) VALUES (?, ?, ?, ?, ?, ?, ?)
      """
    let write = try connection.prepare(statement)
    try write.bind(key.integration.receiver, at: 1)
    try write.bind(key.integration.kind, at: 2)
    try write.bind(key.integration.index, at: 3)
    try write.bind(key.groupKey, at: 4)
    if let message {
      try write.bind(message.reference.text, at: 5)
      try write.bind(message.sentAt.unixMilliseconds, at: 6)
      try write.bind(message.severity?.rawValue, at: 7)
    }
    try write.run()
  }
}
