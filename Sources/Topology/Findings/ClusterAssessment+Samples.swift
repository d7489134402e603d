// SPDX-License-Identifier: MIT
import Architecture
package import MetricModel

extension ClusterAssessment {
  /// The assessment as series; no two have the same labels, and the order is always the same.
  package var samples: [CollectedSample] {
    monitorSamples + nodeSamples + guestSamples + memberSamples + tierSamples + entrySamples
      + capacitySamples
      + deviationSamples
  }

  private var monitorSamples: [CollectedSample] {
    let labels = ["component": "monitor"]
    return [CollectedSample(TopologyMetrics.cutOff, observed.isCutOff ? 1 : 0, labels)]
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
      labels["member"] = graph.places(on: .guest(number)).first.map { graph.places[$0].member.name }
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
    for (index, tier) in declared.tiers.enumerated() {
      guard let most = crowd(ofTier: index) else { continue }
      samples.append(
        CollectedSample(TopologyMetrics.tierMembersOnNodeMax, Double(most), ["tier": tier.name])
      )
    }
    return samples
  }

  /// The most members of a tier that are on one node; nil when no place is known.
  func crowd(ofTier index: Int) -> Int? {
    var counts: [String: Int] = [:]
    for place in graph.placesByTier[index] {
      if let node = graph.places[place].node { counts[node, default: 0] += 1 }
    }
    return counts.values.max()
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

  private var capacitySamples: [CollectedSample] {
    capacities.flatMap { capacity in
      [
        (TopologyMetrics.guestsFitElsewhere, capacity.assignedFits),
        (TopologyMetrics.guestUseFitsElsewhere, capacity.usedFits),
      ].compactMap { definition, fits in
        fits.map { CollectedSample(definition, $0 ? 1 : 0, ["node": capacity.node]) }
      }
    }
  }

  private var deviationSamples: [CollectedSample] {
    deviations.map { deviation in
      CollectedSample(
        TopologyMetrics.deviation,
        1,
        [
          "component": deviation.component, "name": deviation.name, "aspect": deviation.aspect,
          "expected": deviation.expected, "found": deviation.found,
        ]
      )
    }
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
