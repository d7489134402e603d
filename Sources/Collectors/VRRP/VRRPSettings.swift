// SPDX-License-Identifier: MIT
import Architecture
import Configuration

/// A virtual router as it is declared: the section `vrrp` of a tier.
struct VRRPSettings: Sendable {
  /// A way to see who is master.
  enum Witness: String, CaseIterable, Sendable {
    /// What the masters send, read from the network.
    case advertisements
    /// The addresses of each member's interfaces, as the member tells them.
    case ssh
    /// The same, as Proxmox tells them.
    case proxmox
    /// The floating address itself: whether it answers, and from whose network card.
    case probe
  }

  struct Member: Sendable {
    let name: String
    let address: InternetAddress
    let guest: Int?
    let node: String?
    /// The priority it is meant to have; nil when none is declared.
    let priority: UInt8?
  }

  let tier: String
  /// The name of the instance in keepalived's configuration.
  let instance: String
  let router: VRRPRouter
  /// The floating address.
  let address: InternetAddress
  /// The interface of the members that has the address.
  let interface: String
  let interval: Duration
  let witnesses: Set<Witness>
  let members: [Member]

  /// Reads the section; nil when it is faulty, which is then reported.
  init?(_ tier: DeclaredTier, _ tierSection: SettingsSection, _ section: SettingsSection) {
    self.tier = tier.name
    instance = section.requiredText("instance", "its name in keepalived's configuration")
    let hasRouter = section.require("router_id", "virtual_router_id, from 1 to 255")
    let number = section.integer("router_id", default: 1, in: 1...255)
    interface = section.text("interface") ?? "eth0"
    interval = section.span(
      "advert_interval",
      default: .seconds(1),
      in: .milliseconds(10)...(.seconds(255))
    )
    witnesses = Self.witnesses(section)
    let floating = Self.address(section, "address", "the floating IP")
    let sections = tierSection.sections("members")
    var isWhole = true
    members = zip(tier.members, sections).compactMap { member, section in
      let priority = section.integer("vrrp_priority", default: 0, in: 1...255)
      guard let address = InternetAddress(member.address) else {
        isWhole = false
        section.report(
          "address",
          "must be an IP address where the tier has vrrp: senders are known by it"
        )
        return nil
      }
      return Member(
        name: member.name,
        address: address,
        guest: member.guest,
        node: member.node,
        priority: section.has("vrrp_priority") ? UInt8(clamping: priority) : nil
      )
    }
    guard let floating, hasRouter, isWhole, !instance.isEmpty else { return nil }
    address = floating
    router = VRRPRouter(id: UInt8(clamping: number), isIPv6: !floating.isIPv4)
  }

  private static func address(
    _ section: SettingsSection,
    _ key: String,
    _ meaning: String
  ) -> InternetAddress? {
    let text = section.requiredText(key, meaning)
    guard !text.isEmpty else { return nil }
    let address = InternetAddress(text)
    if address == nil {
      section.report(key, "must be an IP address such as 192.168.30.200, not \"\(text)\"")
    }
    return address
  }

  /// All, unless some are listed.
  private static func witnesses(_ section: SettingsSection) -> Set<Witness> {
    guard section.has("sources") else { return Set(Witness.allCases) }
    let listed = section.texts("sources").compactMap { text, mark -> Witness? in
      let witness = Witness(rawValue: text)
      if witness == nil {
        let all = Witness.allCases.map(\.rawValue).joined(separator: ", ")
        section.report("sources", at: mark, "must be of \(all), not \"\(text)\"")
      }
      return witness
    }
    return Set(listed)
  }

  func member(at address: InternetAddress) -> String? {
    members.first { $0.address == address }?.name
  }
}
