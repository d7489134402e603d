// SPDX-License-Identifier: MIT
import MetricModel
import Polling

/// Turns a view of the cluster into samples; pure.
struct ClusterSamples {
  /// Beyond so many guests only the states that hold are given: 20 series for each guest that say
  /// "not in this state" would outgrow a poll.
  static let stateSetGuestsMax = 200

  let view: ClusterView
  /// Names by id, for rows that have lost theirs.
  let names: [String: String]

  private static let guestHAStates = [
    "stopped", "request_stop", "request_start", "request_start_balance", "started", "fence",
    "recovery", "migrate", "relocate", "freeze", "error",
  ]
  private static let nodeHAStates = ["online", "maintenance", "unknown", "fence", "gone"]
  private static let locks = [
    "backup", "clone", "create", "migrate", "rollback", "snapshot", "snapshot-delete", "suspended",
    "suspending",
  ]
  /// Which field of a row becomes which metric, for nodes, guests and storages alike.
  private static let figures: [(field: String, metric: MetricDefinition)] = [
    ("cpu", ClusterMetrics.cpuUsage), ("maxcpu", ClusterMetrics.cpuLimit),
    ("mem", ClusterMetrics.memoryUsage), ("maxmem", ClusterMetrics.memorySize),
    ("disk", ClusterMetrics.diskUsage), ("maxdisk", ClusterMetrics.diskSize),
    ("uptime", ClusterMetrics.uptime), ("netin", ClusterMetrics.networkReceived),
    ("netout", ClusterMetrics.networkSent), ("diskread", ClusterMetrics.diskRead),
    ("diskwrite", ClusterMetrics.diskWritten), ("shared", ClusterMetrics.storageShared),
  ]

  /// Everything the two cheap answers say.
  func all() -> [CollectedSample] {
    let isLarge = view.resources.count(where: \.isGuest) > Self.stateSetGuestsMax
    var samples = cluster() + members()
    for resource in view.resources {
      switch resource.type {
      case "node": samples += node(resource)
      case "lxc", "qemu": samples += guest(resource, onlyTrueStates: isLarge)
      case "storage": samples += storage(resource)
      default: continue
      }
    }
    return samples + partial()
  }

  private func cluster() -> [CollectedSample] {
    guard let quorum = view.quorum, let name = quorum.name else { return [] }
    let id = "cluster/\(name)"
    let labels = [
      "id": id, "nodes": quorum.nodes, "version": quorum.version,
      "quorate": quorum.isQuorate.map { $0 ? "1" : "0" },
    ].compactMapValues { $0 }
    let info = CollectedSample(ClusterMetrics.clusterInfo, 1, labels)
    guard let isQuorate = quorum.isQuorate else { return [info] }
    return [info, CollectedSample(ClusterMetrics.up, isQuorate ? 1 : 0, ["id": id])]
  }

  private func members() -> [CollectedSample] {
    var samples: [CollectedSample] = []
    for member in view.members {
      let id = "node/\(member.name)"
      let labels = [
        "id": id, "level": member.level, "name": member.name, "nodeid": member.nodeID,
      ].compactMapValues { $0 }
      samples.append(CollectedSample(ClusterMetrics.nodeInfo, 1, labels))
      if let isOnline = member.isOnline {
        samples.append(CollectedSample(ClusterMetrics.up, isOnline ? 1 : 0, ["id": id]))
      }
    }
    for (name, life) in view.lives {
      samples += ClusterView.Life.allCases.map { state in
        let labels = ["node": name, "state": state.rawValue]
        return CollectedSample(ClusterMetrics.nodeState, state == life ? 1 : 0, labels)
      }
    }
    return samples
  }

  private func node(_ resource: ClusterView.Resource) -> [CollectedSample] {
    let states = states(
      ClusterMetrics.haState,
      Self.nodeHAStates,
      resource.row["hastate"]?.string,
      id: resource.id,
      onlyTrue: false
    )
    return figures(of: resource) + states
  }

