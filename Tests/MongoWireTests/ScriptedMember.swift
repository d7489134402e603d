// SPDX-License-Identifier: MIT
@testable import MongoWire
import FoundationEssentials
import Net
import Synchronization
import TestSupport
import Testing

/// A member without a socket: it answers each request as a script says.
final class ScriptedMember: MongoTransport {
  /// What is done about a request.
  enum Answer: Sendable {
    /// A reply as it should be.
    case reply(BSONDocument)
    /// Bytes of any kind.
    case bytes([UInt8])
    /// Replies that say that more come, until the last.
    case chain([BSONDocument])
    case nothing
    case close
  }

  private struct State {
    var waiting: [UInt8] = []
    var requests: [OpMessage] = []
    var isClosedByPeer = false
    var isClosed = false
  }

  let certificate: ServerCertificate? = nil
  private let state = Mutex(State())
  private let pieceBytes: Int
  private let script: @Sendable (OpMessage) -> Answer

  /// Gives bytes in pieces of at most `pieceBytes`.
  init(pieceBytes: Int = .max, _ script: @escaping @Sendable (OpMessage) -> Answer) {
    self.pieceBytes = pieceBytes
    self.script = script
  }

  var requests: [OpMessage] { state.withLock { $0.requests } }
  var commands: [String] { requests.compactMap { $0.body.elements.first?.key } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  func send(_ bytes: [UInt8], within limit: Duration) async throws(StreamError) {
    guard !isClosed else { throw .closed }
    let request: OpMessage
    do {
      request = try OpMessage(bytes)
    } catch {
      Issue.record("a request is broken: \(error)")
      throw .closed
    }
    let answer = script(request)
    state.withLock { state in
      state.requests.append(request)
      switch answer {
      case .reply(let body): state.waiting += Self.reply(to: request.requestID, body)
      case .bytes(let bytes): state.waiting += bytes
      case .chain(let bodies):
        var id = request.requestID
        for (index, body) in bodies.enumerated() {
          let flags: OpMessage.Flags = index + 1 < bodies.count ? .moreToCome : []
          state.waiting += Self.reply(to: id, body, flags: flags, id: Int32(900 + index))
          id = Int32(900 + index)
        }
      case .nothing: break
      case .close: state.isClosedByPeer = true
      }
    }
  }

  static func reply(
    to request: Int32,
    _ body: BSONDocument,
    flags: OpMessage.Flags = [],
    id: Int32 = 77
  ) -> [UInt8] {
    OpMessage(requestID: id, responseTo: request, flags: flags, body: body).encoded
  }

  func receive(upTo count: Int, within limit: Duration) async throws(StreamError) -> [UInt8] {
    let next: Result<[UInt8], StreamError> = state.withLock { state in
      if state.isClosed { return .failure(.closed) }
      if state.waiting.isEmpty {
        return .failure(
          state.isClosedByPeer
            ? .closedByPeer(peer: "member:1")
            : .timedOut(peer: "member:1", after: limit, phase: .receive)
        )
      }
      let bytes = Array(state.waiting.prefix(min(count, pieceBytes)))
      state.waiting.removeFirst(bytes.count)
      return .success(bytes)
    }
    return try next.get()
  }

  func watchIdle(_ onClose: @escaping @Sendable () -> Void) {}

  func close() { state.withLock { $0.isClosed = true } }
}

extension ScriptedMember {
  static let endpoint = MongoEndpoint(stream: StreamEndpoint(host: "member", port: 1))

  static func endpoint(_ credential: MongoCredential?) -> MongoEndpoint {
    MongoEndpoint(stream: StreamEndpoint(host: "member", port: 1), credential: credential)
  }

  func open(_ endpoint: MongoEndpoint = ScriptedMember.endpoint) async throws -> MongoConnection {
    try await MongoConnection.open(endpoint, over: self, until: Deadline(after: .seconds(30)))
  }

  /// Why the member could not be opened.
  func refusal(_ endpoint: MongoEndpoint) async -> MongoError? {
    do {
      _ = try await open(endpoint)
      return nil
    } catch {
      return error as? MongoError
    }
  }

