// SPDX-License-Identifier: MIT
import FoundationEssentials
import Logging
import SQLite
import StateStore
import TestSupport
import Testing

@Suite struct StateDatabaseTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  /// Opens the file as hvsmon does at start; the sentence it would refuse to start with.
  private func refusal() async -> StateStoreError? {
    do throws(StateStoreError) {
      _ = try await store(at: path)
      return nil
    } catch {
      return error
    }
  }

  private func store(at path: String) async throws(StateStoreError) -> Int {
    let database = try StateDatabase(path: path)
    let store = try await NotificationStore(
      database: database,
      clock: ManualTimeSource(),
      logger: .init(area: "statestore")
    )
    return await store.groups().count
  }

  @Test func `a file that is no database is refused and left as it is`() async throws {
    let text = String(repeating: "this is not a database\n", count: 100)
    _ = try folder.write("state.sqlite", text)
    let error = await refusal()
    guard case .damaged(path, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains("move it away") == true)
    #expect(FileManager.default.contents(atPath: path) == Data(text.utf8))
  }

  @Test func `a damaged page is found at start`() async throws {
    let database = try StateDatabase(path: path)
    let notifications = try await StateStoreTests.store(database, limit: 1_000)
    _ = await notifications.commit(plan((0..<200).map { notification($0) }))
    await database.close()
    var bytes = try #require(FileManager.default.contents(atPath: path))
    #expect(bytes.count > 40_000)
    for index in 4_096..<(bytes.count - 4_096) { bytes[index] = 0xa5 }
    try bytes.write(to: URL(fileURLWithPath: path))
    guard case .damaged? = await refusal() else {
      Issue.record("the damage was not seen")
      return
    }
  }

  @Test func `a row that cannot be read is damage, not an empty queue`() async throws {
    let database = try StateDatabase(path: path)
    let notifications = try await StateStoreTests.store(database)
    _ = await notifications.commit(plan([notification(1)]))
    await database.close()
    let other = try DatabaseQueue(path: path)
    try other.runBlocking { connection throws(SQLiteError) in
      try connection.execute("UPDATE notification_queue SET body = '{\"eventID\": 5}'")
    }
    await other.close()
    guard case .damaged(path, let reason)? = await refusal() else {
      Issue.record("the row was taken")
      return
    }
    #expect(reason.contains("StoredNotification"))
  }

  @Test func `a file of a later version is refused with both versions`() async throws {
    await (try StateDatabase(path: path)).close()
    let other = try DatabaseQueue(path: path)
    try other.runBlocking { connection throws(SQLiteError) in try connection.setUserVersion(9) }
    await other.close()
    #expect(await refusal() == .newer(path: path, found: 9, known: 5))
  }

  @Test func `another program's database is refused`() async throws {
    let other = try DatabaseQueue(path: path)
    try other.runBlocking { connection throws(SQLiteError) in
      try connection.execute("CREATE TABLE theirs(a)")
    }
    await other.close()
    #expect(await refusal() == .foreign(path: path))
  }

  @Test func `a folder that does not exist is named`() async {
    let missing = folder.file("missing/state.sqlite")
    do throws(StateStoreError) {
      _ = try await store(at: missing)
      Issue.record("the file was made")
    } catch {
      guard case .unusable(missing, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(error.description.contains("check the folder's owner and mode"))
    }
  }
}