  /// A guest is only as alive as its node: for up to 300 s after a crash its row still says running.
  private func guest(
    _ resource: ClusterView.Resource,
    onlyTrueStates: Bool
  ) -> [CollectedSample] {
    let row = resource.row
    let isKnown = isKnown(resource)
    let state =
      switch isKnown ? resource.status : "unknown" {
      case "running"?: "running"
      case "stopped"?: "stopped"
      case "unknown"?, nil: "unknown"
      case .some: "other"
      }
    let name = row["name"]?.string ?? names[resource.id]
    let place = ["id": resource.id, "name": name, "node": resource.node].compactMapValues { $0 }
    var samples = ["running", "stopped", "other", "unknown"].compactMap { known in
      onlyTrueStates && known != state
        ? nil
        : CollectedSample(
          ClusterMetrics.guestState,
          known == state ? 1 : 0,
          place.merging(["state": known]) { first, _ in first }
        )
    }
    let info = [
      "type": resource.type, "template": row["template"]?.bool.map { $0 ? "1" : "0" },
      "tags": row["tags"]?.string,
    ].compactMapValues { $0 }
    samples.append(
      CollectedSample(ClusterMetrics.guestInfo, 1, place.merging(info) { first, _ in first })
    )
    samples += states(
      ClusterMetrics.haState,
      Self.guestHAStates,
      row["hastate"]?.string,
      id: resource.id,
      onlyTrue: onlyTrueStates
    )
    samples += states(
      ClusterMetrics.lockState,
      Self.locks,
      row["lock"]?.string,
      id: resource.id,
      onlyTrue: onlyTrueStates
    )
    guard isKnown, let status = resource.status else { return samples }
    let isRunning = status == "running" ? 1.0 : 0
    return samples + figures(of: resource)
      + [CollectedSample(ClusterMetrics.up, isRunning, ["id": resource.id])]
  }

  private func storage(_ resource: ClusterView.Resource) -> [CollectedSample] {
    let row = resource.row
    // Proxmox gives the kinds of content in random order.
    let content = row["content"]?.string?.split(separator: ",").sorted().joined(separator: ",")
    let labels = [
      "id": resource.id, "node": resource.node, "storage": row["storage"]?.string,
      "plugintype": row["plugintype"]?.string, "content": content,
    ].compactMapValues { $0 }
    let info = CollectedSample(ClusterMetrics.storageInfo, 1, labels)
    // That a member's storage is unknown is what Proxmox says of an inactive one.
    guard view.life(of: resource.node) == .online, let status = resource.status else {
      return [info]
    }
    let isAvailable = status == "available" ? 1.0 : 0
    return [info, CollectedSample(ClusterMetrics.up, isAvailable, ["id": resource.id])]
      + figures(of: resource)
  }

  private func isKnown(_ resource: ClusterView.Resource) -> Bool {
    view.life(of: resource.node) != .offline && resource.status != nil
      && resource.status != "unknown"
  }

  private func figures(of resource: ClusterView.Resource) -> [CollectedSample] {
    Self.figures.compactMap { field, metric in
      resource.row[field]?.double.map { CollectedSample(metric, $0, ["id": resource.id]) }
    }
  }

  private func states(
    _ metric: MetricDefinition,
    _ known: [String],
    _ current: String?,
    id: String,
    onlyTrue: Bool
  ) -> [CollectedSample] {
    known.compactMap { state in
      let value = state == current ? 1.0 : 0
      return onlyTrue && value == 0
        ? nil : CollectedSample(metric, value, ["id": id, "state": state])
    }
  }

  /// The nodes whose guests cannot be seen.
  private func partial() -> [CollectedSample] {
    view.lives.sorted { $0.key < $1.key }.compactMap { name, life in
      guard life != .online else { return nil }
      let reason = life == .offline ? "node_down" : "no_figures"
      return CollectedSample(
        IngestMetrics.collectorPartial,
        1,
        ["part": "guests", "node": name, "reason": reason]
      )
    }
  }
}
