// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Topology

/// Live series of a test, changed line by line.
struct LiveSeries {
  private(set) var byMetric: [String: [LabelSet: Double]] = [:]
  private var guests: Set<Int> = []

  /// Sets the value of a series.
  mutating func set(_ metric: String, _ labels: [String: String] = [:], _ value: Double = 1) {
    byMetric[metric, default: [:]][LabelSet(metric: metric, labels)] = value
  }

  /// Ends every series of a metric whose labels hold all of these.
  mutating func end(_ metric: String, where labels: [String: String] = [:]) {
    byMetric[metric] = byMetric[metric]?.filter { series in
      !labels.allSatisfy { series.key[$0.key] == $0.value }
    }
  }

  var observation: ClusterObservation {
    ClusterObservation { name in
      (byMetric[name] ?? [:]).map { (labels: $0.key, value: $0.value) }
    }
  }
}

/// The reference cluster: three nodes with three load balancers, three databases, three apps.
enum ReferenceCluster {
  static let nodes = ["CoolerHostname", "CoolerHostname2", "CoolerHostname3"]
  static let members = [
    "nginx1", "nginx2", "nginx3", "mongo1", "mongo2", "mongo3", "webapp1", "webapp2", "webapp3",
  ]

  static let declared = DeclaredCluster(
    name: "hvs",
    nodes: nodes.map { DeclaredNode(name: $0, address: "127.0.30.11") },
    tiers: [
      tier("load-balancer", .members(1), ["nginx1", "nginx2", "nginx3"], firstGuest: 100),
      tier(
        "app",
        .members(1),
        ["webapp1", "webapp2", "webapp3"],
        firstGuest: 106,
        dependsOn: ["database"]
      ),
      tier("database", .majority, ["mongo1", "mongo2", "mongo3"], firstGuest: 103),
    ],
    entries: [
      DeclaredEntry(
        name: "site",
        url: "http://127.0.30.200/",
        expectedStatuses: [200],
        tiers: ["load-balancer", "app", "database"]
      )
    ]
  )

  /// Everything works.
  static var live: LiveSeries {
    var live = LiveSeries()
    for node in nodes {
      live.setNode(node, "online")
      live.set("up", ["job": "pve_node", "instance": node])
      live.set("pve_memory_size_bytes", ["id": "node/\(node)"], 32 * 1_073_741_824)
      live.set("hvsmon_pve_node_votes", ["node": node])
    }
    for (index, name) in members.enumerated() {
      let node = nodes[index % 3]
      live.setGuest(100 + index, name, on: node, "running")
      let tier = index < 3 ? "load-balancer" : index < 6 ? "database" : "app"
      live.setCheck(name, tier: tier, job: index < 3 ? "nginx" : "http", 1)
    }
    live.set("probe_success", ["job": "http", "instance": "site"])
    live.setVotes(present: 3)
    return live
  }

  /// What an assessment says of these series.
  static func assessment(
    _ live: LiveSeries,
    previous: ClusterAssessment? = nil,
    at seconds: Double = 1_000
  ) -> ClusterAssessment {
    ClusterAssessment(
      declared: declared,
      observed: live.observation,
      previous: previous,
      now: Timestamp(unixSeconds: seconds)
    )
  }

  private static func tier(
    _ name: String,
    _ needs: DeclaredTier.Need,
    _ members: [String],
    firstGuest: Int,
    dependsOn: [String] = []
  ) -> DeclaredTier {
    DeclaredTier(
      name: name,
      needs: needs,
      members: members.enumerated().map { index, member in
        DeclaredMember(
          name: member,
          address: "127.0.30.\(firstGuest + index)",
          guest: firstGuest + index,
          node: nodes[index]
        )
      },
      dependsOn: dependsOn
    )
  }
}

extension LiveSeries {
  mutating func setNode(_ node: String, _ state: String) {
    for known in ["online", "offline", "unknown"] {
      set("hvsmon_pve_node_state", ["node": node, "state": known], known == state ? 1 : 0)
    }
  }

  mutating func setGuest(_ id: Int, _ name: String, on node: String, _ state: String) {
    if !guests.insert(id).inserted {
      end("hvsmon_pve_guest_state", where: ["id": "lxc/\(id)"])
      end("pve_guest_info", where: ["id": "lxc/\(id)"])
    }
    let place = ["id": "lxc/\(id)", "name": name, "node": node]
    for known in ["running", "stopped", "other", "unknown"] {
      set(
        "hvsmon_pve_guest_state",
        place.merging(["state": known]) { first, _ in first },
        known == state ? 1 : 0
      )
    }
    set(
      "pve_guest_info",
      place.merging(["type": "lxc", "template": "0", "tags": "prod;lb"]) { first, _ in first }
    )
    set("pve_memory_size_bytes", ["id": "lxc/\(id)"], 4 * 1_073_741_824)
  }

