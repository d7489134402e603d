// SPDX-License-Identifier: MIT
import MetricModel
import Net

extension ProxmoxFace {
  func storageReply(
    _ node: ClusterPlan.Node,
    _ parts: [String],
    _ query: [ServerRequest.Parameter]
  ) throws(ProxmoxRefusal) -> Reply {
    guard let name = parts.first else { return storageList(on: node, query) }
    guard rights.seesStorages else { throw .forbidden("/storage/\(name)", "Datastore.Audit") }
    guard let storage = world.plan.storages.first(where: { $0.name == name }) else {
      throw .failed("storage '\(name)' does not exist")
    }
    switch Array(parts.dropFirst()) {
    case ["status"]: return Reply(storageStatus(storage, on: node))
    case ["content"]:
      try refuseOffline(storage, on: node)
      // Each backup wants Datastore.Allocate, or VM.Backup and Datastore.AllocateSpace, which no
      // read-only token has: the list is empty rather than refused.
      return Reply([])
    case ["prunebackups"]:
      try refuseOffline(storage, on: node)
      return Reply(try prunePreview(storage, query))
    default:
      throw .unknownPath("/nodes/\(node.name)/storage/" + parts.joined(separator: "/"))
    }
  }

  private func isOffline(_ storage: ClusterPlan.Storage, on node: ClusterPlan.Node) -> Bool {
    world.has(.storageOffline(node: node.name, storage: storage.name), at: now)
  }

  private func refuseOffline(
    _ storage: ClusterPlan.Storage,
    on node: ClusterPlan.Node
  ) throws(ProxmoxRefusal) {
    if isOffline(storage, on: node) { throw .failed("storage '\(storage.name)' is not online") }
  }

  private func storageList(
    on node: ClusterPlan.Node,
    _ query: [ServerRequest.Parameter]
  ) -> Reply {
    guard rights.seesStorages else { return Reply([]) }
    let wanted = world.plan.storages.filter { storage in
      query["content"].map(storage.content.contains) ?? true
    }
    let rows = wanted.map { storage in
      let row: ReplyTree = ["storage": .text(storage.name)]
      let status = row.adding(storageStatus(storage, on: node))
      guard !isOffline(storage, on: node) else { return status }
      let used = Double(world.usedBytes(of: storage, on: node.name))
      return status.adding(["used_fraction": .number(used / Double(storage.bytes))])
    }
    let isSlow = wanted.contains { isOffline($0, on: node) }
    return Reply(
      shuffled(rows, "storages/\(node.name)"),
      delay: isSlow ? Self.deadStorageDelay : .zero
    )
  }

  private func storageStatus(
    _ storage: ClusterPlan.Storage,
    on node: ClusterPlan.Node
  ) -> ReplyTree {
    let isActive = !isOffline(storage, on: node)
    let used = isActive ? world.usedBytes(of: storage, on: node.name) : 0
    let total = isActive ? storage.bytes : 0
    return [
      "type": .text(storage.plugin), "content": .text(contentList(storage)),
      "shared": .flag(storage.isShared), "enabled": 1, "active": .flag(isActive),
      "total": .integer(total), "used": .integer(used), "avail": .integer(total - used),
    ]
  }

  /// GET .../prunebackups: what pruning would do, which lists every archive.
  private func prunePreview(
    _ storage: ClusterPlan.Storage,
    _ query: [ServerRequest.Parameter]
  ) throws(ProxmoxRefusal) -> ReplyTree {
    let keep: Int
    switch query["prune-backups"]?.split(separator: "=").map(String.init) {
    case ["keep-all", "1"]: keep = .max
    case let rule? where rule.count == 2 && rule[0] == "keep-last":
      guard let number = Int(rule[1]), number > 0 else {
        throw .badParameter("prune-backups", "keep-last is a number above 0")
      }
      keep = number
    case nil: throw .failed("no prune-backups options configured for storage '\(storage.name)'")
    default: throw .badParameter("prune-backups", "the simulation knows keep-all and keep-last")
    }
    guard storage.name == world.plan.backupJob.storage else { return [] }
    let archives = world.backupArchives(at: now, runs: world.backupRuns(at: now))
    let wanted = query["vmid"].flatMap(Int.init)
    let rows = archives.sorted { $0.key < $1.key }.filter { wanted == nil || $0.key == wanted }
      .flatMap { vmID, newestFirst in
        newestFirst.enumerated().reversed().map { age, archive -> ReplyTree in
          let kind = world.plan.guest(vmID)?.kind ?? .container
          let isKept = age < keep
          return [
            "volid": .text("\(storage.name):backup/\(Self.fileName(of: archive, kind))"),
            "ctime": .integer(archive.begin), "type": .text(kind.rawValue),
            "vmid": .integer(vmID), "mark": .text(isKept ? "keep" : "remove"),
          ]
        }
      }
    return .list(rows)
  }

  /// The name tells the local time at which the archive was begun.
  static func fileName(of archive: BackupArchive, _ kind: ClusterPlan.Guest.Kind) -> String {
    let time = BerlinCalendar.wallTime(atUnixSeconds: archive.begin)
      .text(date: "_", between: "-", time: "_")
    let ending = kind == .container ? "tar.zst" : "vma.zst"
    return "vzdump-\(kind.rawValue)-\(archive.vmID)-\(time).\(ending)"
  }
}
