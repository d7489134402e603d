// SPDX-License-Identifier: MIT
package import MetricModel
import Polling

/// What the API token may see, from `/access/permissions`; pure.
///
/// Many answers of Proxmox are not refused but shortened when a privilege is missing, so what cannot
/// be seen must be known beforehand.
package struct PermissionCheck: Equatable {
  /// One privilege at one path, and what is not shown without it.
  package struct Need: Equatable {
    /// The privilege.
    package let privilege: String
    /// Where the token must have it.
    package let path: String
    /// The label `part` of what is off without it.
    let part: String
    /// What is off without it, as a list of nouns.
    package let off: String
  }

  static let needs = [
    Need(
      privilege: "Sys.Audit",
      path: "/",
      part: "cluster",
      off: "quorum, node membership, HA, backup jobs"
    ),
    Need(
      privilege: "Sys.Audit",
      path: "/nodes",
      part: "nodes",
      off: "figures, services, disks and tasks of the nodes"
    ),
    Need(
      privilege: "VM.Audit",
      path: "/vms",
      part: "guests",
      off: "guests, replication, guests without backup"
    ),
    Need(
      privilege: "Datastore.Audit",
      path: "/storage",
      part: "storage",
      off: "storages and the archives on them"
    ),
  ]

  /// What the token has, with the paths below the wanted one where it has it there only.
  let granted: [Bool]
  let deeper: [[String]]

  /// Reads an answer; an empty object means that no ACL names the token.
  package init(_ data: JSONTree) {
    let paths = data.members
    func has(_ path: String, _ privilege: String) -> Bool {
      // The value says whether it propagates, so 0 is there but not below.
      paths.contains { $0.name == path && $0.value[privilege] != nil }
    }
    granted = Self.needs.map { need in
      if has(need.path, need.privilege) { return true }
      return paths.contains { $0.name == "/" && $0.value[need.privilege]?.bool == true }
    }
    deeper = Self.needs.map { need in
      let prefix = need.path == "/" ? "/" : need.path + "/"
      return paths.map(\.name).filter {
        $0 != need.path && $0.hasPrefix(prefix) && has($0, need.privilege)
      }.sorted()
    }
  }

  /// The needs that are not met, each with the paths that have it nevertheless.
  package var missing: [(need: Need, deeper: [String])] {
    Self.needs.indices.filter { !granted[$0] }.map { (Self.needs[$0], deeper[$0]) }
  }

  /// Each need as a series, and each part that is off.
  var samples: [CollectedSample] {
    zip(Self.needs, granted).map { need, isGranted in
      let labels = ["privilege": need.privilege, "path": need.path]
      return CollectedSample(DetailMetrics.privilege, isGranted ? 1 : 0, labels)
    }
      + missing.map { need, _ in
        let labels = ["part": need.part, "reason": "forbidden"]
        return CollectedSample(IngestMetrics.collectorPartial, 1, labels)
      }
  }
}
