// SPDX-License-Identifier: MIT
import Architecture

extension ClusterAssessment {
  /// The whole assessment as one JSON object; the order is always the same.
  ///
  /// Sizes are in bytes, times in Unix seconds; null is what nobody knows. Edges lead from what
  /// carries to what stands on it.
  package var json: [UInt8] {
    var shape = JSONShape()
    shape.object { shape in
      shape.field("cluster", declared.name)
      shape.field("time_unix_seconds", now)
      shape.field("situation", situationWords())
      shape.field("failures_tolerated", failuresTolerated)
      write(quorum, to: &shape)
      writeNodes(to: &shape)
      writeGuests(to: &shape)
      writeMembers(to: &shape)
      writeTiers(to: &shape)
      writeEntries(to: &shape)
      writeEdges(to: &shape)
      writeDeviations(to: &shape)
    }
    return shape.bytes
  }

  private func write(_ quorum: QuorumStanding?, to shape: inout JSONShape) {
    guard let quorum else {
      shape.null("quorum")
      return
    }
    shape.object("quorum") { shape in
      writeStanding(.cluster, to: &shape)
      shape.field("votes_needed", quorum.votesNeeded)
      shape.field("votes_present", quorum.votesPresent)
      shape.field("votes_spare", quorum.votesSpare)
    }
  }

  private func writeStanding(_ component: Component, to shape: inout JSONShape) {
    shape.field("state", state(of: component).rawValue)
    if let since = standings[component]?.since {
      shape.field("since_unix_seconds", since)
    } else {
      shape.null("since_unix_seconds")
    }
    shape.field("note", standings[component]?.note)
  }

  private func writeNodes(to shape: inout JSONShape) {
    let losses = Dictionary(uniqueKeysWithValues: nodeLosses.map { ($0.node, $0.loss) })
    let capacities = Dictionary(uniqueKeysWithValues: capacities.map { ($0.node, $0) })
    let meant = Set(declared.nodes.map(\.name))
    shape.list("nodes") { shape in
      for name in graph.nodes {
        let node = observed.nodes[name]
        shape.object { shape in
          shape.field("name", name)
          shape.field("declared", meant.contains(name))
          writeStanding(.node(name), to: &shape)
          shape.field("evidence", evidence(of: .node(name)))
          shape.field("membership", node?.membership?.rawValue)
          shape.field("api_answers", node?.apiAnswers)
          shape.field("cpus", node?.cpus)
          shape.field("memory_size_bytes", node?.memorySize)
          shape.field("memory_used_bytes", node?.memoryUsed)
          shape.field("votes", node?.votes)
          write(losses[name], of: .node(name), to: &shape)
          write(capacities[name], to: &shape)
        }
      }
    }
  }

  private func write(_ loss: Loss?, of component: Component, to shape: inout JSONShape) {
    guard let loss else {
      shape.null("loss")
      return
    }
    shape.object("loss") { shape in
      shape.field("survives", loss.survives.rawValue)
      shape.field("words", lossWords(of: component))
      shape.field("members", loss.members)
      shape.field("tiers_lost", loss.tiersLost)
      shape.field("entries_lost", loss.entriesLost)
      shape.field("quorum", loss.quorum?.state.rawValue)
      shape.field("failures_tolerated", loss.failuresTolerated)
    }
  }

  private func write(_ capacity: NodeCapacity?, to shape: inout JSONShape) {
    guard let capacity else {
      shape.null("capacity")
      return
    }
    shape.object("capacity") { shape in
      shape.field("guests", capacity.guests.count)
      shape.field("assigned_fits_elsewhere", capacity.assignedFits)
      shape.field("used_fits_elsewhere", capacity.usedFits)
      shape.field("homeless", capacity.homeless)
      shape.field("words", capacityWords(capacity))
    }
  }

  private func writeGuests(to shape: inout JSONShape) {
    shape.list("guests") { shape in
      for number in graph.guests {
        let guest = observed.guests[number]
        shape.object { shape in
          shape.field("guest", number)
          shape.field("id", guest?.resourceID)
          shape.field("name", guest?.name)
          shape.field("node", graph.nodeByGuest[number])
          writeStanding(.guest(number), to: &shape)
          shape.field("found_state", guest?.state.rawValue)
          shape.field("memory_assigned_bytes", guest?.memoryAssigned)
          shape.field("memory_used_bytes", guest?.memoryUsed)
          shape.field("cpus", guest?.cpus)
          shape.field("lock", guest?.lock)
          shape.field("ha_managed", guest?.isManaged)
          shape.field("starts_with_node", guest?.startsWithNode)
          shape.field("tags", guest?.tags ?? [])
        }
      }
    }
  }

