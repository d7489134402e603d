// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import SQLite
import StateStore
import TestSupport
import Testing

@Suite struct SilenceStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func silence(_ id: String, to end: Double = 100) throws -> Silence {
    try Silence(
      id: id,
      labelMatchers: [
        LabelMatcher("alertname", .equal, "a\"b\\c\nü\u{1F600}"),
        LabelMatcher("tier", .doesNotMatch, "d.*|x"), LabelMatcher("n", .notEqual, ""),
      ],
      startsAt: time(1.234),
      endsAt: time(end),
      createdBy: "ann",
      comment: "it's \"so\"",
      updatedAt: time(2)
    )
  }

  private let acknowledgements = [
    Acknowledgement(.alert(alert(1).labels), by: "ann", at: time(5), comment: "on it"),
    Acknowledgement(.group(key: "{}:{alertname=\"A\"}"), by: "bob", at: time(6)),
  ]

  @Test func `silences and acknowledgements are there again after a restart`() async throws {
    let database = try StateDatabase(path: path)
    let store = SilenceStore(database: database)
    var changes = LedgerChanges()
    changes.silences = [try silence("a"), try silence("b")]
    changes.acknowledgements = acknowledgements
    try await store.save(changes)
    var later = LedgerChanges()
    later.silences = [try silence("b", to: 200)]
    later.droppedSilences = ["a"]
    later.droppedAcknowledgements = [acknowledgements[1].subject]
    try await store.save(later)
    await database.close()
    let again = try StateDatabase(path: path)
    let loaded = try await SilenceStore(database: again).load()
    #expect(loaded.silences == [try silence("b", to: 200)])
    #expect(loaded.acknowledgements == [acknowledgements[0]])
    await again.close()
  }

  /// Runs SQL on the closed file.
  private func edit(_ statements: String...) async throws {
    let other = try DatabaseQueue(path: path)
    try other.runBlocking { connection throws(SQLiteError) in
      for statement in statements { try connection.execute(statement) }
    }
    await other.close()
  }

  @Test func `the audit log is read newest first and keeps a bounded number`() async throws {
    let database = try StateDatabase(path: path)
    let store = SilenceStore(database: database)
    let entries = (0..<5).map { number in
      AuditEntry(
        at: time(Double(number)),
        by: "token \(number)",
        action: .silenceMade,
        subject: "id-\(number)",
        detail: "{tier=\"x\"}"
      )
    }
    try await store.save(LedgerChanges(), audit: entries)
    #expect(try await store.auditLog(limit: 2) == [entries[4], entries[3]])
    await database.close()
    try await edit("UPDATE audit_log SET id = id + \(SilenceStore.auditEntriesMax - 2)")
    let again = try StateDatabase(path: path)
    try await SilenceStore(database: again).save(LedgerChanges(), audit: [entries[0]])
    let kept = try await SilenceStore(database: again).auditLog(limit: 100)
    #expect(kept.map(\.subject) == ["id-0", "id-4", "id-3", "id-2", "id-1", "id-0"])
    await again.close()
    try await edit(
      "UPDATE audit_log SET id = id + 20000 WHERE id = (SELECT max(id) FROM audit_log)"
    )
    let last = try StateDatabase(path: path)
    try await SilenceStore(database: last).save(LedgerChanges(), audit: [entries[1]])
    #expect(try await SilenceStore(database: last).auditLog(limit: 100).count == 2)
    await last.close()
  }

  @Test func `a file of the version before is brought forward with its records`() async throws {
    let database = try StateDatabase(path: path)
    let notifications = try await StateStoreTests.store(database)
    _ = await notifications.commit(plan([notification(1)]))
    await notifications.deadLetter([1], reason: "gone", at: time(9))
    await database.close()
    try await edit(
      "DROP TABLE silences",
      "DROP TABLE acknowledgements",
      "DROP TABLE audit_log",
      "DROP TABLE heartbeat",
      "DROP TABLE alert_flaps",
      "ALTER TABLE notification_queue DROP COLUMN tries",
      "ALTER TABLE notification_records DROP COLUMN tries",
      "DROP TABLE told",
      "ALTER TABLE notification_records DROP COLUMN answer",
      "ALTER TABLE notification_records DROP COLUMN failed_tries",
      "ALTER TABLE notification_records DROP COLUMN alerts",
      "PRAGMA user_version = 2"
    )
    let again = try StateDatabase(path: path)
    let records = try await StateStoreTests.store(again).records(limit: 10)
    #expect(records.map(\.failure) == ["gone"] && records.map(\.answer) == [""])
    #expect(records.first?.concerns("x", inGroups: ["{}:{n=\"1\"}"]) == true)
    #expect(try await SilenceStore(database: again).load().silences.isEmpty)
    await again.close()
  }

  @Test func `a row that cannot be read is damage, not a silence that is forgotten`() async throws {
    let database = try StateDatabase(path: path)
    let store = SilenceStore(database: database)
    var changes = LedgerChanges()
    changes.silences = [try silence("a")]
    try await store.save(changes)
    await database.close()
    for body in ["{", #"{"matchers":[{"name":"a","operation":"=~","value":"("}]}"#] {
      try await edit("UPDATE silences SET body = '\(body)'")
      let again = try StateDatabase(path: path)
      await #expect(throws: StateStoreError.self) {
        _ = try await SilenceStore(database: again).load()
      }
      await again.close()
    }
  }

  @Test func `a beat says whether the file takes writes`() async throws {
    let database = try StateDatabase(path: path)
    let store = SilenceStore(database: database)
    try await store.beat(at: time(1))
    try await store.beat(at: time(2))
    await database.close()
    await #expect(throws: StateStoreError.self) { try await store.beat(at: time(3)) }
  }

  @Test func `a record says what the service answered, after how many tries, and about what`()
    async throws
  {
    let database = try StateDatabase(path: path)
    let notifications = try await StateStoreTests.store(database)
    _ = await notifications.commit(plan([notification(1)]))
    await notifications.postpone([1], until: time(5), countsAsAttempt: true)
    #expect(await notifications.waiting(about: ["{}:{n=\"1\"}"]).map(\.attempts) == [1])
    let reference = try #require(MessageReference("C1:17"))
    await notifications.markDelivered(
      [1],
      at: time(7),
      leaving: SentMessage(reference: reference, sentAt: time(7), severity: .page)
    )
    let record = try #require(try await notifications.records(limit: 1).first)
    #expect(record.answer == "accepted, known there as C1:17" && record.failedTries == 1)
    #expect(record.concerns(alert(1).fingerprint, inGroups: []))
    #expect(!record.concerns(alert(7).fingerprint, inGroups: [record.groupKey]))
    await database.close()
  }
}
