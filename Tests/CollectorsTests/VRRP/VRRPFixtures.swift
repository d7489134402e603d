// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel

@testable import Collectors

/// The recordings in `shared/fixtures/vrrp`.
enum VRRPFixtures {
  static let folder: String? = {
    var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    while folder.path != "/" {
      folder = folder.deletingLastPathComponent()
      let candidate = folder.path + "/shared/fixtures/vrrp"
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
    }
    print("skipped: shared/fixtures/vrrp is missing")
    return nil
  }()

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder ?? "")/\(name)")))
  }

  /// The packets of a recording.
  static func packets(_ name: String) throws -> [CapturedPacket] {
    try CapturedPacket.read(bytes("\(name).pcap"))
  }

  /// The advertisements of one router in a recording.
  static func advertisements(
    _ name: String,
    router: VRRPRouter = VRRPRouter(id: 51, isIPv6: false)
  ) throws -> [(time: Timestamp, advertisement: VRRPAdvertisement)] {
    try packets(name).compactMap { packet in
      guard packet.isVRRP else { return nil }
      let advertisement = try packet.advertisement()
      return advertisement.router == router ? (packet.time, advertisement) : nil
    }
  }

  static let lb100: InternetAddress = "192.168.30.100"
  static let lb101: InternetAddress = "192.168.30.101"
  static let lb102: InternetAddress = "192.168.30.102"
  static let virtual: InternetAddress = "192.168.30.200"
}

extension InternetAddress: ExpressibleByStringLiteral {
  /// An address that a test writes down.
  init(stringLiteral text: String) {
    guard let address = InternetAddress(text) else { preconditionFailure("no address: \(text)") }
    self = address
  }

  /// The address of bytes that are known to be one.
  static func of(_ bytes: ArraySlice<UInt8>) -> InternetAddress {
    guard let address = InternetAddress(bytes: bytes) else { preconditionFailure("no address") }
    return address
  }
}

/// One packet of a pcap file (the classic format, little endian, Ethernet).
struct CapturedPacket {
  struct NotPCAP: Error {}

  let time: Timestamp
  /// IPv4 or IPv6, with its header.
  let network: [UInt8]
  let isIPv6: Bool
  let isIP: Bool

  static func read(_ file: [UInt8]) throws -> [CapturedPacket] {
    func word(_ offset: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
    }
    guard file.count >= 24, word(0) == 0xa1b2_c3d4, word(20) == 1 else { throw NotPCAP() }
    var packets: [CapturedPacket] = []
    var offset = 24
    while offset + 16 <= file.count {
      let count = word(offset + 8)
      guard offset + 16 + count <= file.count else { throw NotPCAP() }
      let frame = Array(file[offset + 16..<offset + 16 + count])
      let type = Int(frame[12]) << 8 | Int(frame[13])
      let milliseconds = Int64(word(offset)) * 1_000 + Int64(word(offset + 4) / 1_000)
      packets.append(
        CapturedPacket(
          time: Timestamp(unixMilliseconds: milliseconds),
          network: Array(frame.dropFirst(14)),
          isIPv6: type == 0x86dd,
          isIP: type == 0x0800 || type == 0x86dd
        )
      )
      offset += 16 + count
    }
    return packets
  }

  /// What sockets for VRRP, and for IPsec's authentication header, would hear.
  var isVRRP: Bool {
    guard isIP else { return false }
    return isIPv6 ? network[6] == 112 : network[9] == 112 || network[9] == 51
  }

  /// Reads it as the sockets deliver it: IPv4 with its header, IPv6 without.
  func advertisement() throws(VRRPFault) -> VRRPAdvertisement {
    guard isIPv6 else { return try VRRPReader.read(ipv4Packet: network) }
    let length = Int(network[4]) << 8 | Int(network[5])
    return try VRRPReader.read(
      payload: Array(network[40..<40 + length]),
      source: .of(network[8..<24]),
      destination: .of(network[24..<40]),
      hopLimit: network[7]
    )
  }
}
