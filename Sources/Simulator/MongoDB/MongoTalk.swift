// SPDX-License-Identifier: MIT
import MetricModel

/// One connection to a member, without a socket: bytes in, bytes out.
struct MongoTalk {
  /// A `hello` whose answer waits until something has changed.
  private struct Awaited {
    let request: MongoFrame
    let version: MongoDocument
    let limit: Duration
    let isOld: Bool
    /// After this the client is told although nothing changed.
    var deadline: Timestamp
    /// What the next answer answers: the request, or the answer before.
    var replyTo: Int32
  }

  /// Nobody waits longer.
  private static let waitMax = Duration.seconds(30)

  private let user: MongoUser
  /// The connection's number at the member.
  private let number: Int32
  private let noise: SeededNoise
  private var inbox: [UInt8] = []
  private var login: ScramLogin?
  private var logins: Int64 = 0
  private var isKnown = false
  private var awaited: Awaited?
  private var nextID: Int32 = 1
  /// The client broke the protocol, or the process is gone: the connection ends.
  private(set) var isOver = false

  /// Begins with a client that has said nothing.
  init(user: MongoUser, number: Int32, seed: UInt64) {
    self.user = user
    self.number = number
    noise = SeededNoise(seed: seed)
  }

  /// It has to be called again soon although the client says nothing.
  var isWaiting: Bool { awaited != nil }

  /// Takes what the client sent.
  ///
  /// - Parameters:
  ///   - bytes: Any part of any number of messages.
  ///   - face: The member now; nil when its process is gone.
  /// - Returns: The answers.
  mutating func take(_ bytes: [UInt8], _ face: MongoFace?) -> [UInt8] {
    inbox += bytes
    var answers: [UInt8] = []
    do throws(MongoReader.Malformed) {
      while !isOver, let size = try MongoFrame.size(inbox[...]), inbox.count >= size {
        let frame = try MongoFrame(inbox[..<size])
        inbox.removeFirst(size)
        guard let face else {
          isOver = true
          return []
        }
        answers += answer(frame, face)
      }
    } catch {
      // As a member does: it says nothing and hangs up.
      isOver = true
    }
    return answers
  }

  /// Answers who waits, if it is time.
  mutating func advance(_ face: MongoFace?) -> [UInt8] {
    guard let face else {
      isOver = true
      return []
    }
    guard let waiting = awaited, !face.isKnown(waiting.version) || face.now >= waiting.deadline
    else { return [] }
    awaited = nil
    return answerAwaited(waiting, face)
  }

  // MARK: Commands

  private mutating func answer(_ frame: MongoFrame, _ face: MongoFace) -> [UInt8] {
    awaited = nil
    guard let name = frame.body.fields.first?.name else {
      isOver = true
      return []
    }
    let isHello = ["hello", "isMaster", "ismaster"].contains(name)
    if isHello, let waiting = wait(for: frame, name, face) {
      if face.isKnown(waiting.version) {
        awaited = waiting
        return []
      }
      return answerAwaited(waiting, face)
    }
    let document: MongoDocument
    if isHello {
      document = hello(frame, name, face)
    } else if case .query = frame.form {
      document = .error(.oldQuery(name))
    } else {
      document = answer(name, frame.body, face)
    }
    // Who has a checksum in the question gets one in the answer.
    let flags = frame.form == .message ? frame.flags & MongoFrame.Flags.checksumPresent : 0
    return MongoFrame.reply(document, id: takeID(), to: frame.id, as: frame.form, flags: flags)
  }

  private mutating func takeID() -> Int32 {
    defer { nextID &+= 1 }
    return nextID
  }

  private mutating func answer(
    _ name: String,
    _ command: MongoDocument,
    _ face: MongoFace
  ) -> MongoDocument {
    let database = command["$db"]?.text ?? ""
    switch name {
    case "saslStart": return startLogin(command, database)
    case "saslContinue": return continueLogin(command)
    case "authenticate":
      return .error(.mechanismUnavailable(command["mechanism"]?.text ?? ""))
    case "logout":
      isKnown = false
      return .good
    case "connectionStatus":
      let users: [MongoValue] =
        isKnown ? [["user": .text(user.name), "db": "admin"]] : []
      let roles: [MongoValue] = isKnown ? [["role": "clusterMonitor", "db": "admin"]] : []
      return [
        "authInfo": [
          "authenticatedUsers": .list(users), "authenticatedUserRoles": .list(roles),
        ]
      ] + .good
    default: return face.answer(name, command, database: database, isKnown: isKnown)
    }
  }

