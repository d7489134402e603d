// SPDX-License-Identifier: MIT
package import MetricModel

/// Answers of Proxmox about the cluster as a whole.
extension ClusterSurvey {
  /// Reads `/cluster/status`: the name, the nodes and their addresses.
  package mutating func readStatus(_ data: JSONTree) {
    for row in data.items {
      guard let name = row["name"]?.string else { continue }
      switch row["type"]?.string {
      case "cluster": self.name = name
      case "node":
        change(node: name) { node in
          node.address = row["ip"]?.string
          node.isOnline = row["online"]?.bool ?? true
          node.isAnswering = row["local"]?.bool ?? false
        }
      default: break
      }
    }
    // A node without a cluster has no row of the type cluster.
    if name == nil, nodes.count == 1 { name = nodes[0].name }
  }

  /// Reads `/nodes`: names and the certificates they show.
  package mutating func readNodes(_ data: JSONTree) {
    for row in data.items {
      guard let name = row["node"]?.string else { continue }
      change(node: name) { node in
        node.fingerprint = row["ssl_fingerprint"]?.string
        if row["status"]?.string == "offline" { node.isOnline = false }
      }
    }
  }

  /// Reads `/cluster/resources`: the guests.
  package mutating func readResources(_ data: JSONTree) {
    guests = data.items.compactMap { row -> SurveyedGuest? in
      guard let kind = row["type"]?.string.flatMap(SurveyedGuest.Kind.init),
        let id = row["vmid"]?.int.flatMap({ Int(exactly: $0) }),
        (100...999_999_999).contains(id), let node = row["node"]?.string
      else { return nil }
      var guest = SurveyedGuest(id: id, kind: kind, node: node)
      guest.name = row["name"]?.string
      guest.status = row["status"]?.string ?? guest.status
      guest.isTemplate = row["template"]?.bool ?? false
      guest.pool = row["pool"]?.string
      // Semicolons today, commas and blanks in older files.
      guest.tags = (row["tags"]?.string ?? "").lowercased()
        .split { $0 == ";" || $0 == "," || $0 == " " }.map(String.init)
      return guest
    }
    .sorted { $0.id < $1.id }
  }

  /// Reads `/cluster/backup`: the jobs.
  package mutating func readJobs(_ data: JSONTree) {
    jobs = data.items.compactMap { row -> SurveyedJob? in
      // Very old jobs have no type; others than vzdump copy no guests.
      guard row["type"]?.string ?? "vzdump" == "vzdump", let id = row["id"]?.string else {
        return nil
      }
      var job = SurveyedJob(id: id)
      job.scope =
        if row["all"]?.bool == true {
          .all(except: Self.numbers(row["exclude"]))
        } else if let pool = row["pool"]?.string {
          .pool(pool)
        } else {
          .guests(Self.numbers(row["vmid"]))
        }
      job.isEnabled = row["enabled"]?.bool ?? true
      job.schedule = row["schedule"]?.string
      job.node = row["node"]?.string
      job.storage = row["storage"]?.string
      job.mode = row["mode"]?.string
      job.retention = Self.retention(row["prune-backups"])
      return job
    }
  }

  /// Changes what is known of a node, which is new if nothing is.
  package mutating func change(node name: String, _ body: (inout SurveyedNode) -> Void) {
    if let index = nodes.firstIndex(where: { $0.name == name }) {
      body(&nodes[index])
    } else {
      var node = SurveyedNode(name: name)
      body(&node)
      nodes.append(node)
      nodes.sort { Self.isBefore($0.name, $1.name) }
    }
  }

  /// node2 before node10.
  static func isBefore(_ left: String, _ right: String) -> Bool {
    let (first, second) = (NameStem(left), NameStem(right))
    guard first.stem == second.stem else { return left < right }
    return (first.number ?? -1, left) < (second.number ?? -1, right)
  }

  /// An object, or in older releases a text such as `keep-last=5,keep-weekly=2`.
  private static func retention(_ tree: JSONTree?) -> [String: Int] {
    var rules: [String: Int] = [:]
    for member in tree?.members ?? [] {
      rules[member.name] = member.value.int.flatMap { Int(exactly: $0) }
    }
    for part in tree?.string?.split(separator: ",") ?? [] {
      let sides = part.split(separator: "=")
      if sides.count == 2 { rules[String(sides[0])] = Int(sides[1]) }
    }
    return rules.filter { $0.value > 0 }
  }

  private static func numbers(_ tree: JSONTree?) -> [Int] {
    (tree?.string ?? "").split { $0 == "," || $0 == " " || $0 == ";" }.compactMap { Int($0) }
  }
}
