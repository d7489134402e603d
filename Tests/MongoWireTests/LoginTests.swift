// SPDX-License-Identifier: MIT
import FoundationEssentials
@testable import MongoWire
import TestSupport
import Testing

@Suite struct LoginTests {
  private let pencil = MongoCredential(username: "mon", password: "pencil")

  private func member(
    _ server: ScramServer,
    mechanisms: [BSONValue]? = nil,
    role: [(String, BSONValue)] = []
  ) -> ScriptedMember {
    var hello = BSONDocument.primaryHello.with(role)
    if let mechanisms { hello.append("saslSupportedMechs", .array(mechanisms)) }
    return .greeting(hello) { request in
      request.body["payload"] == nil ? .reply(["ok": 1]) : .reply(server.reply(request.body))
    }
  }

  @Test func `the strongest mechanism that the member offers is taken`() async throws {
    let offers: [([BSONValue]?, MongoCredential.Mechanism)] = [
      (["SCRAM-SHA-1", "SCRAM-SHA-256"], .scramSHA256), (["SCRAM-SHA-1"], .scramSHA1),
      (nil, .scramSHA1),
    ]
    for (offer, mechanism) in offers {
      let server = try ScramServer(mechanism, username: "mon", password: "pencil")
      let member = member(server, mechanisms: offer)
      let connection = try await member.open(ScriptedMember.endpoint(pencil))
      #expect(connection.isLoggedIn)
      #expect(connection.hello.role == .primary)
      #expect(member.commands == ["hello", "saslStart", "saslContinue"])
      let hello = member.requests[0].body
      #expect(hello["saslSupportedMechs"] == "admin.mon")
      #expect(hello[path: "client", "application", "name"] == "hvsmon")
      #expect(hello[path: "client", "os", "type"] == "Linux")
      #expect(member.requests[1].body["mechanism"] == .string(mechanism.rawValue))
      #expect(member.requests[1].body["$db"] == "admin")
      _ = try await connection.run(.ping, within: .seconds(1))
    }
  }

  @Test func `a mechanism of the settings is kept to, and the source is asked`() async throws {
    let credential = MongoCredential(
      username: "mon",
      password: "pencil",
      source: "ops",
      mechanism: .scramSHA1
    )
    let server = try ScramServer(.scramSHA1, username: "mon", password: "pencil")
    let member = member(server)
    _ = try await member.open(ScriptedMember.endpoint(credential))
    #expect(member.requests[0].body["saslSupportedMechs"] == nil)
    #expect(member.requests[2].body["$db"] == "ops")
  }

  @Test func `old members that want empty messages get them, but not for ever`() async throws {
    for count in [1, 3, 4] {
      let server = try ScramServer(
        .scramSHA1,
        username: "mon",
        password: "pencil",
        wantedEmptyMessages: count
      )
      let member = member(server)
      let refusal = await member.refusal(ScriptedMember.endpoint(pencil))
      #expect((refusal?.kind ?? "") == (count > 3 ? "malformed_reply" : ""))
      #expect(member.commands.count == 3 + min(count, 3))
    }
  }

