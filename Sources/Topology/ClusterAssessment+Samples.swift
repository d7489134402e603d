// SPDX-License-Identifier: MIT
import Architecture
package import MetricModel

extension ClusterAssessment {
  /// The assessment as series; no two have the same labels, and the order is always the same.
  package var samples: [CollectedSample] {
    nodeSamples + guestSamples + memberSamples + tierSamples + entrySamples
  }

  private var nodeSamples: [CollectedSample] {
    let ups = graph.nodes.compactMap { name in
      sample(TopologyMetrics.nodeUp, state(of: .node(name)), ["node": name])
    }
    let losses = nodeLosses.compactMap { node, loss in
      sample(TopologyMetrics.nodeLossSurvivable, loss.survives, ["node": node])
    }
    return ups + losses
  }

  private var guestSamples: [CollectedSample] {
    graph.guests.compactMap { number in
      guard let guest = observed.guests[number] else { return nil }
      var labels = ["id": guest.resourceID]
      labels["name"] = guest.name
      labels["node"] = graph.nodeByGuest[number]
      return sample(TopologyMetrics.guestUp, state(of: .guest(number)), labels)
    }
  }

  private var memberSamples: [CollectedSample] {
    graph.places.indices.compactMap { index in
      let place = graph.places[index]
      var labels = ["tier": declared.tiers[place.tier].name, "instance": place.member.name]
      labels["node"] = place.node
      return sample(TopologyMetrics.memberWorking, memberStates[index], labels)
    }
  }

  private var tierSamples: [CollectedSample] {
    var samples = tiers.flatMap { tier -> [CollectedSample] in
      let name = ["tier": tier.name]
      let counts = [
        ("declared", tier.declared), ("working", tier.working), ("failed", tier.failed),
        ("unknown", tier.unknown),
      ].map { state, count in
        CollectedSample(
          TopologyMetrics.tierMembers,
          Double(count),
          ["tier": tier.name, "state": state]
        )
      }
      let states = TierStanding.State.allCases.map { state in
        CollectedSample(
          TopologyMetrics.tierState,
          state == tier.state ? 1 : 0,
          ["tier": tier.name, "state": state.rawValue]
        )
      }
      return counts + states + [
        CollectedSample(TopologyMetrics.tierMembersNeeded, Double(tier.needed), name),
        CollectedSample(
          TopologyMetrics.tierFailuresTolerated,
          Double(tier.failuresTolerated),
          name
        ),
      ]
    }
    for (tier, places) in zip(declared.tiers, graph.placesByTier) {
      let most = crowd(places)
      guard most > 0 else { continue }
      samples.append(
        CollectedSample(TopologyMetrics.tierMembersOnNodeMax, Double(most), ["tier": tier.name])
      )
    }
    return samples
  }

  /// The most of these places that are on one node.
  private func crowd(_ places: Range<Int>) -> Int {
    var counts: [String: Int] = [:]
    for index in places {
      if let node = graph.places[index].node { counts[node, default: 0] += 1 }
    }
    return counts.values.max() ?? 0
  }

  private var entrySamples: [CollectedSample] {
    let entries = declared.entries.compactMap { entry in
      sample(TopologyMetrics.entryWorking, state(of: .entry(entry.name)), ["entry": entry.name])
    }
    let whole = failuresTolerated.map {
      CollectedSample(TopologyMetrics.clusterFailuresTolerated, Double($0))
    }
    return entries + (whole.map { [$0] } ?? [])
  }

  /// 1 or 0; no sample while it is unknown.
  private func sample(
    _ definition: MetricDefinition,
    _ state: ComponentState,
    _ labels: [String: String]
  ) -> CollectedSample? {
    guard state != .unknown else { return nil }
    return CollectedSample(definition, state == .working ? 1 : 0, labels)
  }
}