  /// Answers `hello` and has a script for the rest.
  static func greeting(
    _ hello: BSONDocument = .primaryHello,
    pieceBytes: Int = .max,
    _ script: @escaping @Sendable (OpMessage) -> Answer
  ) -> ScriptedMember {
    ScriptedMember(pieceBytes: pieceBytes) { request in
      request.body["hello"] != nil && request.body["topologyVersion"] == nil
        ? .reply(hello) : script(request)
    }
  }
}

extension BSONDocument {
  static let primaryHello: BSONDocument = [
    "isWritablePrimary": true, "setName": "rs0", "me": "DB1:27017", "maxWireVersion": 21,
    "topologyVersion": [
      "processId": .objectID(BSONObjectID(high: 1, low: 2)), "counter": .int64(6),
    ], "ok": 1.0,
  ]

  /// The document with keys set, or added at the end.
  func with(_ changes: [(String, BSONValue)]) -> BSONDocument {
    let kept = elements.filter { element in !changes.contains { $0.0 == element.key } }
    return BSONDocument(kept.map { ($0.key, $0.value) } + changes)
  }
}

/// The server's side of SCRAM, written from RFC 5802.
final class ScramServer: Sendable {
  private struct State {
    var firstBare = ""
    var serverFirst = ""
    var emptyMessages = 0
  }

  private let state = Mutex(State())
  private let function: Digest.Function
  private let username: String
  private let secret: [UInt8]
  private let salt = Array("0123456789abcdef".utf8)
  private let rounds = 4_096
  /// Messages that it wants after the last one, as servers before 4.4 do.
  private let wantedEmptyMessages: Int

  init(
    _ mechanism: MongoCredential.Mechanism,
    username: String,
    password: String,
    wantedEmptyMessages: Int = 0
  ) throws {
    function = mechanism.function
    self.username = username
    self.wantedEmptyMessages = wantedEmptyMessages
    if mechanism == .scramSHA1 {
      let digest = try #require(Digest.md5(Array("\(username):mongo:\(password)".utf8)))
      secret = Array(Digest.hex(digest).utf8)
    } else {
      secret = Array(password.utf8)
    }
  }

  /// The reply to `saslStart` or `saslContinue`.
  func reply(_ body: BSONDocument) -> BSONDocument {
    let message = String(decoding: body["payload"]?.bytes ?? [], as: UTF8.self)
    return state.withLock { state in
      if body["saslStart"] != nil {
        state.firstBare = String(message.dropFirst("n,,".count))
        guard state.firstBare.hasPrefix("n=\(username),r=") else { return Self.refusal }
        let nonce = state.firstBare.dropFirst("n=\(username),r=".count)
        state.serverFirst =
          "r=\(nonce)SERVER,s=\(Data(salt).base64EncodedString()),i=\(rounds)"
        return Self.message(state.serverFirst, isDone: false)
      }
      if message.isEmpty {
        state.emptyMessages += 1
        return Self.message("", isDone: state.emptyMessages >= wantedEmptyMessages)
      }
      guard let comma = message.lastIndex(of: ",") else { return Self.refusal }
      let authMessage = "\(state.firstBare),\(state.serverFirst),\(message[..<comma])"
      let salted = Digest.pbkdf2(
        function,
        password: secret,
        salt: salt,
        rounds: Int32(rounds),
        byteCount: function.byteCount
      )
      let key = Digest.hmac(function, key: salted, message: Array("Client Key".utf8))
      let stored = Digest.hash(function, key)
      let signature = Digest.hmac(function, key: stored, message: Array(authMessage.utf8))
      let expected = Data(zip(key, signature).map { $0 ^ $1 }).base64EncodedString()
      guard message[comma...] == ",p=\(expected)" else { return Self.refusal }
      let serverKey = Digest.hmac(function, key: salted, message: Array("Server Key".utf8))
      let last = Digest.hmac(function, key: serverKey, message: Array(authMessage.utf8))
      return Self.message(
        "v=\(Data(last).base64EncodedString())",
        isDone: wantedEmptyMessages == 0
      )
    }
  }

  static func message(_ text: String, isDone: Bool) -> BSONDocument {
    [
      "conversationId": 1, "done": .bool(isDone),
      "payload": .binary(BSONBinary(Array(text.utf8))), "ok": 1.0,
    ]
  }

  static let refusal: BSONDocument = [
    "ok": 0.0, "errmsg": "Authentication failed.", "code": 18, "codeName": "AuthenticationFailed",
  ]
}