  @Test func `a wrong password is a refused login and closes the connection`() async throws {
    let server = try ScramServer(.scramSHA256, username: "mon", password: "pen")
    let member = member(server, mechanisms: ["SCRAM-SHA-256"])
    let refusal = await member.refusal(ScriptedMember.endpoint(pencil))
    #expect(
      refusal
        == .loginRefused(
          CommandRefusal(
            command: "saslContinue",
            code: 18,
            codeName: "AuthenticationFailed",
            message: "Authentication failed."
          )
        )
    )
    #expect(member.isClosed)
    #expect(!"\(refusal as Any)".contains("pencil"))
  }

  @Test func `an arbiter and a login without a user are not tried`() async throws {
    let server = try ScramServer(.scramSHA256, username: "mon", password: "pencil")
    let arbiter = member(
      server,
      role: [("isWritablePrimary", false), ("arbiterOnly", true)]
    )
    let connection = try await arbiter.open(ScriptedMember.endpoint(pencil))
    #expect(!connection.isLoggedIn)
    #expect(connection.hello.role == .arbiter)
    #expect(arbiter.commands == ["hello"])
    let open = member(server)
    #expect(try await !open.open().isLoggedIn)
    #expect(open.commands == ["hello"])
  }

  @Test func `a certificate logs in without a password`() async throws {
    let member = ScriptedMember.greeting { _ in
      .reply(["dbname": "$external", "user": "CN=x", "ok": 1])
    }
    #expect(try await member.open(ScriptedMember.endpoint(.certificate)).isLoggedIn)
    let request = member.requests[1].body
    #expect(request["authenticate"] == 1)
    #expect(request["mechanism"] == "MONGODB-X509")
    #expect(request["user"] == nil)
    #expect(request["$db"] == "$external")
    let refusing = ScriptedMember.greeting { _ in .reply(ScramServer.refusal) }
    #expect(
      await refusing.refusal(ScriptedMember.endpoint(.certificate))?.kind == "login_refused"
    )
  }

  @Test func `a server that does not keep to the rules is not logged in to`() async throws {
    let first = ScramServer.message("x", isDone: false)
    let cases: [(BSONDocument, String)] = [
      (ScramServer.message("v=AAAA", isDone: true), "login_failed"),
      (first, "login_failed"),
      (["ok": 1, "done": false], "malformed_reply"),
      (["ok": 1], "malformed_reply"),
      (ScramServer.message("", isDone: false), "login_failed"),
      (["ok": 0, "code": 334, "codeName": "MechanismUnavailable"], "login_refused"),
      (["ok": 0], "login_refused"),
      (["ok": 0, "code": 91], "shutting_down"),
      ([:], "login_refused"),
    ]
    for (reply, kind) in cases {
      let member = ScriptedMember.greeting { _ in .reply(reply) }
      let refusal = await member.refusal(ScriptedMember.endpoint(pencil))
      #expect(refusal?.kind == kind)
      #expect(member.isClosed)
    }
    // The proof of the server is what ends a login, not its word that it is done.
    let server = try ScramServer(.scramSHA256, username: "mon", password: "pencil")
    let liar = ScriptedMember.greeting { request in
      request.body["saslContinue"] == nil
        ? .reply(server.reply(request.body))
        : .reply(ScramServer.message("v=AAAA", isDone: true))
    }
    let mechanism = MongoCredential(
      username: "mon",
      password: "pencil",
      mechanism: .scramSHA256
    )
    #expect(
      await liar.refusal(ScriptedMember.endpoint(mechanism)) == .loginFailed(.serverNotProven)
    )
  }

  @Test func `a password that cannot be prepared is told without showing it`() async throws {
    let credential = MongoCredential(
      username: "mon",
      password: "secret\u{7}",
      mechanism: .scramSHA256
    )
    let server = try ScramServer(.scramSHA256, username: "mon", password: "x")
    let refusal = await member(server).refusal(ScriptedMember.endpoint(credential))
    #expect(refusal == .loginFailed(.unusablePassword(.prohibitedCharacter)))
    #expect(!"\(refusal as Any)".contains("secret"))
  }

  @Test func `a server that does not know hello is asked in the old words`() async throws {
    let old = ScriptedMember { request in
      request.body["isMaster"] == nil
        ? .reply(["ok": 0, "code": 59, "codeName": "CommandNotFound"])
        : .reply(["ismaster": true, "setName": "rs0", "maxWireVersion": 8, "ok": 1])
    }
    let connection = try await old.open()
    #expect(connection.hello.role == .primary)
    #expect(old.commands == ["hello", "isMaster"])
    #expect(old.requests[1].body["helloOk"] == true)
    let none = ScriptedMember { _ in .reply(["ok": 0, "code": 59]) }
    #expect(await none.refusal(ScriptedMember.endpoint)?.kind == "refused_command")
    let ancient = ScriptedMember { _ in .reply(["ismaster": true, "maxWireVersion": 5, "ok": 1]) }
    #expect(
      await ancient.refusal(ScriptedMember.endpoint) == .unsupportedServer(maxWireVersion: 5)
    )
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `recorded conversations are led as they were`() throws {
    let recorded = try Fixtures.json("wire/recorded.json").items
    func document(_ index: Int, _ side: String) throws -> BSONDocument {
      let hex = try #require(recorded[index]["\(side)_hex"]?.text)
      return try OpMessage(bytes(hex: hex)).body
    }
    let logins: [(Int, MongoCredential.Mechanism, String, String, Bool)] = [
      (5, .scramSHA256, "root", "rOprNGfwEbeRWgbNEkqO", true),
      (11, .scramSHA1, "mon1", "fyko+d2lbbFgONRv9qkxdawL", true),
      (13, .scramSHA256, "root", "rOprNGfwEbeRWgbNEkqO", false),
    ]
    for (index, mechanism, user, nonce, isRight) in logins {
      let credential = MongoCredential(username: user, password: "pencil", mechanism: mechanism)
      var login = LoginMachine(credential: credential, applicationName: "test", nonce: nonce)
      _ = login.start()
      guard case .send(let start, _) = try login.receive(try document(0, "reply")) else {
        Issue.record("no saslStart")
        return
      }
      #expect(start["payload"] == (try document(index, "request"))["payload"])
      guard case .makeKeys(let recipe) = try login.receive(try document(index, "reply")) else {
        Issue.record("no keys wanted")
        return
      }
      let keys = try ScramKeys(recipe, username: user, password: "pencil")
      guard case .send(let last, _) = login.receive(keys) else {
        Issue.record("no saslContinue")
        return
      }
      let isSame = last["payload"] == (try document(index + 1, "request"))["payload"]
      #expect(isSame == isRight)
      if isRight {
        #expect(try login.receive(try document(index + 1, "reply")) == .finish)
      } else {
        #expect(throws: MongoError.self) { try login.receive(try document(index + 1, "reply")) }
      }
      #expect(login.isLoggedIn == isRight)
    }
  }
}
