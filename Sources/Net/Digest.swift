// SPDX-License-Identifier: MIT
import CCrypto

/// Hashes and what belongs to them, computed by libcrypto.
package enum Digest {
  /// A hash function that keyed digests are built on.
  package enum Function: Sendable {
    /// 20 bytes; for protocols that demand it.
    case sha1
    /// 32 bytes.
    case sha256

    /// How many bytes it gives.
    package var byteCount: Int { self == .sha1 ? 20 : 32 }

    fileprivate var algorithm: OpaquePointer? {
      self == .sha1 ? Fetched.sha1.algorithm : Fetched.sha256.algorithm
    }
  }

  /// A hash function as libcrypto's provider has it: looked up once, as to do so takes longer than to
  /// hash a text.
  ///
  /// `@unchecked`: libcrypto's algorithms do not change, and these are never given back.
  private struct Fetched: @unchecked Sendable {
    static let sha1 = Fetched("SHA1")
    static let sha256 = Fetched("SHA256")

    let algorithm: OpaquePointer?

    init(_ name: String) { algorithm = EVP_MD_fetch(nil, name, nil) }
  }

  /// The hash of the bytes.
  package static func hash(_ function: Function, _ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: function.byteCount)
    let status = EVP_Digest(bytes, bytes.count, &digest, nil, function.algorithm, nil)
    precondition(status == 1, "libcrypto computes SHA")
    return digest
  }

  /// The 32 bytes of SHA-256.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] { hash(.sha256, bytes) }

  /// The 16 bytes of MD5, for protocols that demand it; nil where libcrypto is told to refuse it.
  package static func md5(_ bytes: [UInt8]) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: 16)
    let status = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil)
    return status == 1 ? digest : nil
  }

  /// HMAC (RFC 2104) on a hash function.
  package static func hmac(_ function: Function, key: [UInt8], message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: function.byteCount)
    let result = HMAC(
      function.algorithm,
      key,
      Int32(key.count),
      message,
      message.count,
      &digest,
      nil
    )
    precondition(result != nil, "libcrypto computes HMAC")
    return digest
  }

  /// The 32 bytes of HMAC with SHA-256 (RFC 2104).
  package static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
    hmac(.sha256, key: key, message: message)
  }

  /// The first `byteCount` bytes of PBKDF2 with HMAC-SHA-256 (RFC 8018).
  ///
  /// It blocks: 600,000 rounds take about 0.2 s of one core.
  package static func pbkdf2SHA256(
    password: [UInt8],
    salt: [UInt8],
    rounds: Int32,
    byteCount: Int = 32
  ) -> [UInt8] {
    pbkdf2(.sha256, password: password, salt: salt, rounds: rounds, byteCount: byteCount)
  }

  /// The first `byteCount` bytes of PBKDF2 with HMAC on a hash function (RFC 8018); it blocks.
  package static func pbkdf2(
    _ function: Function,
    password: [UInt8],
    salt: [UInt8],
    rounds: Int32,
    byteCount: Int
  ) -> [UInt8] {
    precondition(rounds > 0 && byteCount > 0, "PBKDF2 needs a round and a byte")
    var key = [UInt8](repeating: 0, count: byteCount)
    let status = password.withUnsafeBytes { password in
      PKCS5_PBKDF2_HMAC(
        password.baseAddress?.assumingMemoryBound(to: CChar.self),
        Int32(password.count),
        salt,
        Int32(salt.count),
        rounds,
        function.algorithm,
        Int32(byteCount),
        &key
      )
    }
    precondition(status == 1, "libcrypto computes PBKDF2")
    return key
  }

  /// Lower-case hexadecimal digits, two a byte.
  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that pairs of hexadecimal digits stand for; nil for anything else.
  package static func bytes(hex: String) -> [UInt8]? {
    let digits = hex.utf8.map(value(ofHexDigit:))
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// The number from 0 to 15 that an ASCII digit stands for; nil for any other byte.
  static func value(ofHexDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Compares in a time that depends on the lengths alone, never on where the bytes differ.
  package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