  mutating func setCheck(_ member: String, tier: String, job: String, _ value: Double) {
    set("up", ["job": job, "tier": tier, "instance": member], value)
  }

  mutating func setVotes(present: Int) {
    let isQuorate = present >= 2
    end("pve_cluster_info")
    set("pve_cluster_info", ["id": "cluster/hvs", "quorate": isQuorate ? "1" : "0"])
    set("hvsmon_pve_quorum_votes_expected", [:], 3)
    set("hvsmon_pve_quorum_votes_needed", [:], 2)
    set("hvsmon_pve_quorum_votes_present", [:], Double(present))
    set("hvsmon_pve_quorum_votes_spare", [:], Double(present - 2))
  }

  /// A node dies, and everybody has noticed.
  mutating func lose(_ node: String) {
    setNode(node, "offline")
    set("up", ["job": "pve_node", "instance": node], 0)
    let left = (byMetric["hvsmon_pve_node_state"] ?? [:]).count {
      $0.key["state"] == "online" && $0.value == 1
    }
    setVotes(present: left)
    for (index, name) in ReferenceCluster.members.enumerated()
    where ReferenceCluster.nodes[index % 3] == node {
      failChecks(of: name)
      setGuest(100 + index, name, on: node, "unknown")
    }
  }

  mutating func failChecks(of member: String) {
    for labels in (byMetric["up"] ?? [:]).keys where labels["instance"] == member {
      byMetric["up"]?[labels] = 0
    }
  }

  mutating func endChecks(of member: String) {
    end("up", where: ["instance": member])
  }
}

extension LiveSeries {
  /// The replica set rs0 over the three databases; the primary is the member of that number, 0 is
  /// none.
  mutating func setReplicaSet(primary: Int, states: [Int: Double] = [:]) {
    let whole = ["job": "mongodb_set", "tier": "database", "instance": "rs0"]
    set("up", whole)
    set("hvsmon_mongodb_set_primaries", whole, primary == 0 ? 0 : 1)
    for number in 1...3 {
      let name = "mongo\(number)"
      let state = states[number] ?? (number == primary ? 1 : 2)
      end("up", where: ["instance": name])
      setCheck(name, tier: "database", job: "mongodb", 1)
      set("mongodb_rs_myState", ["tier": "database", "instance": name], state)
      let member = whole.merging(["member": "\(name):27017"]) { first, _ in first }
      set("hvsmon_mongodb_set_primary", member, number == primary ? 1 : 0)
      set("hvsmon_mongodb_set_member_state", member, state)
      set("hvsmon_mongodb_set_member_answers", member, 1)
    }
  }

  /// A database does not answer any more; the others see it in this state.
  mutating func silenceDatabase(_ number: Int, seenAs state: Double) {
    let name = "mongo\(number)"
    setCheck(name, tier: "database", job: "mongodb", 0)
    end("mongodb_rs_myState", where: ["instance": name])
    let member = ["tier": "database", "instance": "rs0", "member": "\(name):27017"]
      .merging(["job": "mongodb_set"]) { first, _ in first }
    set("hvsmon_mongodb_set_primary", member, 0)
    set("hvsmon_mongodb_set_member_state", member, state)
    set("hvsmon_mongodb_set_member_answers", member, 0)
  }

  /// All witnesses of the floating address agree.
  mutating func setFloatingAddress(_ verdict: String, on numbers: [Int]) {
    let router = ["job": "vrrp", "tier": "load-balancer"]
    for known in ["one", "electing", "none", "two", "not_preferred", "stale", "unknown"] {
      let labels = router.merging(["state": known]) { first, _ in first }
      set("hvsmon_vrrp_verdict", labels, known == verdict ? 1 : 0)
    }
    for number in 1...3 {
      let member = router.merging(["instance": "nginx\(number)"]) { first, _ in first }
      set("hvsmon_vrrp_declared_priority", member, Double(160 - 10 * number))
      for witness in ["advertisements", "proxmox"] {
        let labels = member.merging(["witness": witness]) { first, _ in first }
        set("hvsmon_vrrp_master", labels, numbers.contains(number) ? 1 : 0)
      }
    }
  }
}
