// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import TestSupport
import Testing

@testable import Simulator

/// Connections to a member, byte by byte and without a socket.
@Suite struct MongoTalkTests {
  private var questions = MemberQuestions()
  private var talk = MongoTalk(user: MemberQuestions.user, number: 1, seed: 7)

  private func bytes(_ hex: String) throws -> [UInt8] {
    try #require(Digest.bytes(hex: hex.filter { $0 != " " }))
  }

  private mutating func say(
    _ command: MongoDocument,
    to vmID: Int = 103,
    flags: UInt32 = 0,
    database: String = "admin",
    at instant: Timestamp = tuesday
  ) throws -> MongoDocument {
    let face = questions.face(vmID, at: instant)
    let answer = talk.take(command.message(flags: flags, database: database), face)
    return try #require(try frames(answer).first).body
  }

  /// The messages of `source/message/OP_MSG.md` and of a driver's old first question.
  @Test mutating func `messages of others are understood, with and without a checksum`() throws {
    let face = questions.face(103, at: tuesday)
    let hello = try bytes(
      """
      34000000 01000000 00000000 dd070000 00000000 00 1f000000 10 68656c6c6f00 01000000 02 24646200
      06000000 61646d696e00 00
      """.filter { $0 != "\n" }
    )
    let first = try #require(try frames(talk.take(hello, face)).first)
    #expect(first.body["isWritablePrimary"] == true && first.body["setName"] == "rs0")
    let old = try bytes(
      """
      44000000 02000000 00000000 d4070000 04000000 61646d696e2e24636d6400 00000000 ffffffff 1d000000
      10 69734d617374657200 01000000 08 68656c6c6f4f6b00 01 00
      """.filter { $0 != "\n" }
    )
    let reply = talk.take(old, face)
    #expect(Array(reply[8..<16]) == [2, 0, 0, 0, 1, 0, 0, 0])
    var reader = MongoReader(reply[36...])
    let answered = try reader.document()
    #expect(answered["ismaster"] == true && answered["helloOk"] == true && reader.isAtEnd)
    let checked = try bytes(
      """
      37000000 03000000 00000000 dd070000 01000000 00 1e000000 10 70696e6700 01000000 02 24646200
      06000000 61646d696e00 00 8a707936
      """.filter { $0 != "\n" }
    )
    let pong = try #require(try frames(talk.take(checked, face)).first)
    #expect(pong.body.isGood && pong.flags == MongoFrame.Flags.checksumPresent)
    #expect(!talk.isOver)
    var broken = checked
    broken[30] ^= 1
    #expect(talk.take(broken, face).isEmpty && talk.isOver)
  }

  @Test mutating func `a message may come in any pieces, and two at once`() throws {
    let face = questions.face(104, at: tuesday)
    let ping = MongoDocument(fields: [.init(name: "ping", value: 1)]).message(id: 9)
    var answers: [UInt8] = []
    for byte in ping + ping.prefix(30) { answers += talk.take([byte], face) }
    #expect(try frames(answers).count == 1)
    answers = talk.take(Array(ping.dropFirst(30)) + ping, face)
    #expect(try frames(answers).count == 2)
  }

  @Test mutating func `who is not logged in learns nothing, and what is unknown is said`() throws {
    for command in ["replSetGetStatus", "serverStatus", "find", "insert", "listDatabases"] {
      #expect(try say([command: 1]).code == 13)
    }
    #expect(try say(["nonsense": 1]).code == 59)
    #expect(try say(["saslContinue": 1, "conversationId": 1]).code == 17)
    #expect(try say(["saslStart": 1, "mechanism": "GSSAPI"]).code == 334)
    #expect(try say(["authenticate": 1, "mechanism": "MONGODB-X509"]).code == 334)
    #expect(try say(["ping": 1]).isGood && (try say(["buildInfo": 1])).isGood)
  }

