// SPDX-License-Identifier: MIT
import MetricModel

/// One member of a replica set at one instant: what it answers to commands, by MongoDB 7.0.
///
/// Its process works at that instant.
struct MongoFace {
  let world: SimulatedWorld
  let course: ReplicaSetCourse
  let guest: ClusterPlan.Guest
  /// The port of every member.
  let port: UInt16
  let now: Timestamp
  let state: MemberState

  /// Looks at a member; nil while its process is gone.
  init?(_ guest: ClusterPlan.Guest, in world: SimulatedWorld, port: UInt16, now: Timestamp) {
    let course = world.courses.first { course in
      course.set.members.contains { $0.vmID == guest.vmID }
    }
    guard let course, let state = course.state(of: guest.vmID, at: now) else { return nil }
    self.world = world
    self.course = course
    self.guest = guest
    self.port = port
    self.now = now
    self.state = state
  }

  static let version = "7.0.14"
  /// `source/wireversion-featurelist`: 7.0 has 21.
  static let wireVersion: MongoValue = 21

  /// Commands that are answered to anybody; those of logins belong to the connection.
  private static let open: Set = ["ping", "buildInfo", "buildinfo", "endSessions", "killCursors"]
  /// Commands that a member knows and nobody here may use.
  private static let forbidden: Set = [
    "insert", "update", "delete", "findAndModify", "create", "drop", "dropDatabase", "createUser",
    "dropUser", "shutdown", "replSetStepDown", "replSetReconfig", "replSetInitiate", "fsync",
    "setParameter", "count", "distinct", "listCollections", "listIndexes", "getMore", "usersInfo",
  ]

  /// The answer to a command; `isKnown` when the connection belongs to the user.
  func answer(
    _ name: String,
    _ command: MongoDocument,
    database: String,
    isKnown: Bool
  ) -> MongoDocument {
    if Self.open.contains(name) { return openAnswer(name) }
    guard let answer = answers(command)[name] else {
      guard Self.forbidden.contains(name) else { return .error(.commandNotFound(name)) }
      return .error(isKnown ? .unauthorized(name, database) : .unauthenticated(name))
    }
    guard isKnown else { return .error(.unauthenticated(name)) }
    guard answer.database.map({ $0 == database }) ?? true else {
      return .error(.unauthorized(name, database))
    }
    return answer.make()
  }

  private func openAnswer(_ name: String) -> MongoDocument {
    switch name {
    case "buildInfo", "buildinfo":
      MongoDocument.good + [
        "version": .text(Self.version), "versionArray": [7, 0, 14, 0], "bits": 64, "debug": false,
        "maxBsonObjectSize": 16_777_216, "storageEngines": ["devnull", "wiredTiger"],
        "modules": [],
      ]
    default: .good
    }
  }

  private typealias Answer = (database: String?, make: () -> MongoDocument)

  private func answers(_ command: MongoDocument) -> [String: Answer] {
    [
      "replSetGetStatus": ("admin", { replicaSetStatus(command) }),
      "replSetGetConfig": ("admin", { state == .startup ? .error(.notInitialized) : config }),
      "serverStatus": ("admin", { serverStatus(command) }),
      "getParameter": ("admin", { parameters(command) }),
      "getCmdLineOpts": ("admin", { commandLine }),
      "hostInfo": ("admin", { hostInfo }),
      "connPoolStats": ("admin", { connectionPools }),
      "getDefaultRWConcern": ("admin", { defaultConcerns }),
      "listDatabases": ("admin", { databases }),
      "top": ("admin", { .good + ["totals": ["note": "all times in microseconds"]] }),
      "dbStats": (nil, { databaseSizes(command) }),
      "dbstats": (nil, { databaseSizes(command) }),
      "collStats": ("local", { oplogSizes(command) }),
      "find": ("local", { find(command) }),
      "aggregate": ("local", { aggregate(command) }),
    ]
  }

  // MARK: What several answers hold

  func name(of guest: ClusterPlan.Guest) -> String { "\(guest.address):\(port)" }

  func name(of vmID: Int) -> MongoValue {
    .text(course.set.members.first { $0.vmID == vmID }.map(name) ?? "")
  }

