// SPDX-License-Identifier: MIT
import MetricModel
import Net

extension ProxmoxFace {
  /// GET /cluster/status: corosync's view of the answering node.
  func clusterStatus() -> ReplyTree {
    let plan = world.plan
    let cluster: ReplyTree = [
      "type": "cluster", "id": "cluster", "nodes": .integer(plan.nodes.count), "version": 3,
      "name": .text(plan.name), "quorate": .flag(world.isQuorate(seenBy: viewer, at: now)),
    ]
    let nodes = plan.nodes.map { node -> ReplyTree in
      [
        "type": "node", "id": .text("node/\(node.name)"), "name": .text(node.name),
        "nodeid": .integer(node.number), "local": .flag(node.name == viewer),
        "online": .flag(world.isOnline(node: node.name, seenBy: viewer, at: now)),
        "ip": .text(node.address), "level": "",
      ]
    }
    return .list([cluster] + nodes)
  }

  /// GET /cluster/config/nodes: every value is text, as in corosync's file.
  func configuredNodes() -> ReplyTree {
    .list(
      world.plan.nodes.map { node in
        [
          "node": .text(node.name), "name": .text(node.name), "nodeid": .text(String(node.number)),
          "quorum_votes": "1", "ring0_addr": .text(node.address),
        ]
      }
    )
  }

  /// GET /cluster/resources.
  func resources(type: String?) throws(ProxmoxRefusal) -> ReplyTree {
    let known = ["vm", "storage", "node", "sdn"]
    if let type, !known.contains(type) {
      throw .badParameter("type", "value '\(type)' is none of \(known.joined(separator: ", "))")
    }
    let heard = Broadcasts(world: world, viewer: viewer, at: now)
    var rows: [ReplyTree] = []
    if type == nil || type == "vm", rights.seesGuests {
      let running = runningBackups
      rows += world.plan.guests.map { guestRow($0, heard: heard, running: running) }
    }
    if type == nil || type == "node" {
      rows += world.plan.nodes.map { node in
        nodeRow(node, heard: heard).adding(["cgroup-mode": 2])
      }
    }
    if type == nil || type == "storage", rights.seesStorages {
      rows += world.plan.nodes.flatMap { node in
        world.plan.storages.map { storageRow($0, on: node.name, heard: heard) }
      }
    }
    if type == nil || type == "sdn", rights.seesSystem {
      // A zone is called good even when its node is dead.
      rows += world.plan.nodes.map { node in
        [
          "id": .text("network/\(node.name)/zone/localnetwork"), "type": "network",
          "network-type": "zone", "network": "localnetwork", "node": .text(node.name),
          "status": "ok",
        ]
      }
    }
    return shuffled(rows, "resources")
  }

  /// GET /nodes.
  func nodeList() -> ReplyTree {
    let heard = Broadcasts(world: world, viewer: viewer, at: now)
    let rows = world.plan.nodes.map { node in
      nodeRow(node, heard: heard).adding([
        "ssl_fingerprint": .text(
          certificates.nodes[node.name]?.certificate.sha256Fingerprint ?? ""
        )
      ])
    }
    return shuffled(rows, "nodes")
  }

  private func nodeRow(_ node: ClusterPlan.Node, heard: Broadcasts) -> ReplyTree {
    let sample = heard[node.name]
    let isOnline = world.isOnline(node: node.name, seenBy: viewer, at: now)
    let status = isOnline ? (sample == nil ? "unknown" : "online") : "offline"
    var row: ReplyTree = [
      "id": .text("node/\(node.name)"), "node": .text(node.name), "type": "node",
      "status": .text(status),
    ]
    if !world.plan.managedGuests.isEmpty {
      row = row.adding(["hastate": .text(availability(of: node.name))])
    }
    guard rights.seesSystem else { return row.adding(["level": ""]) }
    guard let sample else { return row }
    row = row.adding([
      "level": "", "maxcpu": .integer(node.cpus), "maxmem": .integer(node.memoryBytes),
      "maxdisk": .integer(NodeFigures.rootBytes),
    ])
    guard isOnline else { return row }
    let figures = world.figures(of: node, at: sample)
    return row.adding([
      "uptime": .integer(figures.uptime), "cpu": .number(figures.cpuRatio),
      "mem": .integer(figures.usedMemoryBytes), "disk": .integer(figures.usedRootBytes),
    ])
  }

