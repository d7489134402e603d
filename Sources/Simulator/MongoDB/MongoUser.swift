// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net

/// The one user of the simulated databases, who may look and change nothing.
package struct MongoUser: Sendable {
  /// Whom to log in as; the user belongs to the database `admin`.
  package let name = "hvsmon"
  /// The password, the same for the same seed.
  package let password: String
  /// What the members keep instead of the password, by mechanism; replicated, so all have the same.
  let keys: [ScramMechanism: ScramKeys]

  init(seed: UInt64) {
    let noise = SeededNoise(seed: seed)
    let password = (0..<2).map { String(noise.bits("password", $0), radix: 36) }.joined()
    self.password = password
    var keys: [ScramMechanism: ScramKeys] = [:]
    for mechanism in ScramMechanism.allCases {
      let salt = (0..<4).flatMap { noise.bits(mechanism.rawValue, $0).littleEndianBytes }
      keys[mechanism] = ScramKeys(
        mechanism,
        name: name,
        password: password,
        salt: Array(salt.prefix(mechanism.saltSize))
      )
    }
    self.keys = keys
  }
}

/// A way to prove that one knows a password (RFC 5802, RFC 7677).
enum ScramMechanism: String, CaseIterable {
  case sha1 = "SCRAM-SHA-1"
  case sha256 = "SCRAM-SHA-256"

  var function: Digest.Function { self == .sha1 ? .sha1 : .sha256 }
  /// MongoDB's own numbers.
  var rounds: Int32 { self == .sha1 ? 10_000 : 15_000 }
  var saltSize: Int { self == .sha1 ? 16 : 28 }
}

/// What a server keeps of a password.
struct ScramKeys: Sendable {
  let salt: [UInt8]
  let rounds: Int32
  let stored: [UInt8]
  let server: [UInt8]

  init(_ mechanism: ScramMechanism, name: String, password: String, salt: [UInt8]) {
    let function = mechanism.function
    let secret: [UInt8] =
      switch mechanism {
      // With SHA-1 MongoDB derives from a digest of its own.
      case .sha1:
        Array(Digest.hex(Digest.md5(Array("\(name):mongo:\(password)".utf8)) ?? []).utf8)
      case .sha256: Array(password.utf8)
      }
    let salted = Digest.pbkdf2(
      function,
      password: secret,
      salt: salt,
      rounds: mechanism.rounds,
      byteCount: function.byteCount
    )
    let client = Digest.hmac(function, key: salted, message: Array("Client Key".utf8))
    self.salt = salt
    rounds = mechanism.rounds
    stored = Digest.hash(function, client)
    server = Digest.hmac(function, key: salted, message: Array("Server Key".utf8))
  }
}

/// The server's side of one login.
struct ScramLogin {
  private let mechanism: ScramMechanism
  private let keys: ScramKeys
  private let nonce: String
  private let firstMessages: String
  /// What the client is sent first.
  let challenge: [UInt8]
  /// The client need not be sent an empty message at the end.
  let isShort: Bool
  private(set) var isProven = false

  /// Begins a login with the client's first message; nil for a message or a user that is not right.
  init?(
    _ payload: [UInt8],
    _ mechanism: ScramMechanism,
    _ user: MongoUser,
    nonce: String,
    isShort: Bool
  ) {
    let text = String(decoding: payload, as: UTF8.self)
    guard text.hasPrefix("n,,"), let keys = user.keys[mechanism] else { return nil }
    let bare = String(text.dropFirst(3))
    let parts = Self.parts(bare)
    guard parts["n"] == user.name, let asked = parts["r"], !asked.isEmpty else { return nil }
    self.mechanism = mechanism
    self.keys = keys
    self.nonce = asked + nonce
    self.isShort = isShort
    let salt = Data(keys.salt).base64EncodedString()
    let first = "r=\(self.nonce),s=\(salt),i=\(keys.rounds)"
    firstMessages = "\(bare),\(first)"
    challenge = Array(first.utf8)
  }

  /// The server's signature for a client that knows the password; nil for any other.
  mutating func prove(_ payload: [UInt8]) -> [UInt8]? {
    let text = String(decoding: payload, as: UTF8.self)
    let parts = Self.parts(text)
    guard parts["c"] == "biws", parts["r"] == nonce, let proof = parts["p"],
      let sent = Data(base64Encoded: proof)
    else { return nil }
    let function = mechanism.function
    // The proof is the last part, and not a part of what it proves.
    let withoutProof = text.dropLast(proof.count + ",p=".count)
    let message = Array("\(firstMessages),\(withoutProof)".utf8)
    let signature = Digest.hmac(function, key: keys.stored, message: message)
    guard sent.count == signature.count else { return nil }
    let client = zip(sent, signature).map { $0 ^ $1 }
    guard Digest.isEqual(Digest.hash(function, client), keys.stored) else { return nil }
    isProven = true
    let answer = Digest.hmac(function, key: keys.server, message: message)
    return Array("v=\(Data(answer).base64EncodedString())".utf8)
  }

  /// The values by their letters.
  private static func parts(_ text: String) -> [Substring: String] {
    var parts: [Substring: String] = [:]
    for part in text.split(separator: ",") {
      guard let mark = part.firstIndex(of: "=") else { continue }
      parts[part[..<mark]] = String(part[part.index(after: mark)...])
    }
    return parts
  }
}
