// SPDX-License-Identifier: MIT
package import Net

/// One connection to one member, greeted and logged in; it asks one thing at a time.
///
/// Whatever breaks the order of requests and replies closes it: a timeout, a cancelled task, a byte
/// that is not as it has to be. A refused command does not. To connect again is the caller's part.
package actor MongoConnection {
  /// `name:port` of the member.
  package nonisolated let peer: String
  /// How the member described itself at the start.
  package nonisolated let hello: HelloReply
  /// The member knows who asks; false without a credential, and at an arbiter, which has no users.
  package nonisolated let isLoggedIn: Bool
  private nonisolated let wire: MongoWireChannel
  private var isBusy = false
  private var awaited: HelloReply

  private init(peer: String, wire: MongoWireChannel, login: LoginMachine, hello: HelloReply) {
    self.peer = peer
    self.wire = wire
    self.hello = hello
    isLoggedIn = login.isLoggedIn
    awaited = hello
  }

  deinit {
    wire.close()
  }

  /// Connects, greets and logs in.
  ///
  /// All of it has to be done within `limit`.
  package static func open(
    _ endpoint: MongoEndpoint,
    using connector: StreamConnector,
    within limit: Duration
  ) async throws(MongoError) -> MongoConnection {
    let deadline = Deadline(after: limit)
    let stream: ByteStream
    do {
      stream = try await connector.connect(to: endpoint.stream, within: limit)
    } catch {
      throw MongoError(error, step: "connect")
    }
    return try await open(endpoint, over: stream, until: deadline)
  }

  /// Greets and logs in over what is connected already.
  package static func open(
    _ endpoint: MongoEndpoint,
    over transport: any MongoTransport,
    until deadline: Deadline
  ) async throws(MongoError) -> MongoConnection {
    let peer = endpoint.stream.authority
    let wire = MongoWireChannel(transport, peer: peer, limitBytes: endpoint.replyLimitBytes)
    do {
      let login = try await logIn(endpoint, wire, until: deadline)
      guard let hello = login.hello else {
        throw MongoError.malformed(path: "hello", reason: "no reply")
      }
      return MongoConnection(peer: peer, wire: wire, login: login, hello: hello)
    } catch {
      wire.close()
      throw error as? MongoError ?? .closed
    }
  }

  private static func logIn(
    _ endpoint: MongoEndpoint,
    _ wire: MongoWireChannel,
    until deadline: Deadline
  ) async throws(MongoError) -> LoginMachine {
    var login = LoginMachine(
      credential: endpoint.credential,
      applicationName: endpoint.applicationName
    )
    var action = login.start()
    while true {
      switch action {
      case .send(let command, let database):
        action = try login.receive(
          try await wire.exchange(command, database: database, until: deadline)
        )
      case .makeKeys(let recipe):
        guard let credential = endpoint.credential else { throw .closed }
        do {
          action = login.receive(try await endpoint.keys.keys(for: recipe, credential))
        } catch {
          throw .loginFailed(error)
        }
      case .finish: return login
      }
    }
  }

  /// What the member showed in the TLS handshake; nil for plain TCP.
  package nonisolated var certificate: ServerCertificate? { wire.transport.certificate }

  /// Asks, and waits for the answer.
  ///
  /// - Parameters:
  ///   - command: What to ask.
  ///   - limit: How long it may take; the member is told a little less.
  /// - Returns: The whole reply, which says `ok`.
  /// - Throws: ``MongoError/commandRefused(_:)`` leaves the connection usable, so does
  ///   ``MongoError/busy``; everything else closes it.
  package func run(
    _ command: ReadCommand,
    within limit: Duration
  ) async throws(MongoError) -> BSONDocument {
    if let reason = CommandAllowance.refusal(of: command.body, database: command.database) {
      throw .notAllowed(command: command.name, reason: reason)
    }
    guard !isBusy, !wire.isWaiting else { throw .busy }
    isBusy = true
    defer { isBusy = false }
    var body = command.body
    body.append("maxTimeMS", .int64(max(1, limit.wholeMilliseconds * 9 / 10)))
    let reply = try await wire.exchange(
      body,
      database: command.database,
      until: Deadline(after: limit)
    )
    if let refusal = CommandRefusal(reply, to: command.name) { throw .commandRefused(refusal) }
    return reply
  }

  /// Waits until the member has something new to say of itself, or `longest` is over.
  ///
  /// The first call asks, with leave to answer more than once; from then on the member sends what
  /// changes by itself, and the connection is for nothing else. Servers before 4.4 cannot.
  ///
  /// - Parameter longest: After this the member answers although nothing changed.
  /// - Returns: How the member describes itself now.
  /// - Throws: ``MongoError/notAllowed(command:reason:)`` where ``HelloReply/canBeAwaited`` is
  ///   false; everything else but ``MongoError/busy`` closes the connection.
  package func nextHello(longest: Duration) async throws(MongoError) -> HelloReply {
    guard let version = awaited.topologyVersion else {
      throw .notAllowed(command: "hello", reason: "the server cannot be waited on")
    }
    guard !isBusy else { throw .busy }
    isBusy = true
    defer { isBusy = false }
    // The answer has to travel too.
    let deadline = Deadline(after: longest + .seconds(5))
    let reply: BSONDocument
    if wire.isWaiting {
      reply = try await wire.nextReply(to: "hello", until: deadline)
    } else {
      reply = try await wire.exchange(
        [
          "hello": 1, "topologyVersion": version.value,
          "maxAwaitTimeMS": .int64(longest.wholeMilliseconds),
        ],
        database: "admin",
        flags: .exhaustAllowed,
        until: deadline
      )
    }
    if let refusal = CommandRefusal(reply, to: "hello") { throw .commandRefused(refusal) }
    awaited = HelloReply(reply)
    return awaited
  }

  /// Calls back once, at once, when the member closes the connection while nothing is asked.
  ///
  /// The next question ends the watch. It must not block.
  package nonisolated func watchIdle(_ onClose: @escaping @Sendable () -> Void) {
    wire.transport.watchIdle(onClose)
  }

  /// Closes the connection at once.
  package nonisolated func close() {
    wire.close()
  }
}

extension Duration {
  /// Whole milliseconds, rounded down; a day at most.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = min(self, .seconds(86_400)).components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