  private func writeMembers(to shape: inout JSONShape) {
    shape.list("members") { shape in
      for place in graph.places {
        shape.object { shape in
          shape.field("name", place.member.name)
          shape.field("tier", declared.tiers[place.tier].name)
          shape.field("guest", place.member.guest)
          shape.field("node", place.node)
          shape.field("declared_node", place.member.node)
          writeStanding(.member(place.member.name), to: &shape)
          write(rolesOf: place.member.name, tier: declared.tiers[place.tier].name, to: &shape)
        }
      }
    }
  }

  private func writeTiers(to shape: inout JSONShape) {
    shape.list("tiers") { shape in
      for (index, tier) in tiers.enumerated() {
        shape.object { shape in
          shape.field("name", tier.name)
          shape.field("tier_state", tier.state.rawValue)
          writeStanding(.tier(tier.name), to: &shape)
          shape.field("cause", tier.cause)
          shape.field("declared", tier.declared)
          shape.field("working", tier.working)
          shape.field("failed", tier.failed)
          shape.field("unknown", tier.unknown)
          shape.field("needed", tier.needed)
          shape.field("failures_tolerated", tier.failuresTolerated)
          shape.field("members_on_node_max", crowd(ofTier: index))
          shape.field("depends_on", declared.tiers[index].dependsOn)
          write(tier.replicaSet, of: tier.name, to: &shape)
          write(floatingAddress(of: tier.name), to: &shape)
        }
      }
    }
  }

  private func writeEntries(to shape: inout JSONShape) {
    shape.list("entries") { shape in
      for entry in declared.entries {
        shape.object { shape in
          shape.field("name", entry.name)
          writeStanding(.entry(entry.name), to: &shape)
          shape.field("probe", observed.entryProbes[entry.name])
          shape.field("tiers", entry.tiers)
        }
      }
    }
  }

  private func writeEdges(to shape: inout JSONShape) {
    func edge(_ from: String, _ to: String, _ shape: inout JSONShape) {
      shape.object { shape in
        shape.field("from", from)
        shape.field("to", to)
      }
    }
    shape.list("edges") { shape in
      for number in graph.guests {
        guard let node = graph.nodeByGuest[number] else { continue }
        edge("node/\(node)", "guest/\(number)", &shape)
      }
      for place in graph.places {
        let member = "member/\(place.member.name)"
        if let guest = place.member.guest {
          edge("guest/\(guest)", member, &shape)
        } else if let node = place.node {
          edge("node/\(node)", member, &shape)
        }
        edge(member, "tier/\(declared.tiers[place.tier].name)", &shape)
      }
      for tier in declared.tiers {
        for other in tier.dependsOn { edge("tier/\(other)", "tier/\(tier.name)", &shape) }
      }
      for entry in declared.entries {
        for tier in entry.tiers { edge("tier/\(tier)", "entry/\(entry.name)", &shape) }
      }
    }
  }

  private func writeDeviations(to shape: inout JSONShape) {
    shape.list("deviations") { shape in
      for deviation in deviations {
        shape.object { shape in
          shape.field("component", deviation.component)
          shape.field("name", deviation.name)
          shape.field("aspect", deviation.aspect)
          shape.field("expected", deviation.expected)
          shape.field("found", deviation.found)
        }
      }
    }
  }
}

extension ClusterAssessment {
  /// What was asked for and what came out, as one JSON object.
  package func json(of verdict: StopVerdict) -> [UInt8] {
    var shape = JSONShape()
    shape.object { shape in
      shape.field("component", words(for: verdict.component))
      shape.field("safe_to_stop", verdict.answer.rawValue)
      shape.field("time_unix_seconds", now)
      shape.field("situation", situationWords())
      let isKnown = standings[verdict.component] != nil
      write(isKnown ? loss(of: [verdict.component]) : nil, of: verdict.component, to: &shape)
      shape.list("reasons") { shape in
        for reason in verdict.reasons {
          shape.object { shape in
            shape.field("weight", reason.weight.rawValue)
            shape.field("text", reason.text)
          }
        }
      }
    }
    return shape.bytes
  }
}
