// SPDX-License-Identifier: MIT
import SQLite
import TestSupport
import Testing

@Suite struct ConnectionTests {
  @Test func `values come back as they went in`() throws {
    let connection = try Connection(path: ":memory:")
    try connection.execute("CREATE TABLE t(i, r, s, b, n)")
    let insert = try connection.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)")
    try insert.bind(Int64.min, at: 1)
    try insert.bind(-0.0, at: 2)
    try insert.bind("a\u{0}ö", at: 3)
    try insert.bind([0, 255, 0] as [UInt8], at: 4)
    try insert.bindNull(at: 5)
    try insert.run()
    let select = try connection.prepare("SELECT * FROM t")
    #expect(try select.step())
    #expect(select.integer(0) == Int64.min)
    #expect(select.real(1) == 0)
    #expect(select.text(2) == "a\u{0}ö")
    #expect(select.blob(3) == [0, 255, 0])
    #expect(select.isNull(4) == true)
    #expect(select.isNull(3) == false)
    #expect(try !select.step())
  }

  @Test func `empty text and empty blob are not null, and nil is`() throws {
    let connection = try Connection(path: ":memory:")
    let select = try connection.prepare("SELECT ?1 IS NULL, ?2 IS NULL, ?3 IS NULL, length(?1)")
    try select.bind("", at: 1)
    try select.bind([] as [UInt8], at: 2)
    try select.bind(nil as String?, at: 3)
    #expect(try select.step())
    #expect([select.integer(0), select.integer(1), select.integer(2)] == [0, 0, 1])
    #expect(select.isNull(3) == false)
    #expect(select.integer(3) == 0)
  }

  @Test func `the same statement twice at once is two statements`() throws {
    let connection = try Connection(path: ":memory:")
    let first = try connection.prepare("SELECT 1 UNION ALL SELECT 2")
    #expect(try first.step())
    let second = try connection.prepare("SELECT 1 UNION ALL SELECT 2")
    #expect(try second.step())
    #expect(try first.step())
    #expect(first.integer(0) == 2)
    #expect(second.integer(0) == 1)
  }

  @Test func `a statement taken from the cache has no old values`() throws {
    let connection = try Connection(path: ":memory:")
    do {
      let statement = try connection.prepare("SELECT ?")
      try statement.bind(7, at: 1)
      #expect(try statement.step())
    }
    let again = try connection.prepare("SELECT ?")
    #expect(try again.step())
    #expect(again.isNull(0) == true)
  }

  @Test func `a transaction that throws leaves nothing behind`() throws {
    let connection = try Connection(path: ":memory:")
    try connection.execute("CREATE TABLE t(x UNIQUE)")
    let error = #expect(throws: SQLiteError.self) {
      try connection.transaction { () throws(SQLiteError) in
        try connection.execute("INSERT INTO t VALUES (1)")
        try connection.execute("INSERT INTO t VALUES (1)")
      }
    }
    #expect(error?.kind == .constraint)
    #expect(!connection.isInTransaction)
    #expect(try connection.integer("SELECT count(*) FROM t") == 0)
    try connection.transaction { () throws(SQLiteError) in
      try connection.execute("INSERT INTO t VALUES (1)")
    }
    #expect(try connection.integer("SELECT count(*) FROM t") == 1)
    #expect(connection.changedRows == 1)
  }

  @Test func `an error names the statement and never a bound value`() throws {
    let connection = try Connection(path: ":memory:")
    try connection.execute("CREATE TABLE t(x TEXT UNIQUE)")
    for attempt in 0..<2 {
      let insert = try connection.prepare("INSERT INTO t VALUES (?)")
      try insert.bind("hunter2", at: 1)
      guard attempt == 1 else {
        try insert.run()
        continue
      }
      do {
        try insert.run()
        Issue.record("the second row was taken")
      } catch {
        #expect(error.kind == .constraint)
        #expect(error.extendedCode == 2_067)
        #expect(error.description.contains("INSERT INTO t VALUES (?)"))
        #expect(!"\(error) \(String(reflecting: error))".contains("hunter2"))
      }
    }
  }

  @Test func `a statement keeps its connection alive`() throws {
    func statement() throws -> PreparedStatement {
      try Connection(path: ":memory:").prepare("SELECT 42")
    }
    let select = try statement()
    #expect(try select.step())
    #expect(select.integer(0) == 42)
  }
}