  private func guestRow(
    _ guest: ClusterPlan.Guest,
    heard: Broadcasts,
    running: [BackupRun]
  ) -> ReplyTree {
    let node = world.node(of: guest, at: now)
    let kind = guest.kind.rawValue
    let sample = heard[node]
    let figures = sample.map { world.figures(of: guest, at: $0) }
    let status = figures.map { $0.isRunning ? "running" : "stopped" } ?? "unknown"
    var row: ReplyTree = [
      "id": .text("\(kind)/\(guest.vmID)"), "vmid": .integer(guest.vmID), "node": .text(node),
      "type": .text(kind), "status": .text(status),
      "tags": .text(guest.tags.joined(separator: ";")),
    ]
    if world.isBeingBackedUp(guest.vmID, runs: running, at: now) {
      row = row.adding(["lock": "backup"])
    }
    if world.plan.managedGuests.contains(guest.vmID) {
      row = row.adding(["hastate": .text(availability(of: guest))])
    }
    guard let figures else { return row }
    let isContainer = guest.kind == .container
    return row.adding([
      "name": .text(guest.name), "template": 0, "maxcpu": .integer(guest.cpus),
      "maxmem": .integer(guest.memoryBytes), "uptime": .integer(figures.uptime),
      "cpu": .number(figures.cpuRatio), "mem": .integer(figures.memoryBytes),
      "maxdisk": .integer(guest.diskBytes),
      // How full a virtual machine's disk is, only the machine knows.
      "disk": .integer(isContainer ? figures.diskBytes : 0),
      "netin": .integer(figures.netInBytes), "netout": .integer(figures.netOutBytes),
      "diskread": .integer(figures.diskReadBytes),
      "diskwrite": .integer(figures.diskWrittenBytes),
      "memhost": .integer(isContainer ? 0 : figures.memoryBytes),
    ])
  }

  private func storageRow(
    _ storage: ClusterPlan.Storage,
    on node: String,
    heard: Broadcasts
  ) -> ReplyTree {
    let row: ReplyTree = [
      "id": .text("storage/\(node)/\(storage.name)"), "storage": .text(storage.name),
      "node": .text(node), "type": "storage", "plugintype": .text(storage.plugin),
      "status": .text(isStorageHeard(storage, on: node, heard: heard) ? "available" : "unknown"),
      "shared": .flag(storage.isShared), "content": .text(contentList(storage)),
    ]
    guard isStorageHeard(storage, on: node, heard: heard) else { return row }
    return row.adding([
      "maxdisk": .integer(storage.bytes),
      "disk": .integer(world.usedBytes(of: storage, on: node)),
    ])
  }

  /// A storage is told of only while it is active, and remembered for a while.
  private func isStorageHeard(
    _ storage: ClusterPlan.Storage,
    on node: String,
    heard: Broadcasts
  ) -> Bool {
    guard let sample = heard[node] else { return false }
    let fault = Fault.storageOffline(node: node, storage: storage.name)
    guard let period = world.periods.last(where: { $0.fault == fault && $0.contains(sample) })
    else { return true }
    return now - period.begin < .seconds(Broadcasts.lifetime)
  }

  /// The words stand in an order that changes.
  func contentList(_ storage: ClusterPlan.Storage) -> String {
    let turn = Int(now.wholeSeconds / 10) % max(1, storage.content.count)
    return (storage.content[turn...] + storage.content[..<turn]).joined(separator: ",")
  }
}
