// SPDX-License-Identifier: MIT
import Net
import Synchronization

/// The configurations that the members of a tier have, as far as they are known.
final class NginxTierBook: Sendable {
  private let digests = Mutex<[String: String]>([:])

  /// A digest of the compared directives, in which a member's own address is like any other's.
  static func digest(of lines: [String], address: String) -> String {
    let own = Array(address.utf8)
    var bytes: [UInt8] = []
    for line in lines {
      let words = line.split(separator: " ", omittingEmptySubsequences: true).map { word in
        // `listen 192.168.30.100:443 ssl` is the same on every member but for the address.
        Array(word.utf8).starts(with: own) ? "{address}\(word.dropFirst(address.count))" : "\(word)"
      }
      bytes += Array(words.joined(separator: " ").utf8) + [0x0a]
    }
    return Digest.sha256(bytes).prefix(8).map { byte in
      let text = String(byte, radix: 16)
      return text.utf8.count == 1 ? "0\(text)" : text
    }.joined()
  }

  /// Notes a member's configuration.
  func note(_ digest: String, of member: String) {
    digests.withLock { $0[member] = digest }
  }

  /// A member's configuration is not the one that most have; nil while only one is known.
  func differs(_ member: String) -> Bool? {
    let digests = digests.withLock { $0 }
    guard let own = digests[member], digests.count > 1 else { return nil }
    let counts = Dictionary(digests.values.map { ($0, 1) }, uniquingKeysWith: +)
    let most = counts.values.max() ?? 0
    // Where no configuration is that of most, nobody can say which is meant.
    guard counts.values.count(where: { $0 == most }) == 1 else { return true }
    return counts[own] != most
  }
}
