// SPDX-License-Identifier: MIT
import FoundationEssentials
@testable import MongoWire
import Net
import TestSupport
import Testing

@Suite struct ScramTests {
  private struct Vector {
    let mechanism: MongoCredential.Mechanism
    let nonce: String
    let serverFirst: String
    let proof: String
    let signature: String
    /// Hexadecimal.
    let clientKey: String
    let serverKey: String
  }

  /// RFC 7677, section 3, and the examples of mongodb/specifications; user `user`, password
  /// `pencil`.
  private static let vectors = [
    Vector(
      mechanism: .scramSHA256,
      nonce: "rOprNGfwEbeRWgbNEkqO",
      serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      signature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
      clientKey: "a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b",
      serverKey: "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"
    ),
    Vector(
      mechanism: .scramSHA1,
      nonce: "fyko+d2lbbFgONRv9qkxdawL",
      serverFirst: "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,"
        + "s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000",
      proof: "MC2T8BvbmWRckDw8oWl5IVghwCY=",
      signature: "UMWeI25JD1yNYZRMpZ4VHvhZ9e0=",
      clientKey: "6eca60b8b046771fc7174092de6e7e837859b356",
      serverKey: "951ad51f2a8c5fe38ea86be972fbfd6a7940f084"
    ),
  ]

