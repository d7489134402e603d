// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import SQLite
import StateStore
import TestSupport
import Testing

@Suite struct NotificationStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  @Test func `queued notifications and groups come back after a restart, bit for bit`() async throws
  {
    var content = plan([notification(1), notification(2, value: .nan), notification(3)])
    content.notifications.append(notification(4, value: -.infinity))
    content.changedGroups = [group("A"), group("B", members: 0)]
    let first = try StateDatabase(path: path)
    #expect(await (try store(first)).commit(content) == .durable)
    await first.close()

    let again = try await store(try StateDatabase(path: path))
    for (index, expected) in content.notifications.enumerated() {
      guard case .ready(let waiting) = await again.next(for: chat, now: time(0)) else {
        Issue.record("notification \(index) is gone")
        return
      }
      let found = waiting[0].notification
      // NaN differs from itself: the value is compared by its text, everything else as it is.
      #expect("\(found)" == "\(expected)")
      if index != 1 { #expect(found == expected) }
      await again.markDelivered([waiting[0].id], at: time(20), leaving: nil)
    }
    let groups = await again.groups()
    #expect(groups.sorted { $0.id.key < $1.id.key } == content.changedGroups)
  }

  @Test func `delivered, postponed and dropped state comes back after a restart`() async throws {
    let first = try StateDatabase(path: path)
    let before = try await store(first)
    _ = await before.commit(plan([notification(1), notification(2), notification(3)]))
    await before.markDelivered([1], at: time(5), leaving: nil)
    await before.deadLetter([2], reason: "status 404", at: time(6))
    await before.postpone([3], until: time(100), countsAsAttempt: true)
    await first.close()

    let after = try await store(try StateDatabase(path: path))
    #expect(await after.next(for: chat, now: time(99)) == .waiting(until: time(100)))
    guard case .ready(let waiting) = await after.next(for: chat, now: time(100)) else {
      Issue.record("the postponed notification is gone")
      return
    }
    #expect(waiting.map(\.attempts) == [1])
    #expect(waiting.map(\.notification) == [notification(3)])
    let records = try await after.records(limit: 10)
    #expect(records.map(\.eventID) == ["event-2", "event-1"])
    #expect(records.map(\.failure) == ["status 404", nil])
    #expect(records.map(\.endedAt) == [time(6), time(5)])
    #expect(records.map(\.reason) == [.moreFiring, .moreFiring])
    // Ids go on rising, so that a new message never overtakes one that waits.
    _ = await after.commit(plan([notification(4, group: "z")]))
    #expect(await waitingIDs(after) == [4])
  }

  @Test func `a group that is removed is gone after a restart`() async throws {
    let first = try StateDatabase(path: path)
    var add = NotificationPlan()
    add.changedGroups = [group("A"), group("B")]
    let before = try await store(first)
    _ = await before.commit(add)
    var remove = NotificationPlan()
    remove.removedGroups = [group("A").id]
    _ = await before.commit(remove)
    await first.close()
    let after = try await store(try StateDatabase(path: path))
    #expect(await after.groups() == [group("B")])
  }

  @Test func `commits that come together are all durable`() async throws {
    let first = try StateDatabase(path: path)
    let before = try await store(first, limit: 1_000)
    await withTaskGroup(of: CommitOutcome.self) { tasks in
      for number in 0..<200 {
        tasks.addTask { await before.commit(plan([notification(number)])) }
      }
      for await outcome in tasks { #expect(outcome == .durable) }
    }
    await first.close()
    let database = try StateDatabase(path: path)
    #expect(await (try store(database, limit: 1_000)).counts().waiting == [chat: 200])
    // A lower limit drops the oldest, and says so.
    let limited = try await store(database, limit: 150)
    #expect(await limited.counts().waiting == [chat: 150])
    #expect(await limited.counts().dropped == 50)
  }

  @Test func `a disk that fails stops no message, is told of, and gets all once it works`()
    async throws
  {
    let log = MemorySink()
    let database = try StateDatabase(path: path)
    let before = try await store(database, log: log)
    _ = await before.commit(plan([notification(1)]))

    // Another writer holds the file: every write of the store is refused as busy.
    let blocker = try DatabaseQueue(path: path)
    try blocker.runBlocking { connection throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
    }
    guard case .memoryOnly(let reason) = await before.commit(plan([notification(2)])) else {
      Issue.record("a commit that cannot be written must not be durable")
      return
    }
    #expect(reason.contains("locked"))
    #expect(await before.counts().storageFailure == reason)
    #expect(await waitingIDs(before) == [1])
    #expect(log.lines.filter { $0.contains("level=error") }.count == 1)

    try blocker.runBlocking { connection throws(SQLiteError) in try connection.execute("ROLLBACK") }
    await before.markDelivered([1], at: time(3), leaving: nil)
    #expect(await before.counts().storageFailure == nil)
    #expect(log.lines.contains { $0.contains("stored again") })
    await database.close()

    let after = try await store(try StateDatabase(path: path))
    #expect(await waitingIDs(after) == [2])
    #expect(try await after.records(limit: 5).map(\.eventID) == ["event-1"])
  }

  @Test func `nothing is delivered before it and what led to it are stored`() async throws {
    let database = try StateDatabase(path: path)
    let store = try await store(database)
    _ = await store.commit(plan([notification(1, group: "a")]))
    let blocker = try DatabaseQueue(path: path)
    try blocker.runBlocking { connection throws(SQLiteError) in
      try connection.execute("BEGIN IMMEDIATE")
    }
    async let outcome = store.commit(plan([notification(2, group: "a"), notification(3)]))
    #expect(await eventually { await store.counts().waiting == [chat: 3] })
    // Delivered now and killed, it would be told again under another name.
    #expect(await waitingIDs(store) == [1])
    try blocker.runBlocking { connection throws(SQLiteError) in try connection.execute("ROLLBACK") }
    _ = await outcome
    #expect(await waitingIDs(store) == [1, 2])
    await database.close()
  }

  @Test func `a full queue drops and records the oldest, also over a restart`() async throws {
    let log = MemorySink()
    let database = try StateDatabase(path: path)
    let before = try await store(database, limit: 2, log: log)
    _ = await before.commit(plan([notification(1), notification(2), notification(3)]))
    #expect(await before.counts().dropped == 1)
    #expect(log.lines.contains { $0.contains("dropped") })
    await database.close()
    let after = try await store(try StateDatabase(path: path), limit: 2)
    #expect(await waitingIDs(after) == [2])
    #expect(
      try await after.records(limit: 5).first?.failure == "too many notifications were waiting"
    )
  }

  @Test func `failed tries come back after a restart, and stay with the record of the end`()
    async throws
  {
    let tries = (0..<25).map { FailedTry(at: time(Double($0)), answer: "status 503 \"\($0)\"") }
    let first = try StateDatabase(path: path)
    let before = try await store(first)
    _ = await before.commit(plan([notification(1)]))
    for failure in tries {
      await before.postpone([1], until: time(50), countsAsAttempt: true, after: failure)
    }
    await first.close()
    let second = try StateDatabase(path: path)
    let after = try await store(second)
    guard case .ready(let waiting) = await after.next(for: chat, now: time(50)) else {
      Issue.record("the notification is gone")
      return
    }
    #expect(waiting.map(\.tries) == [Array(tries.suffix(20))])
    await after.markDelivered([1], at: time(60), leaving: nil)
    #expect(try await after.records(limit: 1).first?.tries == Array(tries.suffix(20)))
    #expect(try await after.records(limit: 1).first?.failedTries == 25)
  }

  @Test func `who refused the latest messages is known after a restart, until one arrives`()
    async throws
  {
    let first = try StateDatabase(path: path)
    let before = try await store(first)
    _ = await before.commit(plan((1...4).map { notification($0) }))
    await before.deadLetter([1], reason: "status 404", at: time(5))
    await before.markDelivered([2], at: time(6), leaving: nil)
    await first.close()
    let second = try StateDatabase(path: path)
    let again = try await store(second)
    let queue: any NotificationQueueing = again
    #expect(await queue.unreached() == [:])
    await again.deadLetter([3], reason: "status 404", at: time(7))
    await again.deadLetter([4], reason: BlamelessEnd.receiverGone, at: time(8))
    await second.close()
    let third: any NotificationQueueing = try await store(try StateDatabase(path: path))
    let unreached = await third.unreached()
    #expect(unreached == [chat: time(3)])
  }
}
