// SPDX-License-Identifier: MIT
import SQLite
import TestSupport
import Testing

@Suite struct SchemaTests {
  private let folder: TemporaryFolder
  private let schema = Schema(
    applicationID: 0x6876_7401,
    steps: ["CREATE TABLE a(x)", "CREATE TABLE b(x); INSERT INTO b SELECT x FROM a"]
  )

  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ connection: Connection, _ schema: Schema) -> SQLiteError.Kind? {
    do {
      try connection.install(schema)
      return nil
    } catch {
      return error.kind
    }
  }

  @Test func `a new file gets all steps and an older one the missing ones`() throws {
    let connection = try Connection(path: folder.file("store"))
    try connection.install(Schema(applicationID: 0x6876_7401, steps: [schema.steps[0]]))
    #expect(try connection.userVersion == 1)
    try connection.execute("INSERT INTO a VALUES (3)")
    try connection.install(schema)
    #expect(try connection.userVersion == 2)
    #expect(try connection.integer("SELECT x FROM b") == 3)
    try connection.install(schema)
    #expect(try connection.integer("SELECT count(*) FROM b") == 1)
  }

  @Test func `a later version is refused with both numbers and left as it is`() throws {
    let connection = try Connection(path: folder.file("later"))
    try connection.install(schema)
    try connection.setUserVersion(7)
    #expect(refusal(connection, schema) == .newerSchema(found: 7, known: 2))
    #expect(try connection.userVersion == 7)
  }

  @Test func `another program's database is refused`() throws {
    let connection = try Connection(path: folder.file("foreign"))
    try connection.execute("CREATE TABLE moz_places(id)")
    #expect(refusal(connection, schema) == .foreignDatabase)
    let marked = try Connection(path: folder.file("marked"))
    try marked.execute("PRAGMA application_id = 5")
    #expect(refusal(marked, schema) == .foreignDatabase)
  }

  @Test func `a step that fails changes nothing`() throws {
    let connection = try Connection(path: folder.file("broken"))
    let broken = Schema(applicationID: 1, steps: ["CREATE TABLE a(x)", "CREATE TABLE a(x)"])
    #expect(refusal(connection, broken) == .other)
    #expect(try connection.userVersion == 0)
    #expect(try connection.integer("SELECT count(*) FROM sqlite_schema") == 0)
  }
}