  @Test func `the published conversations come out to the letter`() throws {
    for vector in Self.vectors {
      var conversation = ScramConversation(
        mechanism: vector.mechanism,
        username: "user",
        nonce: vector.nonce
      )
      #expect(conversation.clientFirst == Array("n,,n=user,r=\(vector.nonce)".utf8))
      let recipe = try conversation.receiveFirst(Array(vector.serverFirst.utf8))
      let keys = try ScramKeys(recipe, username: "user", password: "pencil")
      #expect(Digest.hex(keys.clientKey) == vector.clientKey)
      #expect(Digest.hex(keys.serverKey) == vector.serverKey)
      let combined = vector.serverFirst.split(separator: ",")[0]
      #expect(
        String(decoding: conversation.clientFinal(keys), as: UTF8.self)
          == "c=biws,\(combined),p=\(vector.proof)"
      )
      try conversation.receiveFinal(Array("v=\(vector.signature)".utf8))
    }
  }

  @Test func `the example of RFC 5802 itself comes out`() throws {
    var conversation = ScramConversation(
      mechanism: .scramSHA1,
      username: "user",
      nonce: "fyko+d2lbbFgONRv9qkxdawL"
    )
    let first = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
    let recipe = try conversation.receiveFirst(Array(first.utf8))
    let keys = ScramKeys(
      .sha1,
      secret: Array("pencil".utf8),
      salt: recipe.salt,
      rounds: recipe.rounds
    )
    #expect(
      String(decoding: conversation.clientFinal(keys), as: UTF8.self)
        .hasSuffix(",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=")
    )
    try conversation.receiveFinal(Array("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".utf8))
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `recorded logins are repeated byte for byte`() throws {
    let recorded = try Fixtures.json("wire/recorded.json").items
    func payload(_ index: Int, _ side: String) throws -> [UInt8] {
      let text = recorded[index]["\(side)_doc"]?["payload"]?["$binary"]?["base64"]?.text
      return Array(try #require(text.flatMap { Data(base64Encoded: $0) }))
    }
    let logins: [(Int, MongoCredential.Mechanism, String, String)] = [
      (5, .scramSHA256, "root", "rOprNGfwEbeRWgbNEkqO"),
      (11, .scramSHA1, "mon1", "fyko+d2lbbFgONRv9qkxdawL"),
    ]
    for (index, mechanism, user, nonce) in logins {
      var conversation = ScramConversation(mechanism: mechanism, username: user, nonce: nonce)
      #expect(try payload(index, "request") == conversation.clientFirst)
      let recipe = try conversation.receiveFirst(try payload(index, "reply"))
      let keys = try ScramKeys(recipe, username: user, password: "pencil")
      #expect(try payload(index + 1, "request") == conversation.clientFinal(keys))
      try conversation.receiveFinal(try payload(index + 1, "reply"))
    }
  }

  @Test func `a nonce is new each time, long, and holds no comma`() {
    let firsts = Set(
      (0..<100).map { _ in
        ScramConversation(mechanism: .scramSHA256, username: "u").clientFirst
      }
    )
    #expect(firsts.count == 100)
    for first in firsts {
      #expect(first.count == "n,,n=u,r=".utf8.count + 32)
      #expect(first.count { $0 == UInt8(ascii: ",") } == 3)
    }
    let odd = ScramConversation(mechanism: .scramSHA256, username: "a=b,ü", nonce: "x")
    #expect(odd.clientFirst == Array("n,,n=a=3Db=2Cü,r=x".utf8))
  }

  /// Why the server's first message is refused.
  private func refusal(_ message: String) -> ScramError? {
    var conversation = ScramConversation(mechanism: .scramSHA256, username: "u", nonce: "abc")
    do {
      _ = try conversation.receiveFirst(Array(message.utf8))
      return nil
    } catch {
      return error
    }
  }

  @Test func `a server that bends the rules is not logged in to`() throws {
    let salt = "s=W22ZaJ0SNY7soEsUEjb6gQ=="
    let allowed = 4_096...1_000_000
    #expect(refusal("r=abcd,\(salt),i=4096") == nil)
    #expect(refusal("r=abcd,\(salt),i=4096,x=unknown") == nil)
    #expect(refusal("r=abc,\(salt),i=4096") == .foreignNonce)
    #expect(refusal("r=xbcd,\(salt),i=4096") == .foreignNonce)
    #expect(refusal("r=abc\u{7},\(salt),i=4096") == .foreignNonce)
    #expect(refusal("m=x,r=abcd,\(salt),i=4096") == .mandatoryExtension)
    #expect(refusal("e=unknown-user") == .serverError("unknown-user"))
    #expect(refusal("e=<script>") == .serverError("an error"))
    #expect(refusal("r=abcd,\(salt),i=4095") == .iterationCount(4_095, allowed: allowed))
    #expect(refusal("r=abcd,\(salt),i=1000001") == .iterationCount(1_000_001, allowed: allowed))
    #expect(
      refusal("r=abcd,\(salt),i=99999999999999999999") == .iterationCount(.max, allowed: allowed)
    )
    for broken in [
      "", ",", "r=abcd", "r=abcd,\(salt)", "\(salt),r=abcd,i=4096", "r=abcd,\(salt),i=",
      "r=abcd,\(salt),i=-1", "r=abcd,\(salt),i=+4096", "r=abcd,s=,i=4096", "r=abcd,s=*,i=4096",
      "r=abcd,\(salt),i=4096 ", String(repeating: "r=", count: 4_000),
    ] {
      guard case .malformedMessage? = refusal(broken) else {
        Issue.record("\(broken) is taken")
        continue
      }
    }
  }

  @Test func `a server that does not prove the password is not believed`() throws {
    let vector = Self.vectors[0]
    var conversation = ScramConversation(
      mechanism: vector.mechanism,
      username: "user",
      nonce: vector.nonce
    )
    // Before anything was said there is nothing that could be right.
    #expect(throws: ScramError.serverNotProven) {
      try conversation.receiveFinal(Array("v=\(vector.signature)".utf8))
    }
    let recipe = try conversation.receiveFirst(Array(vector.serverFirst.utf8))
    let keys = try ScramKeys(recipe, username: "user", password: "pencil")
    _ = conversation.clientFinal(keys)
    #expect(throws: ScramError.serverNotProven) {
      try conversation.receiveFinal(Array("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
    }
    #expect(throws: ScramError.serverNotProven) { try conversation.receiveFinal(Array("v=".utf8)) }
    #expect(throws: ScramError.serverError("invalid-proof")) {
      try conversation.receiveFinal(Array("e=invalid-proof".utf8))
    }
    for broken in ["", "x=1", "v=?"] {
      #expect(throws: ScramError.malformedMessage(reason: "no v=")) {
        try conversation.receiveFinal(Array(broken.utf8))
      }
    }
  }

  @Test func `another way to write a password makes the same keys, and none shows`() throws {
    let recipe = try {
      var conversation = ScramConversation(mechanism: .scramSHA256, username: "u", nonce: "abc")
      return try conversation.receiveFirst(Array("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8))
    }()
    let one = try ScramKeys(recipe, username: "u", password: "p\u{2168}")
    let other = try ScramKeys(recipe, username: "u", password: "pIX")
    #expect(one.clientKey == other.clientKey)
    #expect(throws: ScramError.unusablePassword(.prohibitedCharacter)) {
      try ScramKeys(recipe, username: "u", password: "secret\u{7}")
    }
    let credential = MongoCredential(username: "u", password: "secret")
    var shown = ""
    dump(credential, to: &shown)
    dump(one, to: &shown)
    #expect(!"\(credential) \(one) \(String(reflecting: credential))\(shown)".contains("secret"))
    #expect(!shown.contains("Key:"))
  }

  @Test func `mutated messages of a server are read or refused`() async throws {
    let vector = Self.vectors[0]
    var accepted = 0
    await Mutation.run([Array(vector.serverFirst.utf8)], seed: 4) { message in
      var conversation = ScramConversation(
        mechanism: .scramSHA256,
        username: "user",
        nonce: vector.nonce
      )
      do throws(ScramError) {
        let recipe = try conversation.receiveFirst(message)
        #expect(ScramConversation.allowedRounds.contains(recipe.rounds))
        accepted += 1
      } catch {}
      do throws(ScramError) {
        try conversation.receiveFinal(message)
        Issue.record("a login succeeded without keys")
      } catch {}
    }
    #expect(accepted > 0)
  }
}
