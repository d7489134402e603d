// SPDX-License-Identifier: MIT

/// ICMP's echo (RFC 792): whether an IPv4 address lives at all, whatever runs behind it.
enum EchoPacket {
  /// The question of number `sequence`; who asks knows its answers by `identifier`.
  static func request(identifier: UInt16, sequence: UInt16) -> [UInt8] {
    var bytes: [UInt8] = [8, 0, 0, 0]
    bytes += [identifier, sequence].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    let sum = ~InternetChecksum.sum(bytes) & 0xffff
    bytes[2] = UInt8(sum >> 8)
    bytes[3] = UInt8(sum & 0xff)
    return bytes
  }

  /// The packet, from its IP header on, is an answer to whoever asks by `identifier`.
  static func isReply(_ packet: [UInt8], identifier: UInt16, from address: InternetAddress) -> Bool
  {
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
