// SPDX-License-Identifier: MIT
import MetricModel

/// The interfaces of a host and their addresses: the output of `ip -j addr show`.
///
/// "Has the address" is not "is master": a node whose keepalived was killed keeps it.
struct InterfaceAddresses: Equatable, Sendable {
  struct Interface: Equatable, Sendable {
    let name: String
    /// It was set up and has a carrier.
    let isUp: Bool
    /// The hardware address, in lower case; nil when there is none.
    let hardwareAddress: String?
    let addresses: [InternetAddress]
  }

  let interfaces: [Interface]

  /// Interfaces, and addresses of one, that are read.
  static let countMax = 4_096

  /// Reads the output.
  ///
  /// - Parameter text: The whole JSON.
  /// - Returns: Interfaces in the order of the text; entries without a name are left out.
  /// - Throws: ``HostReplyFault`` when it is not a JSON list.
  static func read(_ text: [UInt8]) throws(HostReplyFault) -> InterfaceAddresses {
    let tree = try HostReplyFault.tree(of: text)
    guard case .list(let items) = tree else { throw .shape(expected: "a list of interfaces") }
    return InterfaceAddresses(interfaces: items.prefix(countMax).compactMap(interface))
  }

  private static func interface(_ item: JSONTree) -> Interface? {
    guard let name = item["ifname"]?.string else { return nil }
    let flags = item["flags"]?.items.compactMap(\.string) ?? []
    return Interface(
      name: name,
      isUp: flags.contains("UP") && flags.contains("LOWER_UP"),
      hardwareAddress: item["address"]?.string?.lowercased(),
      addresses: (item["addr_info"]?.items ?? []).prefix(countMax).compactMap { info in
        info["local"]?.string.flatMap { InternetAddress($0) }
      }
    )
  }

  /// The interface that has the address, whatever its prefix length.
  func holder(of address: InternetAddress) -> Interface? {
    interfaces.first { $0.addresses.contains(address) }
  }
}
