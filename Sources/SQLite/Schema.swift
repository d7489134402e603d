// SPDX-License-Identifier: MIT

/// What a database of one store looks like, and how older ones become it.
package struct Schema: Sendable {
  /// The four bytes in the file's header that tell whose database it is; 0 asks for none.
  package let applicationID: Int
  /// Versions from 1 to here cannot be brought forward.
  package let firstVersion: Int
  /// SQL that leads from version `firstVersion + n` to the next, at position `n`; the first makes the
  /// tables.
  package let steps: [String]

  /// Describes a schema; its version is that of the last step.
  package init(applicationID: Int, firstVersion: Int = 0, steps: [String]) {
    self.applicationID = applicationID
    self.firstVersion = firstVersion
    self.steps = steps
  }

  /// The version that this program writes and reads.
  package var version: Int { firstVersion + steps.count }
}

extension Connection {
  /// The version of the schema in the file, 0 in a new one (`PRAGMA user_version`).
  package var userVersion: Int {
    get throws(SQLiteError) { Int(try integer("PRAGMA user_version")) }
  }

  /// Sets the version of the schema in the file.
  package func setUserVersion(_ version: Int) throws(SQLiteError) {
    try execute("PRAGMA user_version = \(version)")
  }

  /// Refuses a database that is another program's, a later version's or too old; changes nothing.
  ///
  /// - Throws: ``SQLiteError`` of kind `foreignDatabase`, `newerSchema` or `olderSchema`.
  package func check(_ schema: Schema) throws(SQLiteError) {
    let found = try userVersion
    let owner = Int(try integer("PRAGMA application_id"))
    let isEmpty = try integer("SELECT count(*) FROM sqlite_schema") == 0
    if schema.applicationID != 0, owner != schema.applicationID, !isEmpty || owner != 0 {
      throw SQLiteError(.foreignDatabase, "the database belongs to another program")
    }
    if found > schema.version {
      let message = "the database has schema version \(found), known is \(schema.version)"
      throw SQLiteError(.newerSchema(found: found, known: schema.version), message)
    }
    if found > 0, found <= schema.firstVersion {
      let message = "the database has schema version \(found), which cannot be brought forward"
      throw SQLiteError(.olderSchema(found: found, known: schema.version), message)
    }
  }

  /// Checks the database and brings it to the schema's version, in one transaction.
  ///
  /// - Throws: ``SQLiteError`` as ``check(_:)`` does, or of the step that failed; then nothing
  ///   changed.
  package func install(_ schema: Schema) throws(SQLiteError) {
    try check(schema)
    guard try userVersion < schema.version else { return }
    try transaction { () throws(SQLiteError) in
      let found = try userVersion
      if schema.applicationID != 0 {
        try execute("PRAGMA application_id = \(schema.applicationID)")
      }
      let done = max(found - schema.firstVersion, 0)
      for step in schema.steps.dropFirst(done) { try execute(step) }
      try setUserVersion(schema.version)
    }
  }
}
