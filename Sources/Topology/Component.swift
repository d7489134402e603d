// SPDX-License-Identifier: MIT

/// A part of the cluster that can fail; what it stands on comes first in the order.
package enum Component: Hashable, Comparable, Sendable {
  /// hvsmon's own way to the cluster: without it nothing can be told of anything.
  case monitor
  /// The Proxmox cluster as a whole: its quorum.
  case cluster
  /// A Proxmox node, by name.
  case node(String)
  /// A storage as one node sees it.
  case storage(node: String, name: String)
  /// A container or virtual machine, by its number.
  case guest(Int)
  /// A member of a tier, by name.
  case member(String)
  /// A tier, by name.
  case tier(String)
  /// What users reach, by name.
  case entry(String)
  /// A declared backup, by name.
  case backup(String)
}
