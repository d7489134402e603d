// SPDX-License-Identifier: MIT
import Glibc

/// An IPv4 or IPv6 address; two texts of one address are equal as values.
struct InternetAddress: Hashable, Comparable, Sendable {
  /// 4 or 16 bytes in the order of the network.
  let bytes: [UInt8]

  /// Takes 4 or 16 bytes; nil for any other number.
  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = Array(bytes)
  }

  /// Reads a text such as `192.168.30.200` or `fd00:30::200`, without a prefix length.
  init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
    var found = [UInt8](repeating: 0, count: 16)
    let text = String(text)
    if inet_pton(AF_INET, text, &found) == 1 {
      bytes = Array(found.prefix(4))
    } else if inet_pton(AF_INET6, text, &found) == 1 {
      bytes = found
    } else {
      return nil
    }
  }

  var isIPv4: Bool { bytes.count == 4 }

  /// IPv4 before IPv6, then as numbers.
  static func < (left: InternetAddress, right: InternetAddress) -> Bool {
    guard left.bytes.count == right.bytes.count else {
      return left.bytes.count < right.bytes.count
    }
    return left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension InternetAddress: CustomStringConvertible {
  /// The usual text (RFC 5952 for IPv6).
  var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
