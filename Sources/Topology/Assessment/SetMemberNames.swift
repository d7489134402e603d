// SPDX-License-Identifier: MIT
package import Architecture

/// Which declared member a replica set means by a name such as `mongo1:27017`.
package struct SetMemberNames: Sendable {
  /// Nil for an address that several have.
  private let nameByHost: [String: String?]

  /// Learns the names and addresses of these members.
  package init(_ members: [DeclaredMember]) {
    var nameByHost: [String: String?] = [:]
    for member in members {
      let address = member.address.lowercased()
      nameByHost[address] = .some(nameByHost[address] == nil ? member.name : nil)
    }
    // A name says more than an address.
    for member in members { nameByHost[member.name.lowercased()] = member.name }
    self.nameByHost = nameByHost
  }

  /// The declared name of a member; nil when it is none of them.
  ///
  /// A set may have its host as name, as full name or as address, with a port or without.
  package func member(called name: String) -> String? {
    var host = Substring(name.lowercased())
    if host.hasPrefix("[") {
      host = host.dropFirst().prefix { $0 != "]" }
    } else if let colon = host.lastIndex(of: ":"), host.firstIndex(of: ":") == colon {
      host = host[..<colon]
    }
    if let found = nameByHost[String(host)] { return found }
    let first = host.prefix { $0 != "." }
    return first.allSatisfy(\.isNumber) ? nil : nameByHost[String(first)] ?? nil
  }
}
