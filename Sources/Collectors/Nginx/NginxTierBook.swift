// SPDX-License-Identifier: MIT
import Net
import Polling
import Synchronization

/// The configurations that the members of a tier have, as far as they are known.
final class NginxTierBook: Sendable {
  /// What is compared of one member.
  private struct Entry {
    let digest: String
    /// How it gives clients to servers; nil where that is not `ip_hash`.
    let hash: NginxIPHash?
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// The book of a tier, the same for all collectors of one load of the settings.
  static func shared(by tier: String, _ services: CollectorServices) -> NginxTierBook {
    let shelf = services.shared.part(NginxTierShelf.self) { NginxTierShelf() }
    return shelf.books.withLock { books in
      if let known = books[tier] { return known }
      let made = NginxTierBook()
      books[tier] = made
      return made
    }
  }

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
  func note(_ digest: String, _ hash: NginxIPHash? = nil, of member: String) {
    entries.withLock { $0[member] = Entry(digest: digest, hash: hash) }
  }

  /// A member's configuration is not the one that most have; nil while only one is known.
  func differs(_ member: String) -> Bool? {
    let entries = entries.withLock { $0 }
    guard let own = entries[member], entries.count > 1 else { return nil }
    let counts = Dictionary(entries.values.map { ($0.digest, 1) }, uniquingKeysWith: +)
    let most = counts.values.max() ?? 0
    // Where no configuration is that of most, nobody can say which is meant.
    guard counts.values.count(where: { $0 == most }) == 1 else { return true }
    return counts[own.digest] != most
  }

  /// The largest share of networks whose clients another member gives to another server; nil while
  /// no other is known, or where it cannot be computed.
  func movedRatio(_ member: String) -> Double? {
    let hashes = entries.withLock { $0.compactMapValues(\.hash) }
    guard let own = hashes[member] else { return nil }
    return hashes.filter { $0.key != member }.values.map(own.movedRatio).max()
  }

  /// The servers that the members give a client to: one, unless they are configured otherwise.
  func servers(of client: InternetAddress) -> Set<String> {
    let hashes = entries.withLock { $0.values.compactMap(\.hash) }
    return Set(hashes.compactMap { $0.server(of: client) })
  }
}

/// The books of all tiers.
private final class NginxTierShelf: Sendable {
  let books = Mutex<[String: NginxTierBook]>([:])
}
