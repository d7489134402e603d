// SPDX-License-Identifier: MIT
package import MetricModel

/// The addresses of one guest: those that its configuration gives it, and those it holds.
package struct GuestNetwork: Equatable, Sendable {
  /// An address of one interface.
  package struct Address: Hashable, Sendable {
    /// The interface as the guest names it, such as `eth0`; of a virtual machine's configuration the
    /// number only, such as `net0`.
    package let interface: String
    /// The address without its prefix length.
    package let text: String
    /// How many bits belong to the network.
    package let prefixBits: Int

    /// Names an address.
    package init(interface: String, text: String, prefixBits: Int) {
      self.interface = interface
      self.text = text
      self.prefixBits = prefixBits
    }

    /// An address in the form `192.168.30.100/24`; nil for words such as dhcp.
    init?(interface: String, _ text: Substring) {
      let parts = text.split(separator: "/", maxSplits: 1)
      guard let address = parts.first, address.contains(where: { $0 == "." || $0 == ":" }),
        address.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" })
      else { return nil }
      let longest = address.contains(":") ? 128 : 32
      let bits = parts.count == 2 ? Int(parts[1]) : longest
      guard let bits, (0...longest).contains(bits) else { return nil }
      self.init(interface: interface, text: String(address), prefixBits: bits)
    }

    var isIPv6: Bool { text.utf8.contains(UInt8(ascii: ":")) }

    /// It names one host and no network, which is how addresses that wander are set.
    var isHostOnly: Bool { prefixBits == (isIPv6 ? 128 : 32) }

    /// Others than the guest itself and its neighbours on the wire can use it.
    var isReachable: Bool {
      let low = text.lowercased()
      return interface != "lo" && low != "::1" && !low.hasPrefix("fe80:")
        && !low.hasPrefix("169.254.")
    }

    /// The interface leads to what runs inside the guest, not to the guest.
    var isInner: Bool {
      ["docker", "br-", "veth", "cni", "flannel", "cali", "virbr", "podman", "lxc", "lxdbr"]
        .contains(where: interface.hasPrefix)
    }
  }

  /// What its configuration says, in the order of the interfaces.
  package var configured: [Address] = []
  /// What it holds, in the order of the interfaces.
  package var held: [Address] = []
  /// Why there is no more to say; nil when all questions were answered.
  package var trouble: String?

  /// Nothing is known yet.
  package init() {}

  /// The address that is the guest's alone: a configured one before one it holds, IPv4 before IPv6.
  package var own: Address? {
    let outer = held.filter { $0.isReachable && !$0.isInner }
    let candidates =
      configured.filter(\.isReachable) + outer.filter { !$0.isHostOnly } + outer
    return candidates.first { !$0.isIPv6 } ?? candidates.first
  }

  /// The addresses that it holds besides its own and that wander between guests, as far as can be
  /// told: they stand in no configuration and are set for one host only, or beside its own on the
  /// same interface.
  package var floating: [Address] {
    guard let own else { return [] }
    let settled = Set((configured + [own]).map(\.text))
    let place = held.first { $0.text == own.text }?.interface
    return held.filter { address in
      guard address.isReachable, !address.isInner, !settled.contains(address.text) else {
        return false
      }
      if address.isHostOnly { return true }
      return !address.isIPv6 && address.interface == place
        && configured.contains { $0.text == own.text }
    }
  }

  // MARK: Answers of Proxmox

  /// Reads the interfaces of `/nodes/{node}/{lxc|qemu}/{id}/config`: `net0` and, of a virtual
  /// machine, `ipconfig0`, and so on.
  package mutating func readConfiguration(_ data: JSONTree) {
    configured = (0..<32).flatMap { number -> [Address] in
      let texts = ["net\(number)", "ipconfig\(number)"].compactMap { data[$0]?.string }
      let options = texts.joined(separator: ",").split(separator: ",").map { option in
        option.split(separator: "=", maxSplits: 1)
      }
      .filter { $0.count == 2 }
      let interface = options.first { $0[0] == "name" }.map { String($0[1]) } ?? "net\(number)"
      return options.compactMap { option in
        ["ip", "ip6"].contains(option[0]) ? Address(interface: interface, option[1]) : nil
      }
    }
  }

  /// Reads `/nodes/{node}/lxc/{id}/interfaces`, or what a guest agent tells in its place.
  package mutating func readInterfaces(_ data: JSONTree) {
    let rows = data["result"]?.items ?? data.items
    held = rows.prefix(64).flatMap { row -> [Address] in
      guard let name = row["name"]?.string else { return [] }
      let all = row["ip-addresses"]?.items.compactMap { item -> Address? in
        guard let text = item["ip-address"]?.string else { return nil }
        let bits = item["prefix"]?.int.map { "/\($0)" } ?? ""
        return Address(interface: name, "\(text)\(bits)")
      }
      if let all { return all }
      // Before Proxmox VE 8.4 there is the last address of each family only.
      return ["inet", "inet6"].compactMap { row[$0]?.string }.compactMap {
        Address(interface: name, $0[...])
      }
    }
  }
}
