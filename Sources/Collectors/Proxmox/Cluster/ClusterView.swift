// SPDX-License-Identifier: MIT
import MetricModel

/// Who is in the cluster and what runs where, from `/cluster/status` and `/cluster/resources`.
///
/// Every field but a row's kind and name may be missing; rows of other kinds are skipped.
struct ClusterView {
  /// What is known of a node.
  enum Life: String, CaseIterable {
    case online
    case offline
    /// A member whose figures ended, or nobody says whether it is one.
    case unknown
  }

  struct Member: Equatable {
    let name: String
    let nodeID: String?
    let level: String?
    let isOnline: Bool?
  }

  struct Quorum: Equatable {
    let name: String?
    let nodes: String?
    let version: String?
    let isQuorate: Bool?
  }

  /// One guest, storage or node.
  struct Resource {
    let id: String
    let type: String
    let node: String?
    let status: String?
    let row: JSONTree
  }

  /// Nil on a node that stands alone, or when the status could not be asked.
  let quorum: Quorum?
  /// By name; empty when the status could not be asked.
  let members: [Member]
  /// By id.
  let resources: [Resource]
  /// What is known of each node, by its name.
  let lives: [String: Life]

  /// Reads both answers; nil stands for one that could not be had.
  init(status: JSONTree?, resources: JSONTree?) {
    let statusRows = status?.items ?? []
    quorum = statusRows.first { $0["type"]?.string == "cluster" }.map { row in
      Quorum(
        name: row["name"]?.string,
        nodes: row["nodes"]?.string,
        version: row["version"]?.string,
        isQuorate: row["quorate"]?.bool
      )
    }
    members = statusRows.compactMap { row in
      guard row["type"]?.string == "node", let name = row["name"]?.string else { return nil }
      return Member(
        name: name,
        nodeID: row["nodeid"]?.string,
        level: row["level"]?.string,
        isOnline: row["online"]?.bool
      )
    }.sorted { $0.name < $1.name }
    var seen: Set<String> = []
    self.resources = (resources?.items ?? []).compactMap { row in
      guard let type = row["type"]?.string, let id = row["id"]?.string, seen.insert(id).inserted
      else { return nil }
      return Resource(
        id: id,
        type: type,
        node: row["node"]?.string ?? (type == "node" ? Self.lastPart(of: id) : nil),
        status: row["status"]?.string,
        row: row
      )
    }.sorted { $0.id < $1.id }
    lives = Self.lives(members: members, resources: self.resources)
  }

  /// The nodes that may be asked about themselves, by name.
  var askableNodes: [String] { lives.filter { $0.value != .offline }.map(\.key).sorted() }

  /// The guests by node.
  var guestsByNode: [String: [Resource]] {
    Dictionary(grouping: resources.filter(\.isGuest)) { $0.node ?? "" }
  }

  /// What is known of the node, offline when it is no member.
  func life(of node: String?) -> Life { node.flatMap { lives[$0] } ?? .unknown }

  /// Membership decides, as it follows a crash within seconds; figures of a member that ended make
  /// it unknown.
  private static func lives(members: [Member], resources: [Resource]) -> [String: Life] {
    var lives: [String: Life] = [:]
    for row in resources where row.type == "node" {
      guard let name = row.node else { continue }
      lives[name] = row.status.flatMap(Life.init) ?? .unknown
    }
    for member in members {
      switch member.isOnline {
      case false?: lives[member.name] = .offline
      case true?: if lives[member.name] != .unknown { lives[member.name] = .online }
      case nil: if lives[member.name] == nil { lives[member.name] = .unknown }
      }
    }
    return lives
  }

  private static func lastPart(of id: String) -> String? {
    id.split(separator: "/").last.map(String.init)
  }
}

extension ClusterView.Resource {
  /// A container or virtual machine.
  var isGuest: Bool { type == "lxc" || type == "qemu" }
}
