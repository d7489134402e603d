// SPDX-License-Identifier: MIT

/// A command that changes nothing and reads nothing that users stored: there is no other way to
/// have ``MongoConnection`` send one.
package struct ReadCommand: Equatable, Sendable {
  /// The name, which is the first key.
  package let name: String
  /// The database it goes to.
  package let database: String
  /// All but `$db` and `maxTimeMS`.
  let body: BSONDocument

  private init(_ body: BSONDocument, database: String = "admin") {
    name = body.elements.first?.key ?? ""
    self.database = database
    self.body = body
  }

  /// Takes a command of any making that is on the list.
  ///
  /// - Parameters:
  ///   - body: The command, its name first, without `$db` and `maxTimeMS`.
  ///   - database: The database it goes to.
  /// - Throws: ``MongoError/notAllowed(command:reason:)``.
  package init(checking body: BSONDocument, database: String) throws(MongoError) {
    self.init(body, database: database)
    if let reason = CommandAllowance.refusal(of: body, database: database) {
      throw .notAllowed(command: name, reason: reason)
    }
  }

  /// Asks for nothing but an answer.
  package static let ping = ReadCommand(["ping": 1])

  /// Asks how the member sees itself; every member answers without a login.
  package static let hello = ReadCommand(["hello": 1])

  /// Asks how the member sees the replica set; the details of an initial sync are long.
  package static func replicaSetStatus(hasInitialSync: Bool = false) -> ReadCommand {
    ReadCommand(["replSetGetStatus": 1, "initialSync": .int32(hasInitialSync ? 1 : 0)])
  }

  /// Asks for the replica set's configuration: votes, priorities, delays.
  package static let replicaSetConfig = ReadCommand(["replSetGetConfig": 1])

  /// Asks for the server's figures, without some sections, and with some that are made only when
  /// asked for.
  package static func serverStatus(
    leavingOut: [String] = [],
    adding: [String] = []
  ) -> ReadCommand {
    var body: BSONDocument = ["serverStatus": 1]
    for section in leavingOut { body.append(section, 0) }
    for section in adding { body.append(section, 1) }
    return ReadCommand(body)
  }

  /// Asks for parameters by name.
  package static func parameters(_ names: [String]) -> ReadCommand {
    ReadCommand(BSONDocument([("getParameter", 1)] + names.map { ($0, 1) }))
  }

  /// Asks for the server's version.
  package static let buildInfo = ReadCommand(["buildInfo": 1])

  /// Asks for the machine's figures.
  package static let hostInfo = ReadCommand(["hostInfo": 1])

  /// Asks what reads and writes without a concern of their own have.
  package static let defaultConcerns = ReadCommand(["getDefaultRWConcern": 1])

  /// Asks for the connections that the member keeps to others.
  package static let connectionPools = ReadCommand(["connPoolStats": 1])

  /// Asks for the time spent in each collection.
  package static let top = ReadCommand(["top": 1])

  /// Asks for the names of all databases.
  package static let databaseNames = ReadCommand(["listDatabases": 1, "nameOnly": true])

  /// Asks for the sizes of a database.
  package static func databaseSizes(_ database: String) -> ReadCommand {
    ReadCommand(["dbStats": 1], database: database)
  }

  /// Asks for the size of the oplog.
  package static let oplogSize = ReadCommand(["collStats": "oplog.rs"], database: "local")

  /// Asks when the oldest or the newest entry of the oplog was written, and for no more of it.
  package static func oplogEnd(isNewest: Bool) -> ReadCommand {
    // No filter: the server would read the whole oplog.
    ReadCommand(
      [
        "find": "oplog.rs", "sort": ["$natural": .int32(isNewest ? -1 : 1)], "limit": 1,
        "singleBatch": true, "projection": ["ts": 1, "wall": 1],
        "$readPreference": ["mode": "secondaryPreferred"],
      ],
      database: "local"
    )
  }
}

/// The list of what may be sent.
enum CommandAllowance {
  private enum Fields {
    /// These and no others.
    case only(Set<String>)
    /// Any, with numbers and bools as values: switches for parts of the answer.
    case switches
  }

  private struct Rule {
    /// Nil: any database.
    var database: String? = "admin"
    /// The value of the command's own key; nil: a number.
    var value: BSONValue?
    var fields = Fields.only([])
  }

  private static let oplog: BSONValue = "oplog.rs"
  private static let rules: [String: Rule] = [
    "buildInfo": Rule(database: nil),
    "collStats": Rule(database: "local", value: oplog, fields: .only(["scale"])),
    "connPoolStats": Rule(),
    "dbStats": Rule(database: nil, fields: .only(["scale", "freeStorage"])),
    "find": Rule(
      database: "local",
      value: oplog,
      fields: .only(["sort", "limit", "singleBatch", "projection", "$readPreference"])
    ),
    "getDefaultRWConcern": Rule(fields: .only(["inMemory"])),
    "getParameter": Rule(fields: .switches),
    "hello": Rule(),
    "hostInfo": Rule(),
    "listDatabases": Rule(fields: .only(["nameOnly"])),
    "ping": Rule(),
    "replSetGetConfig": Rule(),
    "replSetGetStatus": Rule(fields: .only(["initialSync"])),
    "serverStatus": Rule(fields: .switches),
    "top": Rule(),
  ]

  /// Why a command is not sent; nil when it is.
  static func refusal(of body: BSONDocument, database: String) -> String? {
    guard let command = body.elements.first, let rule = rules[command.key] else {
      return "it is not on the list of commands that only read"
    }
    guard rule.database ?? database == database, !database.isEmpty else {
      return "it goes to another database than \(rule.database ?? "one with a name")"
    }
    let isValueRight = rule.value.map { $0 == command.value } ?? (command.value.number != nil)
    guard isValueRight else { return "it asks about something else than it may" }
    var keys: Set<String> = [command.key]
    for element in body.elements.dropFirst() {
      // A server may take the last of two, this check the first.
      guard keys.insert(element.key).inserted else { return "it has a field twice" }
      let isAllowed =
        switch rule.fields {
        case .only(let fields): fields.contains(element.key)
        case .switches: !element.key.hasPrefix("$") && element.value.number != nil
        }
      guard isAllowed else { return "it has a field that is not on the list" }
    }
    return command.key == "find" ? refusal(ofFind: body) : nil
  }

  /// One entry at an end of the oplog, and of that the time alone.
  private static func refusal(ofFind body: BSONDocument) -> String? {
    let isEnd = body["sort"] == ["$natural": 1] || body["sort"] == ["$natural": -1]
    let shown = body["projection"]?.document?.elements ?? []
    let isTimeOnly =
      !shown.isEmpty && shown.allSatisfy { ["ts", "wall"].contains($0.key) && $0.value == 1 }
    guard isEnd, body["limit"] == 1, body["singleBatch"] == true, isTimeOnly else {
      return "it reads more than the time of one entry at an end of the oplog"
    }
    return nil
  }
}
