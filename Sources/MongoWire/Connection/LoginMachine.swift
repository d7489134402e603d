// SPDX-License-Identifier: MIT

/// The way from a fresh connection to one that may ask, without a byte of input or output: it takes
/// replies and says what to do next.
struct LoginMachine: Sendable {
  /// What to do next.
  enum Action: Equatable {
    /// Send the command to the database, and give the reply back.
    case send(BSONDocument, database: String)
    /// Make the password's keys, and give them back.
    case makeKeys(ScramConversation.KeyRecipe)
    /// The connection is ready.
    case finish
  }

  private enum State {
    case hello(isLegacy: Bool)
    case scramFirst
    case scramKeys
    case scramFinal
    /// Empty messages that old servers want, so many sent.
    case scramEmpty(Int)
    case certificate
    case finished
  }

  /// Wire version 6 is server 3.6, the first with OP_MSG.
  private static let oldestWireVersion = 6
  /// Servers before 4.4 want one more message; none wants more.
  private static let emptyMessageLimit = 3
  /// The limit of the specification for the whole of `client`.
  private static let metadataLimit = 512

  /// What the member said of itself; set with the first reply.
  private(set) var hello: HelloReply?
  /// The member knows who asks.
  private(set) var isLoggedIn = false
  private let credential: MongoCredential?
  private let applicationName: String
  private let nonce: String?
  private var state = State.hello(isLegacy: false)
  private var conversation: ScramConversation?
  private var conversationID: BSONValue = 1

  /// Prepares a login.
  ///
  /// - Parameters:
  ///   - credential: Who to log in as; nil: nobody.
  ///   - applicationName: What the server's log calls this client.
  ///   - nonce: For tests.
  init(credential: MongoCredential?, applicationName: String, nonce: String? = nil) {
    self.credential = credential
    self.applicationName = applicationName
    self.nonce = nonce
  }

  /// The first message.
  func start() -> Action { helloMessage("hello") }

  private func helloMessage(_ name: String) -> Action {
    var message = BSONDocument([(name, 1)])
    if name != "hello" { message.append("helloOk", true) }
    message.append("client", .document(metadata))
    if let credential, credential.mechanism == nil {
      message.append(
        "saslSupportedMechs",
        .string("\(credential.source).\(credential.username)")
      )
    }
    return .send(message, database: "admin")
  }

  /// `source/mongodb-handshake/handshake.md`: who polls, for the server's log.
  private var metadata: BSONDocument {
    var metadata: BSONDocument = [
      "driver": ["name": "hvsmon", "version": "1"], "os": ["type": "Linux"],
    ]
    let named = BSONDocument(
      [
        ("application", ["name": .string(applicationName)])
      ] + metadata.elements.map { ($0.key, $0.value) }
    )
    if applicationName.utf8.count <= 128, named.encoded.count <= Self.metadataLimit {
      metadata = named
    }
    return metadata
  }

  // MARK: Replies

  /// Takes the reply to the last message.
  mutating func receive(_ reply: BSONDocument) throws(MongoError) -> Action {
    switch state {
    case .hello(let isLegacy): return try receiveHello(reply, isLegacy: isLegacy)
    case .scramFirst: return try receiveScramFirst(reply)
    case .scramFinal: return try receiveScramFinal(reply)
    case .scramEmpty(let count): return try receiveScramEmpty(reply, count)
    case .certificate:
      try checkLogin(reply, "authenticate")
      return finish(isLoggedIn: true)
    case .scramKeys, .finished:
      throw .malformed(path: "login", reason: "a reply that nobody waits for")
    }
  }

  /// Takes the keys that ``Action/makeKeys(_:)`` asked for.
  mutating func receive(_ keys: ScramKeys) -> Action {
    state = .scramFinal
    let message = conversation?.clientFinal(keys) ?? []
    return continueScram(message)
  }

