// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net

/// The client's side of one SCRAM login: it makes two messages and judges two.
///
///     client   n,,n=USER,r=NONCE
///     server   r=NONCE+MORE,s=SALT,i=ROUNDS
///     client   c=biws,r=NONCE+MORE,p=PROOF
///     server   v=SIGNATURE  or  e=REASON
///
/// Sources: RFC 5802, RFC 7677, `source/auth/auth.md` of mongodb/specifications.
package struct ScramConversation: Sendable {
  /// What the password's keys are made of; the keys may be kept as long as this stays the same.
  package struct KeyRecipe: Hashable, Sendable {
    /// The hash function, by its mechanism.
    package let mechanism: MongoCredential.Mechanism
    /// The server's salt.
    package let salt: [UInt8]
    /// The number of rounds.
    package let rounds: Int
  }

  /// The rounds a server may ask for: RFC 7677 wants 4,096 at least, and a million costs half a
  /// second of a core.
  package static let allowedRounds = 4_096...1_000_000
  /// A message of a server is never longer.
  private static let messageLimit = 4_096

  private let mechanism: MongoCredential.Mechanism
  private let nonce: String
  private let clientFirstBare: String
  private var withoutProof = ""
  private var authMessage: [UInt8] = []
  private var serverKey: [UInt8] = []

  /// Begins a login with a mechanism that has a password.
  ///
  /// - Parameters:
  ///   - mechanism: ``MongoCredential/Mechanism/scramSHA256`` or its SHA-1 sister.
  ///   - username: The user.
  ///   - nonce: Printable, without a comma, never used before; nil makes one of 24 random bytes.
  package init(
    mechanism: MongoCredential.Mechanism,
    username: String,
    nonce: String? = nil
  ) {
    precondition(mechanism != .x509, "a certificate is no password")
    self.mechanism = mechanism
    self.nonce = nonce ?? Self.freshNonce()
    clientFirstBare = "n=\(Self.escaped(username)),r=\(self.nonce)"
  }

  /// The client's first message.
  package var clientFirst: [UInt8] { Array("n,,\(clientFirstBare)".utf8) }

  /// Reads the server's first message.
  ///
  /// - Returns: What to make the keys of.
  /// - Throws: ``ScramError``: the conversation is over.
  package mutating func receiveFirst(_ message: [UInt8]) throws(ScramError) -> KeyRecipe {
    let text = try Self.text(message)
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    if let first = fields.first, first.hasPrefix("m=") { throw .mandatoryExtension }
    if let error = Self.error(in: fields) { throw error }
    guard fields.count >= 3, fields[0].hasPrefix("r="), fields[1].hasPrefix("s="),
      fields[2].hasPrefix("i=")
    else { throw .malformedMessage(reason: "not r=, s= and i=") }
    let combined = fields[0].dropFirst(2)
    guard combined.utf8.starts(with: nonce.utf8), combined.utf8.count > nonce.utf8.count,
      combined.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { throw .foreignNonce }
    guard let salt = Data(base64Encoded: String(fields[1].dropFirst(2))), !salt.isEmpty else {
      throw .malformedMessage(reason: "the salt is not base64")
    }
    let digits = fields[2].dropFirst(2)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw .malformedMessage(reason: "the number of rounds is no number")
    }
    let rounds = Int(digits) ?? .max
    guard Self.allowedRounds.contains(rounds) else {
      throw .iterationCount(rounds, allowed: Self.allowedRounds)
    }
    withoutProof = "c=biws,r=\(combined)"
    authMessage = Array("\(clientFirstBare),\(text),\(withoutProof)".utf8)
    return KeyRecipe(mechanism: mechanism, salt: Array(salt), rounds: rounds)
  }

  /// The client's last message, which proves to know the password without showing it.
  package mutating func clientFinal(_ keys: ScramKeys) -> [UInt8] {
    let storedKey = Digest.hash(mechanism.function, keys.clientKey)
    let signature = Digest.hmac(mechanism.function, key: storedKey, message: authMessage)
    let proof = zip(keys.clientKey, signature).map { $0 ^ $1 }
    serverKey = keys.serverKey
    return Array("\(withoutProof),p=\(Data(proof).base64EncodedString())".utf8)
  }

  /// Judges the server's last message.
  ///
  /// - Throws: ``ScramError/serverNotProven`` unless its signature is right.
  package func receiveFinal(_ message: [UInt8]) throws(ScramError) {
    let fields = try Self.text(message).split(separator: ",", omittingEmptySubsequences: false)
    if let error = Self.error(in: fields) { throw error }
    guard let first = fields.first, first.hasPrefix("v="),
      let signature = Data(base64Encoded: String(first.dropFirst(2)))
    else { throw .malformedMessage(reason: "no v=") }
    let expected = Digest.hmac(mechanism.function, key: serverKey, message: authMessage)
    guard !serverKey.isEmpty, Digest.isEqual(Array(signature), expected) else {
      throw .serverNotProven
    }
  }

  // MARK: Texts

  private static func text(_ message: [UInt8]) throws(ScramError) -> String {
    guard message.count <= messageLimit else { throw .malformedMessage(reason: "too long") }
    guard let text = String(validating: message, as: UTF8.self) else {
      throw .malformedMessage(reason: "not UTF-8")
    }
    return text
  }

  private static func error(in fields: [Substring]) -> ScramError? {
    guard let first = fields.first, first.hasPrefix("e=") else { return nil }
    // Only a word goes into an error that somebody will read.
    let word = first.dropFirst(2).utf8.prefix(64)
    let isWord =
      !word.isEmpty
      && word.allSatisfy { byte in
        byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      }
    return .serverError(isWord ? String(decoding: word, as: UTF8.self) : "an error")
  }

  /// RFC 5802, section 5.1: a comma and an equals sign have a meaning of their own.
  private static func escaped(_ username: String) -> String {
    var result = ""
    for character in username.unicodeScalars {
      switch character {
      case "=": result += "=3D"
      case ",": result += "=2C"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private static func freshNonce() -> String {
    var random = SystemRandomNumberGenerator()
    return Data((0..<24).map { _ in UInt8.random(in: 0...255, using: &random) })
      .base64EncodedString()
  }
}

/// What a password becomes with one salt; as good as the password at that server.
package struct ScramKeys: Sendable {
  let clientKey: [UInt8]
  let serverKey: [UInt8]

  /// Makes the keys; it blocks, 15,000 rounds for about 5 ms.
  package init(
    _ recipe: ScramConversation.KeyRecipe,
    username: String,
    password: String
  ) throws(ScramError) {
    let function = recipe.mechanism.function
    let secret: [UInt8]
    if recipe.mechanism == .scramSHA1 {
      guard let digest = Digest.md5(Array("\(username):mongo:\(password)".utf8)) else {
        throw .digestUnavailable
      }
      secret = Array(Digest.hex(digest).utf8)
    } else {
      do {
        secret = Array(try SASLprep.prepared(password).utf8)
      } catch {
        throw .unusablePassword(error)
      }
    }
    self.init(function, secret: secret, salt: recipe.salt, rounds: recipe.rounds)
  }

  /// The keys of RFC 5802 itself, without MongoDB's digest of the password.
  init(_ function: Digest.Function, secret: [UInt8], salt: [UInt8], rounds: Int) {
    let salted = Digest.pbkdf2(
      function,
      password: secret,
      salt: salt,
      rounds: Int32(clamping: rounds),
      byteCount: function.byteCount
    )
    clientKey = Digest.hmac(function, key: salted, message: Array("Client Key".utf8))
    serverKey = Digest.hmac(function, key: salted, message: Array("Server Key".utf8))
  }
}

extension ScramKeys: CustomStringConvertible, CustomReflectable {
  package var description: String { "SCRAM keys" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension MongoCredential.Mechanism {
  var function: Digest.Function { self == .scramSHA1 ? .sha1 : .sha256 }
}
