// SPDX-License-Identifier: MIT
import MetricModel

/// What a host of a world tells of itself at one instant, in the words of the programs that
/// `deploy/facts.sh` asks; pure.
struct HostFace {
  let world: SimulatedWorld
  let guest: ClusterPlan.Guest
  /// The account that asks.
  let user: String
  let now: Timestamp

  /// One section, with the status that facts.sh gives it.
  struct Section: Equatable {
    let output: [UInt8]
    let status: Int

    init(_ text: String, status: Int = 0) {
      output = Array(text.utf8)
      self.status = status
    }

    init(_ output: [UInt8]) {
      self.output = output
      status = 0
    }

    static let refused = Section("", status: 64)
    static let notRunning = Section("", status: 69)
    static let notPermitted = Section("", status: 126)
    static let missing = Section("", status: 127)
  }

  var isLoadBalancer: Bool {
    if case .loadBalancer = guest.role { true } else { false }
  }

  func section(_ word: Substring) -> Section {
    let words = word.split(separator: ":", omittingEmptySubsequences: false)
    switch (words.first, words.count) {
    case ("addresses", 1): return Section(addresses.bytes)
    case ("processes", 2): return processes(of: words[1])
    // Both want root, which the account is not.
    case ("keepalived-data", 1), ("keepalived-text", 1):
      return isLoadBalancer ? .notPermitted : .missing
    case ("nginx-config", 1): return isLoadBalancer ? Section(nginxConfiguration) : .missing
    case ("nginx-errors", 4):
      guard isLoadBalancer, words[1] == ErrorLog.path else { return .missing }
      guard let inode = UInt64(words[2]), let offset = UInt64(words[3]) else { return .refused }
      return Section(ErrorLog(world, guest).extract(inode: inode, offset: offset, at: now))
    case ("pm2", 1): return processList
    case ("unit", 2): return unit(words[1])
    case ("certificate", 2):
      return isLoadBalancer && words[1] == Self.certificatePath ? Section(certificate) : .missing
    default: return .refused
    }
  }

  // MARK: ip -j addr show

  private var addresses: ReplyTree {
    let holds = world.addressHolders(at: now).contains { $0.vmID == guest.vmID }
    let own = address(guest.address, prefix: 24, on: "eth0")
    // Of one prefix with the interface's own address, as keepalived sets it without a mask's length.
    let floating = address(world.plan.virtualAddress, prefix: 24, on: "eth0")
      .adding(["secondary": .boolean(true)])
    return [
      interface(
        "lo",
        1,
        ["LOOPBACK", "UP", "LOWER_UP"],
        [address("127.0.0.1", prefix: 8, on: "lo")]
      ),
      interface(
        "eth0",
        2,
        ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
        holds ? [own, floating] : [own]
      ),
    ]
  }

  private func interface(
    _ name: String,
    _ index: Int,
    _ flags: [String],
    _ addresses: [ReplyTree]
  ) -> ReplyTree {
    let isLoopback = name == "lo"
    return [
      "ifindex": .integer(index), "ifname": .text(name), "flags": .list(flags.map { .text($0) }),
      "mtu": .integer(isLoopback ? 65_536 : 1_500), "qdisc": "noqueue",
      "operstate": isLoopback ? "UNKNOWN" : "UP", "group": "default", "txqlen": 1_000,
      "link_type": isLoopback ? "loopback" : "ether",
      "address": .text(isLoopback ? "00:00:00:00:00:00" : hardwareAddress),
      "broadcast": isLoopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff",
      "addr_info": .list(addresses),
    ]
  }

  private func address(_ text: String, prefix: Int, on interface: String) -> ReplyTree {
    [
      "family": "inet", "local": .text(text), "prefixlen": .integer(prefix),
      "scope": interface == "lo" ? "host" : "global", "label": .text(interface),
      "valid_life_time": 4_294_967_295, "preferred_life_time": 4_294_967_295,
    ]
  }

  private var hardwareAddress: String { ProxmoxFace.hardwareAddress(guest).lowercased() }
}
