// SPDX-License-Identifier: MIT

/// ICMP's echo (RFC 792, and RFC 4443 for IPv6): whether an address lives at all, whatever runs
/// behind it.
enum EchoPacket {
  /// The question of number `sequence`; who asks knows its answers by `identifier`.
  static func request(identifier: UInt16, sequence: UInt16, isIPv6: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = [isIPv6 ? 128 : 8, 0, 0, 0]
    bytes += [identifier, sequence].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    // There the sum covers the system's own address, and the system fills it in.
    guard !isIPv6 else { return bytes }
    let sum = ~InternetChecksum.sum(bytes) & 0xffff
    bytes[2] = UInt8(sum >> 8)
    bytes[3] = UInt8(sum & 0xff)
    return bytes
  }

  /// The packet is an answer to whoever asks by `identifier`.
  ///
  /// - Parameters:
  ///   - packet: From the IP header on for IPv4, and what follows the header for IPv6, of a socket
  ///     that hears the address alone.
  ///   - identifier: The asker's.
  ///   - address: Who was asked.
  /// - Returns: Whether it is.
  static func isReply(_ packet: [UInt8], identifier: UInt16, from address: InternetAddress) -> Bool
  {
    guard address.isIPv4 else {
      return packet.count >= 8 && packet[0] == 129
        && UInt16(packet[4]) << 8 | UInt16(packet[5]) == identifier
    }
    guard packet.count >= 28, packet[0] >> 4 == 4, packet[9] == 1 else { return false }
    let start = Int(packet[0] & 0x0f) * 4
    guard start >= 20, packet.count >= start + 8 else { return false }
    return Array(packet[12..<16]) == address.bytes && packet[start] == 0
      && UInt16(packet[start + 4]) << 8 | UInt16(packet[start + 5]) == identifier
  }
}

/// The checksum of the Internet protocols (RFC 1071).
enum InternetChecksum {
  /// The one's complement sum of words of 16 bits; with a right checksum in it, all ones.
  static func sum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = 0
    var index = 0
    while index < bytes.count {
      let low = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
      sum += UInt32(bytes[index]) << 8 | low
      sum = (sum & 0xffff) + (sum >> 16)
      index += 2
    }
    return sum
  }
}
