// SPDX-License-Identifier: MIT
import Configuration
import Net

/// The section `peers`: the instances of hvsmon on the same cluster, this one included.
struct PeerSettings: Equatable, Sendable {
  /// One instance.
  struct Instance: Equatable, Sendable {
    let name: String
    /// The address that `/api/hvsmon/v1` is below.
    let url: String
  }

  /// The most instances: each speaks with every other one.
  static let instancesMax = 8
  /// The longest name, in bytes.
  private static let nameBytesMax = 64
  private static let tokenBytesMin = 16

  /// This instance.
  let name: String
  /// Every instance in the order in which they tell people.
  let instances: [Instance]
  /// How much longer than the one before it each instance waits.
  let wait: Duration
  /// What they show each other.
  let token: Secret
  /// PEM file of the authorities that are believed; nil: those of the machine.
  let caFile: String?

  /// Reads the section; what is wrong is reported to it, and then nil.
  init?(_ section: SettingsSection?) {
    guard let section else { return nil }
    let name = section.requiredText("name", "which of peers.instances this one is")
    self.name = name
    wait = section.span("wait", default: .seconds(15), in: .seconds(2)...(.seconds(300)))
    caFile = section.text("ca_file")
    instances = Self.instances(section)
    let token = Self.token(section)
    if !name.isEmpty, !instances.isEmpty, !instances.contains(where: { $0.name == name }) {
      let known = instances.map(\.name).joined(separator: ", ")
      section.report("name", "\"\(name)\" is none of peers.instances: \(known)")
      return nil
    }
    guard let token, instances.count > 1, !name.isEmpty else { return nil }
    self.token = token
  }

  /// The other instances.
  var others: [Instance] { instances.filter { $0.name != name } }

  private static func token(_ section: SettingsSection) -> Secret? {
    guard let token = section.secret("token") else {
      if ["token", "token_file", "token_env"].allSatisfy({ section.node($0) == nil }) {
        section.report(
          "token",
          "is required here, the same for all: token, token_file or token_env"
        )
      }
      return nil
    }
    guard token.reveal().utf8.count >= tokenBytesMin else {
      section.report("token", "must be at least \(tokenBytesMin) characters long")
      return nil
    }
    guard token.reveal().utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      section.report("token", "must hold no blanks, control characters or letters beyond ASCII")
      return nil
    }
    return token
  }

  private static func instances(_ section: SettingsSection) -> [Instance] {
    guard section.require("instances", "every instance, this one included") else { return [] }
    let items = section.sections("instances")
    if items.count > instancesMax {
      section.report("instances", "must have at most \(instancesMax) items")
    } else if items.count == 1 {
      section.report(
        "instances",
        "names one instance only: name the others too, or leave peers out"
      )
    }
    var names: Set<String> = []
    var urls: Set<String> = []
    return items.compactMap { item in
      let name = item.requiredText("name", "what the other instances call it")
      let url = item.requiredHTTPURL("url", "where the other instances reach it")
      guard !name.isEmpty, !url.isEmpty else { return nil }
      guard name.utf8.count <= nameBytesMax, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
      else {
        item.report("name", "must be at most \(nameBytesMax) bytes without blanks")
        return nil
      }
      if !names.insert(name).inserted { item.report("name", "\"\(name)\" stands here twice") }
      let base = url.hasSuffix("/") ? String(url.dropLast()) : url
      if !urls.insert(base).inserted { item.report("url", "stands here twice") }
      if !isSafe(base) {
        item.report("url", "must begin with https://, as the token would be read on the way")
      }
      return Instance(name: name, url: base)
    }
  }

  /// What is sent there cannot be read on the way.
  private static func isSafe(_ url: String) -> Bool {
    guard url.hasPrefix("http://") else { return true }
    let authority = URLText.authority(of: url)
    if authority == "[::1]" || authority.hasPrefix("[::1]:") { return true }
    let host = authority.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
    if host == "localhost" { return true }
    // A name may begin like an address of loopback and lead elsewhere.
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
