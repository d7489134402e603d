// SPDX-License-Identifier: MIT
import Glibc
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite struct DatabaseQueueTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `closures run in the order given, on one thread that is not the caller's`()
    async throws
  {
    let queue = try DatabaseQueue(path: folder.file("order"))
    let threads = Mutex<Set<UInt>>([])
    try queue.runBlocking { connection throws(SQLiteError) in
      try connection.execute("CREATE TABLE t(i INTEGER PRIMARY KEY, x)")
    }
    for number in 0..<100 {
      try queue.runBlocking { connection throws(SQLiteError) in
        threads.withLock { _ = $0.insert(UInt(pthread_self())) }
        let insert = try connection.prepare("INSERT INTO t(x) VALUES (?)")
        try insert.bind(number, at: 1)
        try insert.run()
      }
    }
    let wrong = try await queue.run { connection throws(SQLiteError) in
      try connection.integer("SELECT count(*) FROM t WHERE i != x + 1")
    }
    #expect(wrong == 0)
    let used = threads.withLock { $0 }
    #expect(used.count == 1)
    #expect(!used.contains(UInt(pthread_self())))
    await queue.close()
  }

  @Test func `a closure's error reaches its caller and the queue goes on`() async throws {
    let queue = try DatabaseQueue(path: ":memory:")
    await #expect(throws: SQLiteError.self) {
      try await queue.run { connection throws(SQLiteError) in try connection.execute("nonsense") }
    }
    let one = try await queue.run { connection throws(SQLiteError) in
      try connection.integer("SELECT 1")
    }
    #expect(one == 1)
    await queue.close()
  }

  @Test func `closing runs what was given before and refuses what comes after`() async throws {
    let path = folder.file("closing")
    let queue = try DatabaseQueue(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      try await queue.run { connection throws(SQLiteError) in
        try connection.execute("CREATE TABLE t(x)")
      }
      for number in 0..<50 {
        group.addTask {
          try await queue.run { connection throws(SQLiteError) in
            try connection.execute("INSERT INTO t VALUES (\(number))")
          }
        }
      }
      try await group.waitForAll()
    }
    await queue.close()
    await queue.close()
    do {
      try await queue.run { connection throws(SQLiteError) in try connection.execute("SELECT 1") }
      Issue.record("a closed queue ran a closure")
    } catch {
      #expect(error.kind == .closed)
    }
    #expect(try Connection(path: path).integer("SELECT count(*) FROM t") == 50)
  }

  @Test func `opening fails with the connection's own error`() throws {
    let text = try folder.write("text", String(repeating: "hello ", count: 1_000))
    do {
      _ = try DatabaseQueue(path: text)
      Issue.record("a text file was opened")
    } catch {
      #expect(error.kind == .notADatabase)
    }
  }

  @Test func `a schema is installed on opening and a newer one refused`() async throws {
    let path = folder.file("schema")
    let schema = Schema(applicationID: 77, steps: ["CREATE TABLE t(x)"])
    let queue = try DatabaseQueue(path: path, schema: schema)
    try await queue.run { connection throws(SQLiteError) in try connection.setUserVersion(2) }
    await queue.close()
    do {
      _ = try DatabaseQueue(path: path, schema: schema)
      Issue.record("a newer schema was opened")
    } catch {
      #expect(error.kind == .newerSchema(found: 2, known: 1))
    }
  }

  @Test func `letting go of a queue ends its thread and closes the file`() async throws {
    let path = folder.file("released")
    func use() throws {
      let queue = try DatabaseQueue(path: path)
      try queue.runBlocking { connection throws(SQLiteError) in
        try connection.execute("CREATE TABLE t(x); BEGIN IMMEDIATE")
      }
    }
    try use()
    // The lock of the open transaction goes with the connection; the busy timeout waits for it.
    try Connection(path: path).execute("INSERT INTO t VALUES (1)")
  }
}