  private mutating func receiveHello(
    _ reply: BSONDocument,
    isLegacy: Bool
  ) throws(MongoError) -> Action {
    if let refusal = CommandRefusal(reply, to: isLegacy ? "isMaster" : "hello") {
      guard refusal.code == CommandRefusal.Code.commandNotFound, !isLegacy else {
        throw .commandRefused(refusal)
      }
      state = .hello(isLegacy: true)
      return helloMessage("isMaster")
    }
    let hello = HelloReply(reply)
    self.hello = hello
    if let version = hello.maxWireVersion, version < Self.oldestWireVersion {
      throw .unsupportedServer(maxWireVersion: version)
    }
    // An arbiter holds no users: trying would fill its log.
    guard let credential, hello.role != .arbiter else { return finish(isLoggedIn: false) }
    let offersStrong = hello.mechanisms?.contains(
      MongoCredential.Mechanism.scramSHA256.rawValue
    )
    let mechanism = credential.mechanism ?? (offersStrong ?? false ? .scramSHA256 : .scramSHA1)
    if mechanism == .x509 { return loginByCertificate(credential) }
    let conversation = ScramConversation(
      mechanism: mechanism,
      username: credential.username,
      nonce: nonce
    )
    self.conversation = conversation
    state = .scramFirst
    return .send(
      [
        "saslStart": 1, "mechanism": .string(mechanism.rawValue),
        "payload": .binary(BSONBinary(conversation.clientFirst)),
        "options": ["skipEmptyExchange": true],
      ],
      database: credential.source
    )
  }

  private mutating func loginByCertificate(_ credential: MongoCredential) -> Action {
    state = .certificate
    var message: BSONDocument = ["authenticate": 1, "mechanism": "MONGODB-X509"]
    if !credential.username.isEmpty { message.append("user", .string(credential.username)) }
    return .send(message, database: "$external")
  }

  private mutating func receiveScramFirst(_ reply: BSONDocument) throws(MongoError) -> Action {
    try checkLogin(reply, "saslStart")
    guard reply["done"]?.truth != true else { throw .loginFailed(.serverNotProven) }
    conversationID = reply["conversationId"] ?? 1
    state = .scramKeys
    let message = try payload(reply, "saslStart")
    guard var conversation else { throw .closed }
    do {
      let recipe = try conversation.receiveFirst(message)
      self.conversation = conversation
      return .makeKeys(recipe)
    } catch {
      throw .loginFailed(error)
    }
  }

  private mutating func receiveScramFinal(_ reply: BSONDocument) throws(MongoError) -> Action {
    try checkLogin(reply, "saslContinue")
    let message = try payload(reply, "saslContinue")
    guard let conversation else { throw .closed }
    do {
      try conversation.receiveFinal(message)
    } catch {
      throw .loginFailed(error)
    }
    if reply["done"]?.truth == true { return finish(isLoggedIn: true) }
    state = .scramEmpty(1)
    return continueScram([])
  }

  private mutating func receiveScramEmpty(
    _ reply: BSONDocument,
    _ count: Int
  ) throws(MongoError) -> Action {
    try checkLogin(reply, "saslContinue")
    if reply["done"]?.truth == true { return finish(isLoggedIn: true) }
    guard count < Self.emptyMessageLimit else {
      throw .malformed(path: "saslContinue", reason: "the server does not end the login")
    }
    state = .scramEmpty(count + 1)
    return continueScram([])
  }

  private func continueScram(_ message: [UInt8]) -> Action {
    .send(
      [
        "saslContinue": 1, "conversationId": conversationID,
        "payload": .binary(BSONBinary(message)),
      ],
      database: credential?.source ?? "admin"
    )
  }

  private mutating func finish(isLoggedIn: Bool) -> Action {
    state = .finished
    self.isLoggedIn = isLoggedIn
    conversation = nil
    return .finish
  }

  private func checkLogin(_ reply: BSONDocument, _ command: String) throws(MongoError) {
    guard let refusal = CommandRefusal(reply, to: command) else { return }
    throw refusal.isAboutLogin ? .loginRefused(refusal) : .commandRefused(refusal)
  }

  /// Some servers send the payload as text.
  private func payload(_ reply: BSONDocument, _ command: String) throws(MongoError) -> [UInt8] {
    guard let payload = reply["payload"]?.bytes ?? reply["payload"]?.text.map({ Array($0.utf8) })
    else { throw .malformed(path: "\(command).payload", reason: "no bytes") }
    return payload
  }
}
