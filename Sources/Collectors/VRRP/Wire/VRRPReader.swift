// SPDX-License-Identifier: MIT

/// Reads advertisements from the bytes that a raw socket delivers.
///
/// Version 2:
///
///     0      1      2        3      4         5        6         8            8+4n
///     +------+------+--------+------+---------+--------+---------+------------+-----------+
///     | 2  1 | vrid | prior. | n    | auth    | adver. | check-  | n IPv4     | 8 bytes   |
///     |      |      |        |      | type    | int. s | sum     | addresses  | auth data |
///     +------+------+--------+------+---------+--------+---------+------------+-----------+
///
/// Version 3:
///
///     0      1      2        3      4                  6         8
///     +------+------+--------+------+------------------+---------+------------------------+
///     | 3  1 | vrid | prior. | n    | 4 bits, 12 bits  | check-  | n IPv4 or IPv6         |
///     |      |      |        |      | adver. int. cs   | sum     | addresses              |
///     +------+------+--------+------+------------------+---------+------------------------+
enum VRRPReader {
  private static let protocolNumber: UInt8 = 112
  private static let authenticationHeader: UInt8 = 51

  /// Reads a whole IPv4 packet, as a raw socket of protocol 112 or 51 delivers it.
  ///
  /// - Parameter packet: From the first byte of the IP header; bytes after its total length are
  ///   padding of the network below.
  /// - Returns: The advertisement.
  /// - Throws: ``VRRPFault`` for the first thing that is not as it must be.
  static func read(ipv4Packet packet: [UInt8]) throws(VRRPFault) -> VRRPAdvertisement {
    guard packet.count >= 20 else { throw .truncated }
    let headerCount = Int(packet[0] & 0x0f) * 4
    let total = Int(packet[2]) << 8 | Int(packet[3])
    guard packet[0] >> 4 == 4, headerCount >= 20 else { throw .notVRRP }
    guard total >= headerCount, packet.count >= total else { throw .truncated }
    // More fragments to come, or not the first one.
    guard (packet[6] & 0x3f) == 0, packet[7] == 0 else { throw .notVRRP }
    guard let source = InternetAddress(bytes: packet[12..<16]),
      let destination = InternetAddress(bytes: packet[16..<20])
    else { throw .truncated }
    var payload = packet[headerCount..<total]
    switch packet[9] {
    case protocolNumber: break
    case authenticationHeader: payload = try contents(ofAuthenticationHeader: payload)
    default: throw .notVRRP
    }
    return try read(
      payload: Array(payload),
      source: source,
      destination: destination,
      hopLimit: packet[8]
    )
  }

  /// Passes over IPsec's authentication header (RFC 4302, section 2).
  private static func contents(
    ofAuthenticationHeader bytes: ArraySlice<UInt8>
  ) throws(VRRPFault) -> ArraySlice<UInt8> {
    guard bytes.count >= 12 else { throw .truncated }
    guard bytes[bytes.startIndex] == protocolNumber else { throw .notVRRP }
    // In units of four bytes, less two.
    let count = (Int(bytes[bytes.startIndex + 1]) + 2) * 4
    guard count >= 12, bytes.count >= count else { throw .truncated }
    return bytes.dropFirst(count)
  }

  /// Reads the payload of an IP packet of protocol 112.
  ///
  /// - Parameters:
  ///   - payload: Everything after the IP header.
  ///   - source: The sender, of the same family as `destination`.
  ///   - destination: The multicast group, or this host for unicast.
  ///   - hopLimit: What the packet arrived with.
  /// - Returns: The advertisement.
  /// - Throws: ``VRRPFault`` for the first thing that is not as it must be.
  static func read(
    payload: [UInt8],
    source: InternetAddress,
    destination: InternetAddress,
    hopLimit: UInt8
  ) throws(VRRPFault) -> VRRPAdvertisement {
    guard hopLimit == 255 else { throw .hopLimit(hopLimit) }
    guard source.isIPv4 == destination.isIPv4 else { throw .notVRRP }
    guard payload.count >= 8 else { throw .truncated }
    guard let version = VRRPAdvertisement.Version(rawValue: payload[0] >> 4),
      version == .three || source.isIPv4
    else { throw .version(payload[0] >> 4) }
    guard payload[0] & 0x0f == 1 else { throw .type(payload[0] & 0x0f) }
    guard payload[1] != 0 else { throw .router }
    let addressCount = source.isIPv4 ? 4 : 16
    let addressesEnd = 8 + Int(payload[3]) * addressCount
    let expected = version == .two ? addressesEnd + 8 : addressesEnd
    guard payload.count == expected else { throw .length(payload.count, expected: expected) }
    let authentication = try authentication(payload, version)
    guard isIntact(payload, version, source, destination) else { throw .checksum }
    let interval: Duration =
      switch version {
      case .two: .seconds(Int(payload[5]))
      case .three: .milliseconds((Int(payload[4] & 0x0f) << 8 | Int(payload[5])) * 10)
      }
    return VRRPAdvertisement(
      version: version,
      router: VRRPRouter(id: payload[1], isIPv6: !source.isIPv4),
      priority: payload[2],
      authentication: authentication,
      interval: interval,
      addresses: stride(from: 8, to: addressesEnd, by: addressCount).compactMap {
        InternetAddress(bytes: payload[$0..<$0 + addressCount])
      },
      source: source
    )
  }

  private static func authentication(
    _ payload: [UInt8],
    _ version: VRRPAdvertisement.Version
  ) throws(VRRPFault) -> VRRPAdvertisement.Authentication {
    guard version == .two else { return .none }
    guard let type = VRRPAdvertisement.Authentication(rawValue: payload[4]) else {
      throw .authentication(payload[4])
    }
    return type
  }

  private static func isIntact(
    _ payload: [UInt8],
    _ version: VRRPAdvertisement.Version,
    _ source: InternetAddress,
    _ destination: InternetAddress
  ) -> Bool {
    // RFC 9568, section 5.2.8; implementations differ on whether IPv4 has the pseudo-header.
    let length = UInt32(payload.count)
    let pseudoHeader: [UInt8] =
      source.bytes + destination.bytes
      + [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
      + [0, protocolNumber]
    switch version {
    case .two: return InternetChecksum.sum(payload) == 0xffff
    case .three where source.isIPv4:
      return InternetChecksum.sum(pseudoHeader + payload) == 0xffff
        || InternetChecksum.sum(payload) == 0xffff
    case .three: return InternetChecksum.sum(pseudoHeader + payload) == 0xffff
    }
  }
}
