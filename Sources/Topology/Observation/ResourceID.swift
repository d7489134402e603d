// SPDX-License-Identifier: MIT

/// What Proxmox' ids name, such as `lxc/103`, `node/pve1`, `storage/pve1/local`.
enum ResourceID: Equatable {
  case cluster
  case node(String)
  case guest(FoundGuest.Kind, Int)
  /// A storage as one node sees it.
  case storage(node: String, name: String)
  /// The guest of a replication job, whose id is such as `103-0`.
  case replication(guest: Int)

  /// Reads an id; nil when it is none of these.
  init?(_ text: String) {
    // Thousands are read in a row: no array is made of the parts.
    let bytes = text.utf8
    guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
      guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")),
        let guest = Int(text[..<dash]), guest > 0, Int(text[dash...].dropFirst()) != nil
      else { return nil }
      self = .replication(guest: guest)
      return
    }
    let rest = text[bytes.index(after: slash)...]
    guard !rest.isEmpty else { return nil }
    switch text[..<slash] {
    case "lxc":
      guard let number = Int(rest), number > 0 else { return nil }
      self = .guest(.container, number)
    case "qemu":
      guard let number = Int(rest), number > 0 else { return nil }
      self = .guest(.virtualMachine, number)
    case "node": self = .node(String(rest))
    case "cluster": self = .cluster
    case "storage":
      let node = rest.prefix { $0 != "/" }
      let name = rest.dropFirst(node.count + 1)
      guard !node.isEmpty, !name.isEmpty else { return nil }
      self = .storage(node: String(node), name: String(name))
    default: return nil
    }
  }
}
