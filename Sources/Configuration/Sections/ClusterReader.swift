// SPDX-License-Identifier: MIT
import Architecture

/// Reads the declared cluster and checks what must be unique or must exist.
struct ClusterReader {
  let root: SettingsSection

  func clusterName() -> String {
    let name = root.section("cluster")?.text("name") ?? "cluster"
    if name.isEmpty { root.section("cluster")?.report("name", "must not be empty") }
    return name.isEmpty ? "cluster" : name
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
    return found
  }

  func entries() -> [(entry: DeclaredEntry, section: SettingsSection)] {
    guard let architecture = root.section("architecture") else { return [] }
    let tierNames = Set(architecture.sections("tiers").compactMap { $0.text("name") })
    let found = architecture.sections("entry").map { section in
      refuseUnknownTiers(section, key: "tiers", tierNames)
      let entry = DeclaredEntry(
        name: requiredText(section, "name", "it names the entry in messages"),
        url: section.httpURL("url") ?? "",
        expectedStatuses: section.statuses("expect_status"),
        tiers: section.texts("tiers").map(\.text)
      )
      if !section.has("url") { section.report("url", "is required here: what users reach") }
      return (entry, section)
    }
    refuseTwins(found.map { ($0.0.name, $0.1) })
    return found
  }

  private func tier(
    _ section: SettingsSection,
    _ memberNames: inout Set<String>
  ) -> DeclaredTier {
    let members = section.sections("members").map { member in
      let name = requiredText(member, "name", "it names the member in messages")
      if !name.isEmpty, !memberNames.insert(name).inserted {
        member.report("name", "\"\(name)\" is used twice")
      }
      return DeclaredMember(
        name: name,
        address: requiredText(member, "address", "a host name or an address"),
        guest: member.has("guest")
          ? member.integer("guest", default: 100, in: 100...999_999_999) : nil,
        node: member.text("node")
      )
    }
    if members.isEmpty { section.report("members", "must list at least one member") }
    return DeclaredTier(
      name: requiredText(section, "name", "it becomes the label tier"),
      needs: need(section, of: members.count),
      members: members,
      dependsOn: section.texts("depends_on").map(\.text)
    )
  }

  private func need(_ section: SettingsSection, of count: Int) -> DeclaredTier.Need {
    guard section.text("needs") != "majority" else { return .majority }
    return .members(section.integer("needs", default: 1, in: 1...max(count, 1)))
  }

  private func requiredText(
    _ section: SettingsSection,
    _ key: String,
    _ meaning: String
  ) -> String {
    let text = section.text(key) ?? ""
    if text.isEmpty { section.report(key, "is required here: \(meaning)") }
    return text
  }

  private func refuseTwins(_ named: [(name: String, section: SettingsSection)]) {
    var seen: Set<String> = []
    for (name, section) in named where !name.isEmpty && !seen.insert(name).inserted {
      section.report("name", "\"\(name)\" is used twice")
    }
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
