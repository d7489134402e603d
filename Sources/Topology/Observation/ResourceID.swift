// SPDX-License-Identifier: MIT

/// What Proxmox' ids name, such as `lxc/103`, `node/pve1`, `storage/pve1/local`.
enum ResourceID: Equatable {
  case cluster
  case node(String)
  case guest(FoundGuest.Kind, Int)
  /// The node that has the storage.
  case storage(node: String)
  /// The guest of a replication job, whose id is such as `103-0`.
  case replication(guest: Int)

  /// Reads an id; nil when it is none of these.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count > 1, !parts[1].isEmpty else {
      guard let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")),
        let guest = Int(text[..<dash]), guest > 0, Int(text[dash...].dropFirst()) != nil
      else { return nil }
      self = .replication(guest: guest)
      return
    }
    switch parts[0] {
    case "lxc", "qemu":
      guard let kind = FoundGuest.Kind(rawValue: String(parts[0])), let number = Int(parts[1]),
        number > 0, parts.count == 2
      else { return nil }
      self = .guest(kind, number)
    case "node": self = .node(String(parts[1]))
    case "cluster": self = .cluster
    case "storage": self = .storage(node: String(parts[1]))
    default: return nil
    }
  }
}