  // MARK: Hello

  private mutating func hello(
    _ frame: MongoFrame,
    _ name: String,
    _ face: MongoFace
  ) -> MongoDocument {
    var document = face.hello(isOld: name != "hello", connection: number)
    if let whom = frame.body["saslSupportedMechs"]?.text, whom == "admin.\(user.name)" {
      let names = ScramMechanism.allCases.map { MongoValue.text($0.rawValue) }
      document.add("saslSupportedMechs", .list(names))
    }
    if let early = frame.body["speculativeAuthenticate"]?.document {
      let answer = startLogin(early, early["db"]?.text ?? "")
      if answer["ok"] == 1.0 { document.add("speculativeAuthenticate", .document(answer)) }
    }
    return document
  }

  /// What a `hello` waits for that is not to be answered at once; nil for any other.
  private func wait(for frame: MongoFrame, _ name: String, _ face: MongoFace) -> Awaited? {
    guard frame.form == .message, let version = frame.body["topologyVersion"]?.document,
      let milliseconds = frame.body["maxAwaitTimeMS"]?.number, milliseconds >= 0
    else { return nil }
    let limit = min(.milliseconds(Int64(min(milliseconds, 1e9))), Self.waitMax)
    return Awaited(
      request: frame,
      version: version,
      limit: limit,
      isOld: name != "hello",
      deadline: face.now + limit,
      replyTo: frame.id
    )
  }

  /// Tells who waited; a client that allows it is then told of all that follows.
  private mutating func answerAwaited(_ waiting: Awaited, _ face: MongoFace) -> [UInt8] {
    let document = face.hello(isOld: waiting.isOld, connection: number)
    let goesOn = waiting.request.flags & MongoFrame.Flags.exhaustAllowed != 0
    var flags = waiting.request.flags & MongoFrame.Flags.checksumPresent
    let id = takeID()
    if goesOn, let version = document["topologyVersion"]?.document {
      flags |= MongoFrame.Flags.moreToCome
      awaited = Awaited(
        request: waiting.request,
        version: version,
        limit: waiting.limit,
        isOld: waiting.isOld,
        deadline: face.now + waiting.limit,
        replyTo: id
      )
    }
    return MongoFrame.reply(document, id: id, to: waiting.replyTo, as: .message, flags: flags)
  }

  // MARK: Logins

  private mutating func startLogin(_ command: MongoDocument, _ database: String) -> MongoDocument {
    login = nil
    guard let name = command["mechanism"]?.text, let mechanism = ScramMechanism(rawValue: name)
    else { return .error(.mechanismUnavailable(command["mechanism"]?.text ?? "")) }
    logins += 1
    let nonce = (0..<3).map { part in
      String(noise.bits("nonce/\(number)/\(part)", logins), radix: 36)
    }
    let options = command["options"]?.document
    let started = ScramLogin(
      command["payload"]?.bytes ?? [],
      mechanism,
      user,
      nonce: nonce.joined(),
      isShort: options?["skipEmptyExchange"]?.isOn ?? false
    )
    guard let started, database == "admin" else { return .error(.loginFailed) }
    login = started
    return step(started.challenge, isDone: false)
  }

  private mutating func continueLogin(_ command: MongoDocument) -> MongoDocument {
    guard var login, command["conversationId"]?.number == 1 else { return .error(.noLogin) }
    self.login = nil
    if login.isProven {
      // The empty message of a client that does not know the short way.
      isKnown = true
      return step([], isDone: true)
    }
    guard let signature = login.prove(command["payload"]?.bytes ?? []) else {
      return .error(.loginFailed)
    }
    if login.isShort { isKnown = true } else { self.login = login }
    return step(signature, isDone: login.isShort)
  }

  private func step(_ payload: [UInt8], isDone: Bool) -> MongoDocument {
    ["conversationId": 1, "done": .bool(isDone), "payload": .bytes(payload)] + .good
  }
}
