// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Notifying
import Rules
import Topology

/// A large cluster of which a part has failed, with thousands of alerts about it.
struct TopologyLoad {
  private static let nodes = 32
  private static let membersPerTier = 330
  private static let tiers = ["lb", "app", "db"]
  private static let start = Timestamp(unixSeconds: 1_700_000_000)

  let knowledge: ClusterKnowledge
  let alerts: [Alert]

  /// - Parameter count: How many alerts fire.
  init(alerts count: Int) {
    let members = Self.tiers.enumerated().map { index, tier in
      (0..<Self.membersPerTier).map { number in
        DeclaredMember(
          name: "\(tier)\(number)",
          address: "a",
          guest: 1_000 * (index + 1) + number,
          node: "n\(number % Self.nodes)"
        )
      }
    }
    let declared = Self.declared(members)
    let observed = Self.observed(members)
    let graph = ClusterAssessment(
      declared: declared,
      observed: observed,
      previous: nil,
      now: Self.start
    )
    knowledge = ClusterKnowledge(graph: graph, hasAnswered: { _, _ in true })
    let all = Array(members.joined().enumerated())
    var alerts = (0..<4).map { number in
      Self.alert(["alertname": "NodeDown", "node": "n\(number)", "fault": "down"])
    }
    while alerts.count < count {
      let (index, member) = all[alerts.count % all.count]
      let tier = Self.tiers[index / Self.membersPerTier]
      let kind = alerts.count / all.count
      var labels = ["alertname": "Kind\(kind)", "instance": member.name, "tier": tier]
      if kind % 3 == 0 { labels["fault"] = "down" }
      if kind % 3 == 1 { labels["member"] = member.name }
      if kind % 3 == 2 { labels = ["alertname": "Kind\(kind)", "guest": "\(member.guest ?? 0)"] }
      alerts.append(Self.alert(labels))
    }
    self.alerts = alerts
  }

  private static func declared(_ members: [[DeclaredMember]]) -> DeclaredCluster {
    DeclaredCluster(
      name: "c",
      nodes: (0..<Self.nodes).map { DeclaredNode(name: "n\($0)", address: "a") },
      tiers: Self.tiers.enumerated().map { index, tier in
        DeclaredTier(
          name: tier,
          needs: .members(1),
          members: members[index],
          dependsOn: index + 1 < Self.tiers.count ? [Self.tiers[index + 1]] : []
        )
      },
      entries: [
        DeclaredEntry(name: "site", url: "http://a", expectedStatuses: [200], tiers: Self.tiers)
      ]
    )
  }

  /// Four nodes are down, with all that runs on them.
  private static func observed(_ members: [[DeclaredMember]]) -> ClusterObservation {
    ClusterObservation(
      nodes: (0..<Self.nodes).map { number in
        var node = FoundNode("n\(number)")
        (node.membership, node.apiAnswers) = number < 4 ? (.offline, false) : (.online, true)
        return node
      },
      guests: members.joined().map { member in
        FoundGuest(
          member.guest ?? 0,
          name: member.name,
          node: member.node ?? "",
          state: isLost(member) ? .unknown : .running
        )
      },
      memberChecks: Dictionary(
        uniqueKeysWithValues: members.joined().map { member in
          (member.name, ["http": !isLost(member)])
        }
      ),
      quorum: FoundQuorum(isQuorate: true, votesNeeded: 17, votesPresent: 28)
    )
  }

  private static func isLost(_ member: DeclaredMember) -> Bool {
    ["n0", "n1", "n2", "n3"].contains(member.node)
  }

  private static func alert(_ labels: [String: String]) -> Alert {
    Alert(
      labels: LabelSet(labels.merging(["severity": "warning", "cluster": "c"]) { own, _ in own }),
      annotations: [Label("summary", "it is so")],
      startsAt: start
    )
  }
}
