// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Snapshot
import Topology

extension SnapshotBuilder {
  var quorum: QuorumRow? {
    guard let quorum = assessment.quorum else { return nil }
    var row = QuorumRow()
    row.condition = condition(of: .cluster)
    row.votesPresent = quorum.votesPresent
    row.votesNeeded = quorum.votesNeeded
    row.votesSpare = quorum.votesSpare
    return row
  }

  var nodes: [NodeRow] {
    let meant = Set(assessment.declared.nodes.map(\.name))
    let capacities = Dictionary(uniqueKeysWithValues: assessment.capacities.map { ($0.node, $0) })
    var guestCounts: [String: Int] = [:]
    for guest in assessment.observed.guests.values where !guest.isTemplate {
      guard let node = assessment.node(ofGuest: guest.id) else { continue }
      guestCounts[node, default: 0] += 1
    }
    let cpu = figures.values("pve_cpu_usage_ratio", by: "id")
    let diskUsed = figures.values("pve_disk_usage_bytes", by: "id")
    let diskSize = figures.values("pve_disk_size_bytes", by: "id")
    let uptime = figures.values("pve_uptime_seconds", by: "id")
    var load: [String: Double] = [:]
    for (labels, value) in figures.series("hvsmon_pve_node_load") where labels["minutes"] == "1" {
      if let node = labels["node"] { load[node] = value }
    }
    let versions = figures.words("version", of: "hvsmon_pve_node_version_info", by: "node")
    return assessment.nodes.map { name in
      let id = "node/\(name)"
      let found = assessment.observed.nodes[name]
      var row = NodeRow()
      row.name = name
      row.condition = condition(of: .node(name))
      let evidence = assessment.evidence(of: .node(name))
      row.evidence = evidence.isEmpty ? nil : evidence
      row.isDeclared = meant.contains(name)
      row.cpuRatio = cpu[id]?.ratioRounded
      row.cpus = found?.cpus
      row.memoryUsedBytes = found?.memoryUsed
      row.memorySizeBytes = found?.memorySize
      row.diskUsedBytes = diskUsed[id]
      row.diskSizeBytes = diskSize[id]
      row.load = load[name]
      row.uptimeSeconds = uptime[id]
      row.guests = guestCounts[name] ?? 0
      row.haState = found?.haState
      row.version = versions[name]
      if row.condition.state != .failed { row.lossWords = assessment.lossWords(of: .node(name)) }
      row.capacityWords = capacities[name].map { assessment.capacityWords($0) }
      row.cpuTrend = (trends.cpu[id] ?? []).over(1)
      row.memoryTrend = (trends.memory[id] ?? []).over(found?.memorySize)
      return row
    }
  }

  var guests: [GuestRow] {
    var memberByGuest: [Int: (member: String, tier: String)] = [:]
    for tier in assessment.declared.tiers {
      for member in tier.members {
        if let guest = member.guest { memberByGuest[guest] = (member.name, tier.name) }
      }
    }
    let cpu = figures.values("pve_cpu_usage_ratio", by: "id")
    let diskUsed = figures.values("pve_disk_usage_bytes", by: "id")
    let diskSize = figures.values("pve_disk_size_bytes", by: "id")
    let uptime = figures.values("pve_uptime_seconds", by: "id")
    let numbers = Set(memberByGuest.keys).union(
      assessment.observed.guests.values.lazy.filter { !$0.isTemplate }.map(\.id)
    )
    return numbers.sorted().map { number in
      let found = assessment.observed.guests[number]
      let id = found?.resourceID ?? "lxc/\(number)"
      var row = GuestRow()
      row.id = id
      row.member = memberByGuest[number]?.member
      row.name = found?.name ?? row.member ?? id
      row.condition = condition(of: .guest(number))
      // That of the quorum, so that a guest is the same from poll to poll.
      row.condition.ageSeconds = nil
      row.node = assessment.node(ofGuest: number)
      row.tier = memberByGuest[number]?.tier
      row.foundState = found?.state.rawValue
      row.cpuRatio = cpu[id]?.ratioRounded
      row.cpus = found?.cpus
      row.memoryUsedBytes = found?.memoryUsed
      row.memorySizeBytes = found?.memoryAssigned
      row.diskUsedBytes = diskUsed[id]
      row.diskSizeBytes = diskSize[id]
      row.uptimeSeconds = uptime[id]
      row.lock = found?.lock
      row.isManaged = found?.isManaged
      row.tags = found?.tags ?? []
      row.cpuTrend = (trends.cpu[id] ?? []).over(1)
      row.memoryTrend = (trends.memory[id] ?? []).over(found?.memoryAssigned)
      return row
    }
  }
}