@Suite struct DatabaseFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func kindOfOpening(_ path: String, _ options: OpenOptions = .init()) -> SQLiteError.Kind?
  {
    do {
      _ = try Connection(path: path, options: options)
      return nil
    } catch {
      return error.kind
    }
  }

  @Test func `a file that is no database is refused as such`() throws {
    let text = try folder.write("notes", String(repeating: "not a database\n", count: 300))
    #expect(kindOfOpening(text) == .notADatabase)
    var readOnly = OpenOptions()
    readOnly.access = .readOnly
    #expect(kindOfOpening(text, readOnly) == .notADatabase)
  }

  @Test func `a path that cannot be made is refused as such`() throws {
    let file = try folder.write("file", "")
    #expect(kindOfOpening(file + "/store.db") == .cannotOpen)
    #expect(kindOfOpening(folder.path) == .cannotOpen)
    var existing = OpenOptions()
    existing.access = .readWrite
    #expect(kindOfOpening(folder.file("missing"), existing) == .cannotOpen)
  }

  @Test func `a damaged page is found by the quick check`() throws {
    let path = folder.file("damaged")
    do {
      let connection = try Connection(path: path)
      try connection.execute("CREATE TABLE t(x)")
      try connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
          + "INSERT INTO t SELECT hex(randomblob(20)) FROM n"
      )
      try connection.checkpoint(.truncate)
      try connection.quickCheck()
    }
    try overwrite(path, at: 3 * 4_096, with: [UInt8](repeating: 0xa5, count: 4_096))
    let connection = try Connection(path: path)
    let error = #expect(throws: SQLiteError.self) { try connection.quickCheck() }
    #expect(error?.kind == .corrupt)
  }

  @Test func `a full file is told as full, and writing works again with more room`() throws {
    let connection = try Connection(path: folder.file("full"))
    try connection.execute("CREATE TABLE t(x)")
    try connection.limitFile(toBytes: 64 << 10)
    let insert = "INSERT INTO t VALUES (zeroblob(100000))"
    let error = #expect(throws: SQLiteError.self) {
      try connection.transaction { () throws(SQLiteError) in try connection.execute(insert) }
    }
    #expect(error?.kind == .full)
    #expect(!connection.isInTransaction)
    try connection.limitFile(toBytes: 1 << 20)
    try connection.execute(insert)
    #expect(try connection.integer("SELECT count(*) FROM t") == 1)
  }

  @Test func `a second writer waits for the busy timeout and is told busy`() throws {
    let path = folder.file("busy")
    let first = try Connection(path: path)
    try first.execute("CREATE TABLE t(x)")
    var impatient = OpenOptions()
    impatient.busyTimeout = .milliseconds(1)
    let second = try Connection(path: path, options: impatient)
    try first.execute("BEGIN IMMEDIATE")
    let error = #expect(throws: SQLiteError.self) { try second.execute("INSERT INTO t VALUES (1)") }
    #expect(error?.kind == .busy)
    try first.execute("COMMIT")
    try second.execute("INSERT INTO t VALUES (1)")
  }

  @Test func `a read-only connection reads and cannot write`() throws {
    let path = folder.file("shared")
    let writer = try Connection(path: path)
    try writer.execute("CREATE TABLE t(x); INSERT INTO t VALUES (5)")
    var options = OpenOptions()
    options.access = .readOnly
    let reader = try Connection(path: path, options: options)
    #expect(try reader.integer("SELECT x FROM t") == 5)
    let error = #expect(throws: SQLiteError.self) { try reader.execute("DELETE FROM t") }
    #expect(error?.kind == .readOnly)
  }

  @Test func `free pages go back to the file system`() throws {
    var options = OpenOptions()
    options.allowsIncrementalVacuum = true
    let connection = try Connection(path: folder.file("vacuum"), options: options)
    try connection.execute("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(1000000))")
    let before = try connection.fileBytes
    try connection.execute("DELETE FROM t")
    #expect(try connection.freeBytes > 900_000)
    try connection.incrementalVacuum(pagesMax: 10_000)
    #expect(try connection.freeBytes == 0)
    #expect(try connection.fileBytes < before - 900_000)
  }

  @Test func `a backup is a whole copy and never overwrites`() throws {
    let connection = try Connection(path: folder.file("origin"))
    try connection.execute("CREATE TABLE t(x); INSERT INTO t VALUES (9)")
    try connection.backUp(to: folder.file("copy"))
    let copy = try Connection(path: folder.file("copy"))
    #expect(try copy.integer("SELECT x FROM t") == 9)
    #expect(throws: SQLiteError.self) { try connection.backUp(to: folder.file("copy")) }
  }
}
