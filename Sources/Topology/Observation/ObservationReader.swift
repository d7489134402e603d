// SPDX-License-Identifier: MIT
package import MetricModel

extension ClusterObservation {
  /// The names of all metrics that ``init(samples:)`` asks for.
  package static let metricNames = Set(ObservationReader.readings.map(\.metric))

  /// Reads what was found from live samples.
  ///
  /// What a series does not say stays nil. Values that are not numbers are passed over. About 8 ms
  /// for 1,000 guests on 32 nodes.
  ///
  /// - Parameter samples: The live series of a metric, by its name.
  package init(samples: (String) -> [(labels: LabelSet, value: Double)]) {
    var reader = ObservationReader()
    for reading in ObservationReader.readings {
      for (labels, value) in samples(reading.metric) where !value.isNaN {
        reading.take(&reader, labels, value)
      }
    }
    self = reader.finished()
  }
}

/// Gathers what series say; the readings are taken in the order of their list.
struct ObservationReader {
  /// How one metric is read.
  struct Reading: Sendable {
    let metric: String
    let take: @Sendable (inout ObservationReader, LabelSet, Double) -> Void
  }

  /// Later ones overrule earlier ones.
  static let readings: [Reading] =
    [
      Reading(metric: "hvsmon_monitor_isolated") { reader, _, value in
        reader.found.isMonitorIsolated = value == 1
      },
      Reading(metric: "hvsmon_pve_node_state") { $0.takeNodeState($1, $2) },
      Reading(metric: "up") { $0.takeUp($1, $2) },
      Reading(metric: "hvsmon_pm2_up") { reader, labels, value in
        reader.takeCheck(labels, isGood: value == 1)
      },
      Reading(metric: "probe_success") { $0.takeProbe($1, $2) },
      Reading(metric: "hvsmon_pve_guest_state") { $0.takeGuestState($1, $2) },
      Reading(metric: "hvsmon_pve_privilege_granted") { reader, labels, value in
        // Lists are shortened in silence.
        if labels["privilege"] == "VM.Audit", value == 0 { reader.lacksGuests = true }
      },
      Reading(metric: "hvsmon_collector_partial") { reader, labels, value in
        guard value == 1, let part = labels["part"], labels["job"] == "pve" else { return }
        guard let node = labels["node"] else {
          reader.found.unansweredParts.insert(part)
          return
        }
        reader.ofNode(node) { $0.unansweredParts.insert(part) }
      },
      Reading(metric: "pve_guest_info") { reader, labels, _ in reader.takeGuestInfo(labels) },
      Reading(metric: "hvsmon_pve_guest_live_state") { $0.takeLiveState($1, $2) },
      Reading(metric: "pve_memory_size_bytes") { reader, labels, value in
        reader.takeFigure(labels, value, \.memorySize, \.memoryAssigned)
      },
      Reading(metric: "pve_memory_usage_bytes") { reader, labels, value in
        reader.takeFigure(labels, value, \.memoryUsed, \.memoryUsed)
      },
      Reading(metric: "pve_cpu_usage_limit") { reader, labels, value in
        reader.takeFigure(labels, value, \.cpus, \.cpus)
      },
      Reading(metric: "pve_lock_state") { reader, labels, value in
        guard value == 1 else { return }
        reader.ofGuest(labels["id"]) { $0.lock = labels["state"] }
      },
      // The node itself knows it ten seconds earlier.
      Reading(metric: "hvsmon_pve_guest_live_lock") { reader, labels, value in
        guard value == 1 else { return }
        reader.ofGuest(labels["id"]) { $0.lock = labels["state"] }
      },
      Reading(metric: "pve_onboot_status") { reader, labels, value in
        reader.ofGuest(labels["id"]) { $0.startsWithNode = value != 0 }
      },
      Reading(metric: "pve_ha_state") { $0.takeHAState($1, $2) },
      Reading(metric: "hvsmon_pve_ha_service_info") { reader, labels, _ in
        guard let guest = labels["sid"].flatMap(ObservationReader.guest(ofService:)) else { return }
        reader.found.guests[guest]?.isManaged = true
      },
      Reading(metric: "hvsmon_pve_node_memory_available_bytes") { reader, labels, value in
        reader.ofNode(labels["node"]) { $0.memoryAvailable = value }
      },
      Reading(metric: "hvsmon_pve_node_votes") { reader, labels, value in
        reader.ofNode(labels["node"]) { $0.votes = Int(exactly: value.rounded()) }
      },
      Reading(metric: "hvsmon_pve_tasks_running") { reader, labels, value in
        guard let type = labels["type"], value > 0 else { return }
        reader.ofNode(labels["node"]) { $0.runningTasks[type] = Int(exactly: value.rounded()) }
      },
    ] + quorumReadings + replicationReadings + replicaSetReadings + floatingAddressReadings

