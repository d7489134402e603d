// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@Suite struct DigestTests {
  @Test func `SHA-256 gives the values of FIPS 180-2`() {
    #expect(
      Digest.hex(Digest.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    #expect(
      Digest.hex(Digest.sha256([]))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
  }

  @Test func `HMAC with SHA-256 gives the values of RFC 4231`() {
    #expect(
      Digest.hex(
        Digest.hmacSHA256(
          key: Array("Jefe".utf8),
          message: Array("what do ya want for nothing?".utf8)
        )
      ) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    #expect(
      Digest.hex(Digest.hmacSHA256(key: [], message: []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    )
  }

  @Test func `PBKDF2 gives the value of RFC 7677's SCRAM example`() {
    let salt: [UInt8] = [
      0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa,
      0x81,
    ]
    let salted = Digest.pbkdf2SHA256(password: Array("pencil".utf8), salt: salt, rounds: 4_096)
    let clientKey = Digest.hmacSHA256(key: salted, message: Array("Client Key".utf8))
    #expect(Digest.sha256(clientKey).count == 32)
    #expect(
      Digest.hex(salted) == "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d"
    )
  }

  @Test func `equality holds for equal bytes only`() {
    #expect(Digest.isEqual([], []))
    #expect(Digest.isEqual([1, 2], [1, 2]))
    #expect(!Digest.isEqual([1, 2], [1, 3]))
    #expect(!Digest.isEqual([1, 2], [1]))
  }

  @Test func `hexadecimal text round-trips and refuses what is none`() {
    var random = SeededRandom(seed: 7)
    for count in 0..<50 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Digest.bytes(hex: Digest.hex(bytes)) == bytes)
    }
    for bad in ["a", "0g", "é", "0x", " 1"] { #expect(Digest.bytes(hex: bad) == nil) }
  }
}