  func number(of vmID: Int) -> Int32 {
    Int32(course.set.members.firstIndex { $0.vmID == vmID } ?? -1)
  }

  var startedAt: Timestamp { course.startedAt(guest.vmID, at: now) ?? now }
  var uptimeMilliseconds: Int64 { max(0, now.unixMilliseconds - startedAt.unixMilliseconds) }
  var applied: OpTime { course.opTime(of: guest.vmID, at: now) }

  /// What a majority has, as far as this member has heard.
  var committed: OpTime { min(applied, course.committed(at: now)) }

  /// Whom the member takes its data from; the primary and who knows none take from nobody.
  var syncSource: Int? {
    guard state != .primary, state != .startup else { return nil }
    return course.primary(seenBy: guest.vmID, at: now)
  }

  /// What the signature of a time is to clients: bytes to send back.
  var clusterTime: MongoDocument {
    let newest = course.set.members.map { course.opTime(of: $0.vmID, at: now) }.max() ?? .none
    return [
      "$clusterTime": [
        "clusterTime": newest.moment,
        "signature": ["hash": .bytes([UInt8](repeating: 0, count: 20)), "keyId": .int64(0)],
      ],
      "operationTime": applied.moment,
    ]
  }
}

extension OpTime {
  var moment: MongoValue { .moment(seconds: seconds, increment: increment) }
  var value: MongoValue { ["ts": moment, "t": .int64(term)] }
}

extension MongoDocument {
  /// The answer to a command that has nothing to tell.
  static let good: MongoDocument = ["ok": 1.0]

  static func error(_ refusal: MongoRefusal) -> MongoDocument {
    [
      "ok": 0.0, "errmsg": .text(refusal.text), "code": .int32(refusal.code),
      "codeName": .text(refusal.name),
    ]
  }
}

/// Why a member refuses a command, by `src/mongo/base/error_codes.yml`.
enum MongoRefusal {
  case badValue(String)
  case unauthenticated(String)
  case unauthorized(String, String)
  case noLogin
  case loginFailed
  case namespaceNotFound(String)
  case commandNotFound(String)
  case notInitialized
  case mechanismUnavailable(String)
  case oldQuery(String)
  case secondaryNotAsked
  case notReadable

  var code: Int32 {
    switch self {
    case .badValue: 2
    case .unauthenticated, .unauthorized: 13
    case .noLogin: 17
    case .loginFailed: 18
    case .namespaceNotFound: 26
    case .commandNotFound: 59
    case .notInitialized: 94
    case .mechanismUnavailable: 334
    case .oldQuery: 352
    case .secondaryNotAsked: 13_435
    case .notReadable: 13_436
    }
  }

  var name: String {
    switch self {
    case .badValue: "BadValue"
    case .unauthenticated, .unauthorized: "Unauthorized"
    case .noLogin: "ProtocolError"
    case .loginFailed: "AuthenticationFailed"
    case .namespaceNotFound: "NamespaceNotFound"
    case .commandNotFound: "CommandNotFound"
    case .notInitialized: "NotYetInitialized"
    case .mechanismUnavailable: "MechanismUnavailable"
    case .oldQuery: "UnsupportedOpQueryCommand"
    case .secondaryNotAsked: "NotPrimaryNoSecondaryOk"
    case .notReadable: "NotPrimaryOrSecondary"
    }
  }

  var text: String {
    switch self {
    case .badValue(let what): what
    case .unauthenticated(let command): "Command \(command) requires authentication"
    case .unauthorized(let command, let database):
      "not authorized on \(database) to execute command \(command)"
    case .noLogin: "No SASL session state found"
    case .loginFailed: "Authentication failed."
    case .namespaceNotFound(let name): "Collection [\(name)] not found."
    case .commandNotFound(let command): "no such command: '\(command)'"
    case .notInitialized: "no replset config has been received"
    case .mechanismUnavailable(let mechanism):
      "Received authentication for mechanism \(mechanism) which is not enabled"
    case .oldQuery(let command):
      "Unsupported OP_QUERY command: \(command). The client driver may require an upgrade."
    case .secondaryNotAsked: "not primary and secondaryOk=false"
    case .notReadable: "node is not in primary or recovering state"
    }
  }
}