  private static let quorumReadings: [Reading] = [
    Reading(metric: "pve_cluster_info") { reader, labels, _ in
      reader.found.quorum.isQuorate = labels["quorate"].map { $0 == "1" }
    },
    Reading(metric: "hvsmon_pve_quorum_votes_expected") { reader, _, value in
      reader.found.quorum.votesExpected = Int(exactly: value.rounded())
    },
    Reading(metric: "hvsmon_pve_quorum_votes_needed") { reader, _, value in
      reader.found.quorum.votesNeeded = Int(exactly: value.rounded())
    },
    Reading(metric: "hvsmon_pve_quorum_votes_present") { reader, _, value in
      reader.found.quorum.votesPresent = Int(exactly: value.rounded())
    },
    Reading(metric: "hvsmon_pve_quorum_votes_spare") { reader, _, value in
      reader.found.quorum.votesSpare = Int(exactly: value.rounded())
    },
  ]

  private static let replicationReadings: [Reading] = [
    Reading(metric: "pve_replication_info") { reader, labels, _ in
      reader.ofReplication(labels["id"]) { job in
        if case .guest(_, let number)? = labels["guest"].flatMap(ResourceID.init) {
          job.guest = number
        }
        if case .node(let name)? = labels["source"].flatMap(ResourceID.init) { job.source = name }
        if case .node(let name)? = labels["target"].flatMap(ResourceID.init) { job.target = name }
      }
    },
    Reading(metric: "pve_replication_last_sync_timestamp_seconds") { reader, labels, value in
      reader.ofReplication(labels["id"]) { $0.lastSyncUnixSeconds = value }
    },
    Reading(metric: "pve_replication_next_sync_timestamp_seconds") { reader, labels, value in
      reader.ofReplication(labels["id"]) { $0.nextSyncUnixSeconds = value }
    },
    Reading(metric: "pve_replication_failed_syncs") { reader, labels, value in
      reader.ofReplication(labels["id"]) { $0.failedSyncs = Int(exactly: value.rounded()) }
    },
  ]

  var found = ClusterObservation()
  /// Guests that a node itself says it runs.
  private var liveRunning: Set<Int> = []
  /// The token may not see all guests.
  private var lacksGuests = false
  /// The cluster listed its guests, and not only their nodes.
  private var isListed = false

  /// The number of a guest that the HA manager calls `ct:103` or `vm:103`.
  static func guest(ofService sid: String) -> Int? {
    let parts = sid.split(separator: ":")
    guard parts.count == 2, parts[0] == "ct" || parts[0] == "vm" else { return nil }
    return Int(parts[1])
  }

  func finished() -> ClusterObservation {
    var found = found
    found.isGuestListWhole = isListed && !lacksGuests
    return found
  }

  private mutating func takeNodeState(_ labels: LabelSet, _ value: Double) {
    guard value == 1, let state = labels["state"] else { return }
    ofNode(labels["node"]) { $0.membership = FoundNode.Membership(rawValue: state) ?? .unknown }
  }

  /// Jobs whose `up` says whether facts could be asked of a host, not whether its service works.
  private static let hostJobs: Set<String> = ["nginx_host", "pm2"]

  /// A series with a tier is about a member; that of a node's own API names the node.
  private mutating func takeUp(_ labels: LabelSet, _ value: Double) {
    if let job = labels["job"], Self.hostJobs.contains(job) { return }
    if labels["tier"] != nil {
      takeCheck(labels, isGood: value == 1)
    } else if labels["job"] == "pve_node" {
      ofNode(labels["instance"]) { $0.apiAnswers = value == 1 }
    }
  }

