// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import SQLite
import StateStore
import TestSupport
import Testing

@Suite struct SentMessageTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func message(_ text: String, _ severity: SeverityRank? = .page) throws -> SentMessage {
    SentMessage(
      reference: try #require(MessageReference(text)),
      sentAt: time(5),
      severity: severity
    )
  }

  @Test func `a message that can be found again comes back after a restart, until it is over`()
    async throws
  {
    let first = try StateDatabase(path: path)
    let before = try await store(first)
    _ = await before.commit(plan([notification(1, group: "a"), notification(2, group: "b")]))
    await before.markDelivered([1], at: time(5), leaving: try message("C1 17.5"))
    await before.markDelivered([2], at: time(5), leaving: try message("C1 18.5", nil))
    await first.close()

    let second = try StateDatabase(path: path)
    let after = try await store(second)
    #expect(await after.sentMessage(about: "a", to: chat) == (try message("C1 17.5")))
    #expect(await after.sentMessage(about: "b", to: chat) == (try message("C1 18.5", nil)))
    let other = IntegrationID(receiver: "chat", kind: "slack", index: 2)
    #expect(await after.sentMessage(about: "a", to: other) == nil)
    // Nothing waits after a restart, so that ids begin anew.
    _ = await after.commit(plan([notification(3, group: "a"), notification(4, group: "b")]))
    await after.markDelivered([1], at: time(6), leaving: nil)
    await after.markDelivered([2], at: time(6), leaving: try message("C1 19.5"))
    await second.close()

    let third = try await store(try StateDatabase(path: path))
    #expect(await third.sentMessage(about: "a", to: chat) == nil)
    #expect(await third.sentMessage(about: "b", to: chat) == (try message("C1 19.5")))
  }

  @Test func `a file of the version before is brought forward with all it holds`() async throws {
    let first = try StateDatabase(path: path)
    let before = try await store(first)
    _ = await before.commit(plan([notification(1)]))
    await first.close()
    // What the version before wrote: no table of messages.
    let old = try DatabaseQueue(path: path)
    try old.runBlocking { connection throws(SQLiteError) in
      for table in [
        "sent_messages", "silences", "acknowledgements", "audit_log", "heartbeat", "alert_flaps",
        "told",
      ] {
        try connection.execute("DROP TABLE \(table)")
      }
      for column in ["answer", "failed_tries", "alerts", "tries"] {
        try connection.execute("ALTER TABLE notification_records DROP COLUMN \(column)")
      }
      try connection.execute("ALTER TABLE notification_queue DROP COLUMN tries")
      try connection.setUserVersion(1)
    }
    await old.close()

    let database = try StateDatabase(path: path)
    let after = try await store(database)
    guard case .ready(let waiting) = await after.next(for: chat, now: time(0)) else {
      Issue.record("the notification is gone")
      return
    }
    await after.markDelivered(waiting.map(\.id), at: time(5), leaving: try message("m"))
    let key = waiting[0].notification.groupKey
    #expect(await after.sentMessage(about: key, to: chat) == (try message("m")))
    await database.close()
  }
}