  /// A client's proof, by RFC 5802 section 3.
  private mutating func logIn(
    _ mechanism: ScramMechanism,
    password: String,
    isShort: Bool = true,
    user: String = "hvsmon"
  ) throws -> MongoDocument {
    let bare = "n=\(user),r=rOprNGfwEbeRWgbNEkqO"
    let first = try say([
      "saslStart": 1, "mechanism": .text(mechanism.rawValue),
      "payload": .bytes(Array("n,,\(bare)".utf8)),
      "options": ["skipEmptyExchange": .bool(isShort)],
    ])
    guard first.isGood else { return first }
    let challenge = String(decoding: first["payload"]?.bytes ?? [], as: UTF8.self)
    let parts = challenge.split(separator: ",").map { $0.dropFirst(2) }
    #expect(parts[0].hasPrefix("rOprNGfwEbeRWgbNEkqO") && parts[0].count > 40)
    #expect(parts[2] == (mechanism == .sha1 ? "10000" : "15000"))
    let function = mechanism.function
    let digest = Digest.md5(Array("\(user):mongo:\(password)".utf8)).map(Digest.hex) ?? ""
    let salted = Digest.pbkdf2(
      function,
      password: Array((mechanism == .sha1 ? digest : password).utf8),
      salt: Array(try #require(Data(base64Encoded: String(parts[1])))),
      rounds: mechanism.rounds,
      byteCount: function.byteCount
    )
    let key = Digest.hmac(function, key: salted, message: Array("Client Key".utf8))
    let bareFinal = "c=biws,r=\(parts[0])"
    let signature = Digest.hmac(
      function,
      key: Digest.hash(function, key),
      message: Array("\(bare),\(challenge),\(bareFinal)".utf8)
    )
    let proof = Data(zip(key, signature).map { $0 ^ $1 }).base64EncodedString()
    return try say([
      "saslContinue": 1, "conversationId": 1,
      "payload": .bytes(Array("\(bareFinal),p=\(proof)".utf8)),
    ])
  }

  @Test(arguments: ScramMechanism.allCases)
  mutating func `the right password logs in and a wrong one does not`(_ mechanism: ScramMechanism)
    throws
  {
    let password = MemberQuestions.user.password
    #expect(try logIn(mechanism, password: "wrong").code == 18)
    #expect(try logIn(mechanism, password: password, user: "root").code == 18)
    #expect(try say(["serverStatus": 1]).code == 13)
    let final = try logIn(mechanism, password: password)
    #expect(final["done"] == true)
    #expect(final["payload"]?.bytes?.starts(with: "v=".utf8) == true)
    #expect(try say(["serverStatus": 1]).isGood)
    #expect(try say(["insert": "things"]).code == 13)
    #expect(try say(["logout": 1]).isGood && (try say(["serverStatus": 1])).code == 13)
  }

  @Test mutating func `a client that does not know the short way sends an empty message more`()
    throws
  {
    let final = try logIn(.sha256, password: MemberQuestions.user.password, isShort: false)
    #expect(final["done"] == false)
    #expect(try say(["serverStatus": 1]).code == 13)
    // Anything said in between starts anew.
    #expect(try logIn(.sha256, password: MemberQuestions.user.password, isShort: false).isGood)
    let empty = try say(["saslContinue": 1, "conversationId": 1, "payload": .bytes([])])
    #expect(empty["done"] == true)
    #expect(try say(["serverStatus": 1]).isGood)
  }

  @Test mutating func `a hello that waits is answered when the primary is gone, or in the end`()
    throws
  {
    let first = try say(["hello": 1], to: 104)
    let version = try #require(first["topologyVersion"])
    let wait: MongoDocument = ["hello": 1, "topologyVersion": version, "maxAwaitTimeMS": 10_000]
    let flags = MongoFrame.Flags.exhaustAllowed
    #expect(talk.take(wait.message(id: 5, flags: flags), questions.face(104, at: tuesday)).isEmpty)
    #expect(talk.isWaiting)
    #expect(talk.advance(questions.face(104, at: tuesday.plus(9))).isEmpty)
    let same = try #require(
      try frames(talk.advance(questions.face(104, at: tuesday.plus(10)))).first
    )
    #expect(same.body["topologyVersion"] == version)
    #expect(same.flags & MongoFrame.Flags.moreToCome != 0 && talk.isWaiting)
    questions.world.begin(.primaryDown, at: tuesday.plus(12))
    let gone = try #require(
      try frames(talk.advance(questions.face(104, at: tuesday.plus(14)))).first
    )
    #expect(gone.body["primary"] == nil && gone.body["topologyVersion"] != version)
    let elected = try #require(
      try frames(talk.advance(questions.face(104, at: tuesday.plus(24)))).first
    )
    #expect(elected.body["primary"] != nil)
    // The client says something else: it is not told any more.
    #expect(try say(["ping": 1], to: 104, at: tuesday.plus(25)).isGood && !talk.isWaiting)
  }

  @Test mutating func `a connection ends with the process behind it`() {
    questions.world.begin(.processDown(103), at: tuesday)
    let ping = MongoDocument(fields: [.init(name: "ping", value: 1)]).message()
    #expect(talk.take(ping, questions.face(103, at: tuesday.plus(1))).isEmpty && talk.isOver)
  }

  @Test func `bytes of any kind end the connection or wait, and nothing else`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let face = questions.face(103, at: tuesday)
    let good = try #require(
      Optional(
        MongoDocument(dictionaryLiteral: ("hello", 1), ("a", ["b": [1, 2.5, "x", true]])).message()
      )
    )
    for round in 0..<2_000 {
      var talk = MongoTalk(user: MemberQuestions.user, number: 1, seed: 1)
      var bytes = good
      switch round % 3 {
      case 0: bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in random.byte() }
      case 1: bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.byte()
      default: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
      }
      let answer = talk.take(bytes, face)
      #expect(answer.count < 4_096, "seed \(seed), round \(round)")
      if round % 3 == 2 { #expect(answer.isEmpty && !talk.isOver) }
    }
    for size in [Int32(-1), 0, 15, 1 << 30] {
      var talk = MongoTalk(user: MemberQuestions.user, number: 1, seed: 1)
      #expect(talk.take(size.littleEndianBytes, face).isEmpty && talk.isOver)
    }
  }
}

extension SeededRandom {
  fileprivate mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
}
