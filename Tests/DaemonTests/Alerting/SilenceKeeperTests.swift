// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Polling
import StateStore
import Synchronization
import TestSupport
import Testing

@testable import Daemon

@Suite struct SilenceKeeperTests {
  private let folder: TemporaryFolder
  private let sink = MemorySink()

  init() throws { folder = try TemporaryFolder() }

  private func keeper(_ database: StateDatabase) async throws -> SilenceKeeper {
    let store = SilenceStore(database: database)
    let stored = try await store.load()
    return SilenceKeeper(
      store: store,
      ledger: OperatorLedger(
        silences: stored.silences,
        acknowledgements: stored.acknowledgements
      ),
      clock: SystemClock(),
      logger: Logger(area: "state", sink: sink)
    )
  }

  private func draft(_ value: String = "A") -> SilenceDraft {
    let now = SystemClock().now
    return SilenceDraft(
      matchers: [LabelMatcher("alertname", .equal, value)],
      startsAt: now,
      endsAt: now + .seconds(3_600),
      createdBy: "ann",
      comment: "why"
    )
  }

  @Test func `who listens hears of what is stored, and of every change`() async throws {
    let path = folder.file("state.sqlite")
    let database = try StateDatabase(path: path)
    let first = try await keeper(database)
    let books = Mutex<[Int]>([])
    await first.listen { book in books.withLock { $0.append(book.silences.count) } }
    let id = try await first.set(draft(), by: "token").get()
    _ = try await first.set(draft("B"), by: "token").get()
    _ = try await first.expire(id, by: "token").get()
    #expect(books.withLock { $0 } == [0, 1, 2, 1])
    let second = try await keeper(database)
    await second.listen { book in books.withLock { $0.append(book.silences.count) } }
    #expect(books.withLock { $0.last } == 1)
    #expect(await second.silences.count == 2)
    #expect(try await second.auditLog(limit: 10).map(\.by) == ["token", "token", "token"])
    await database.close()
  }

  @Test func `what the disk refuses is in force, and stored when it takes it again`() async throws {
    let path = folder.file("state.sqlite")
    let database = try StateDatabase(path: path)
    let keeper = try await keeper(database)
    await database.close()
    let id = try await keeper.set(draft(), by: "token").get()
    #expect(await keeper.silences.map(\.id) == [id])
    _ = try await keeper.expire(id, by: "token").get()
    #expect(sink.lines.count { $0.contains("cannot be stored") } == 1)
  }

  @Test func `ids are UUIDs, and no two are the same`() {
    let ids = (0..<1_000).map { _ in UUIDText.random() }
    #expect(Set(ids).count == 1_000)
    for id in ids {
      let parts = id.split(separator: "-").map(Array.init)
      #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
      #expect(parts[2][0] == "4" && "89ab".contains(parts[3][0]))
      #expect(id.allSatisfy { $0 == "-" || $0.isHexDigit && !$0.isUppercase })
    }
  }
}