  private mutating func takeProbe(_ labels: LabelSet, _ value: Double) {
    if labels["tier"] != nil {
      takeCheck(labels, isGood: value == 1)
    } else if let entry = labels["instance"] {
      found.entryProbes[entry] = value == 1 && found.entryProbes[entry] != false
    }
  }

  private mutating func takeCheck(_ labels: LabelSet, isGood: Bool) {
    guard let member = labels["instance"] else { return }
    let job = labels["job"] ?? ""
    let before = found.memberChecks[member]?[job] ?? true
    found.memberChecks[member, default: [:]][job] = before && isGood
  }

  private mutating func takeGuestState(_ labels: LabelSet, _ value: Double) {
    isListed = true
    guard value == 1 else { return }
    ofGuest(labels["id"]) { guest in
      guest.state = labels["state"].flatMap(FoundGuest.State.init) ?? .unknown
      guest.name = labels["name"]
      guest.node = labels["node"]
    }
  }

  private mutating func takeGuestInfo(_ labels: LabelSet) {
    ofGuest(labels["id"]) { guest in
      if let name = labels["name"] { guest.name = name }
      if let node = labels["node"] { guest.node = node }
      guest.isTemplate = labels["template"] == "1"
      if let tags = labels["tags"] {
        let separators: Set<UInt8> = [
          UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: " "),
        ]
        guest.tags = tags.utf8.split { separators.contains($0) }.map { String(Substring($0)) }
          .sorted()
      }
    }
  }

  /// What the node itself says overrules the cluster's rows, which are up to ten seconds old; while
  /// a guest moves, two nodes may list it, and the one that runs it is right.
  private mutating func takeLiveState(_ labels: LabelSet, _ value: Double) {
    guard value == 1, let state = labels["state"].flatMap(FoundGuest.State.init),
      case .guest(let kind, let number)? = labels["id"].flatMap(ResourceID.init)
    else { return }
    guard state == .running || !liveRunning.contains(number) else { return }
    found.guests[number, default: FoundGuest(number, kind: kind)].state = state
    guard state == .running else { return }
    liveRunning.insert(number)
    let asked = labels["node"] ?? (labels["job"] == "pve_node" ? labels["instance"] : nil)
    if let asked { found.guests[number]?.node = asked }
  }

  private mutating func takeFigure(
    _ labels: LabelSet,
    _ value: Double,
    _ node: WritableKeyPath<FoundNode, Double?>,
    _ guest: WritableKeyPath<FoundGuest, Double?>
  ) {
    switch labels["id"].flatMap(ResourceID.init) {
    case .node(let name)?: ofNode(name) { $0[keyPath: node] = value }
    case .guest(let kind, let number)?:
      found.guests[number, default: FoundGuest(number, kind: kind)][keyPath: guest] = value
    default: return
    }
  }

  private mutating func takeHAState(_ labels: LabelSet, _ value: Double) {
    guard value == 1 else { return }
    switch labels["id"].flatMap(ResourceID.init) {
    case .node(let name)?: ofNode(name) { $0.haState = labels["state"] }
    case .guest(let kind, let number)?:
      found.guests[number, default: FoundGuest(number, kind: kind)].isManaged = true
    default: return
    }
  }

  private mutating func ofNode(_ name: String?, _ change: (inout FoundNode) -> Void) {
    guard let name else { return }
    change(&found.nodes[name, default: FoundNode(name)])
  }

  private mutating func ofReplication(
    _ id: String?,
    _ change: (inout FoundReplication) -> Void
  ) {
    guard let id else { return }
    change(&found.replications[id, default: FoundReplication(id: id)])
  }

  private mutating func ofGuest(_ id: String?, _ change: (inout FoundGuest) -> Void) {
    guard case .guest(let kind, let number)? = id.flatMap(ResourceID.init) else { return }
    change(&found.guests[number, default: FoundGuest(number, kind: kind)])
  }
}
