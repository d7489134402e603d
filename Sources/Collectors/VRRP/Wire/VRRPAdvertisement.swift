// SPDX-License-Identifier: MIT

/// Which virtual router is meant: the numbers of IPv4 and IPv6 are separate (RFC 9568, section 1.6).
struct VRRPRouter: Hashable, Sendable {
  /// 1 to 255.
  let id: UInt8
  let isIPv6: Bool
}

/// What one advertisement says (RFC 3768 for version 2, RFC 5798 and 9568 for version 3).
///
/// The authentication data of version 2 is not kept: with `password` it is the password.
struct VRRPAdvertisement: Equatable, Sendable {
  enum Version: UInt8, Sendable {
    case two = 2
    case three = 3
  }

  /// How the sender says that it may be believed; version 3 knows no such thing.
  enum Authentication: UInt8, Sendable {
    case none = 0
    /// A word in clear text, which anyone in the network can read.
    case password = 1
    /// IPsec's authentication header, whose check value is not verified here.
    case header = 2
  }

  let version: Version
  let router: VRRPRouter
  /// The effective priority; 0 when the master leaves on purpose, 255 when it owns the address.
  let priority: UInt8
  let authentication: Authentication
  /// Between two advertisements of a master.
  let interval: Duration
  /// The virtual addresses, in the order of the packet.
  let addresses: [InternetAddress]
  /// The sender's own address: it identifies the master.
  let source: InternetAddress

  /// The sender gives the address up.
  var isResignation: Bool { priority == 0 }

  /// After which silence a backup of this priority takes over (RFC 9568, section 6.1).
  var masterDownInterval: Duration {
    let skewParts = 256 - Int(priority)
    let skew =
      switch version {
      case .two: Duration.seconds(1) * skewParts / 256
      case .three: interval * skewParts / 256
      }
    return interval * 3 + skew
  }
}

/// Why bytes are no advertisement to be believed.
enum VRRPFault: Error, Equatable, Sendable {
  /// The packet ends before it should.
  case truncated
  /// It is of another protocol, a fragment, or no IP at all.
  case notVRRP
  /// It did not come from this network: the hop limit must be 255.
  case hopLimit(UInt8)
  /// Neither version 2 nor 3, or version 2 over IPv6.
  case version(UInt8)
  /// The only type is 1, an advertisement.
  case type(UInt8)
  /// 0 is no router.
  case router
  /// It has so many bytes, and its number of addresses wants others.
  case length(Int, expected: Int)
  case authentication(UInt8)
  case checksum

  /// One word for a label.
  var kind: String {
    switch self {
    case .truncated, .length: "length"
    case .notVRRP: "protocol"
    case .hopLimit: "ttl"
    case .version: "version"
    case .type: "type"
    case .router: "router"
    case .authentication: "authentication"
    case .checksum: "checksum"
    }
  }
}
