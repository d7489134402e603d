// SPDX-License-Identifier: MIT
import Glibc

/// The hardware addresses of this host's IPv4 neighbours: the text of /proc/net/arp.
struct NeighbourTable: Equatable, Sendable {
  /// More is not read: about 3,000 neighbours.
  private static let bytesMax = 256 << 10

  let hardwareAddresses: [InternetAddress: String]

  /// Reads the table; what is not complete or not of its form is left out.
  init(parsing text: String) {
    var found: [InternetAddress: String] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      let columns = line.split(separator: " ", omittingEmptySubsequences: true)
      // IP address, HW type, Flags, HW address, Mask, Device; bit 2 of the flags: complete.
      guard columns.count >= 6, let address = InternetAddress(columns[0]),
        columns[2].hasPrefix("0x"), let flags = Int(columns[2].dropFirst(2), radix: 16),
        flags & 2 != 0
      else { continue }
      found[address] = columns[3].lowercased()
    }
    hardwareAddresses = found
  }

  /// The table of this host by now; empty when it cannot be read.
  static var current: NeighbourTable {
    let descriptor = open("/proc/net/arp", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return NeighbourTable(parsing: "") }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while text.count < bytesMax {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      text += piece.prefix(count)
    }
    return NeighbourTable(parsing: String(decoding: text, as: UTF8.self))
  }

  /// Which of these addresses has the same network card as `address`; nil when none or several have.
  func owner(of address: InternetAddress, among candidates: [InternetAddress]) -> InternetAddress? {
    guard let hardware = hardwareAddresses[address] else { return nil }
    let owners = candidates.filter { hardwareAddresses[$0] == hardware }
    return owners.count == 1 ? owners[0] : nil
  }
}
