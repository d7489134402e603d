// SPDX-License-Identifier: MIT
import Architecture
import YAML

/// Reads the declared cluster and checks what must be unique or must exist.
struct ClusterReader {
  let root: SettingsSection

  func clusterName() -> String {
    let name = root.section("cluster")?.text("name") ?? "cluster"
    if name.isEmpty { root.section("cluster")?.report("name", "must not be empty") }
    return name.isEmpty ? "cluster" : name
  }

  func nodes() -> [DeclaredNode] {
    guard let architecture = root.section("architecture") else { return [] }
    let found = architecture.sections("nodes").map { section in
      (
        name: section.requiredText("name", "the node's name as Proxmox knows it"), section: section
      )
    }
    refuseTwins(found)
    return found.map { DeclaredNode(name: $0.name, address: address(of: $0.section)) }
  }

  func tiers() -> [(tier: DeclaredTier, section: SettingsSection)] {
    guard let architecture = root.section("architecture") else { return [] }
    var memberNames: Set<String> = []
    let found = architecture.sections("tiers").map { section in
      (tier(section, &memberNames), section)
    }
    refuseTwins(found.map { ($0.0.name, $0.1) })
    let names = Set(found.map(\.0.name))
    for (_, section) in found { refuseUnknownTiers(section, key: "depends_on", names) }
    refuseCircles(found)
    return found
  }

  func entries() -> [(entry: DeclaredEntry, section: SettingsSection)] {
    guard let architecture = root.section("architecture") else { return [] }
    let tierNames = Set(architecture.sections("tiers").compactMap { $0.text("name") })
    let found = architecture.sections("entry").map { section in
      refuseUnknownTiers(section, key: "tiers", tierNames)
      let entry = DeclaredEntry(
        name: section.requiredText("name", "it names the entry in messages"),
        url: section.requiredHTTPURL("url", "what users reach"),
        expectedStatuses: section.statuses("expect_status"),
        tiers: section.texts("tiers").map(\.text)
      )
      return (entry, section)
    }
    refuseTwins(found.map { ($0.0.name, $0.1) })
    return found
  }

  private func tier(
    _ section: SettingsSection,
    _ memberNames: inout Set<String>
  ) -> DeclaredTier {
    let nodes = Set(
      root.section("architecture")?.sections("nodes").compactMap { $0.text("name") } ?? []
    )
    let members = section.sections("members").map { member in
      refuseUnknownNode(member, among: nodes)
      let name = member.requiredText("name", "it names the member in messages")
      if !name.isEmpty, !memberNames.insert(name).inserted {
        member.report("name", "\"\(name)\" is used twice")
      }
      return DeclaredMember(
        name: name,
        address: address(of: member),
        guest: member.has("guest")
          ? member.integer("guest", default: 100, in: 100...999_999_999) : nil,
        node: member.text("node")
      )
    }
    if section.require("members", "the list of what works in the tier"),
      section.node("members")?.content == .sequence([])
    {
      section.report("members", "must list at least one member")
    }
    return DeclaredTier(
      name: section.requiredText("name", "it becomes the label tier"),
      needs: need(section, of: members.count),
      members: members,
      dependsOn: section.texts("depends_on").map(\.text)
    )
  }

  private func need(_ section: SettingsSection, of count: Int) -> DeclaredTier.Need {
    guard let text = section.text("needs") else { return .members(1) }
    if text == "majority" { return .majority }
    guard let number = Int(text), (1...max(count, 1)).contains(number) else {
      section.report(
        "needs",
        "must be majority or a number from 1 to the \(count) members, not \"\(text)\""
      )
      return .members(1)
    }
    return .members(number)
  }

  private func address(of member: SettingsSection) -> String {
    let address = member.requiredText("address", "a host name or an address")
    let isPlain = address.utf8.allSatisfy {
      $0 > 0x20 && $0 != 0x7f && !"/[]{}@?#".utf8.contains($0)
    }
    if !isPlain {
      member.report(
        "address",
        "must be a bare host name or address such as 192.168.30.100, not \"\(address)\""
      )
    }
    return address
  }

  private func refuseTwins(_ named: [(name: String, section: SettingsSection)]) {
    var seen: Set<String> = []
    for (name, section) in named where !name.isEmpty && !seen.insert(name).inserted {
      section.report("name", "\"\(name)\" is used twice")
    }
  }

  /// What depends on itself could never be said to work or to fail.
  private func refuseCircles(_ found: [(tier: DeclaredTier, section: SettingsSection)]) {
    let needed = Dictionary(found.map { ($0.tier.name, $0.tier.dependsOn) }) { first, _ in first }
    for (tier, section) in found {
      var reached: Set<String> = []
      var open = tier.dependsOn
      while let next = open.popLast() {
        if reached.insert(next).inserted { open += needed[next] ?? [] }
      }
      guard reached.contains(tier.name) else { continue }
      section.report("depends_on", "\"\(tier.name)\" depends on itself, perhaps through others")
    }
  }

  /// Without declared nodes a member may name any: there is nothing to compare with.
  private func refuseUnknownNode(_ member: SettingsSection, among nodes: Set<String>) {
    guard !nodes.isEmpty, let node = member.text("node"), !nodes.contains(node) else { return }
    let hint = nearestName(to: node, among: nodes).map { "; did you mean \"\($0)\"?" } ?? ""
    member.report("node", "there is no node \"\(node)\"\(hint)")
  }

  private func refuseUnknownTiers(_ section: SettingsSection, key: String, _ names: Set<String>) {
    for (text, mark) in section.texts(key) where !names.contains(text) {
      let hint = nearestName(to: text, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
      section.report(key, at: mark, "there is no tier \"\(text)\"\(hint)")
    }
  }
}

extension SettingsSection {
  /// The HTTP statuses listed below `key`; 200 to 299 when it does not stand here.
  package func statuses(_ key: String) -> Set<Int> {
    let listed = texts(key)
    guard !listed.isEmpty else { return Set(200...299) }
    return Set(
      listed.compactMap { text, mark in
        guard let status = Int(text), (100...599).contains(status) else {
          report(key, at: mark, "must be an HTTP status from 100 to 599, not \"\(text)\"")
          return nil
        }
        return status
      }
    )
  }
}
