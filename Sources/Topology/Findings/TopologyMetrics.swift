// SPDX-License-Identifier: MIT
package import MetricModel

/// What an assessment gives as series.
package enum TopologyMetrics {
  static let cutOff = gauge(
    "hvsmon_cut_off",
    ["component"],
    "1 when nothing that is watched answers, on several nodes: hvsmon is cut off, or everything is "
      + "down."
  )
  static let nodeUp = gauge(
    "hvsmon_node_up",
    ["node"],
    "1 when the node works, 0 when the cluster lost it, or neither its API nor anything watched on "
      + "it answers; absent while that is unknown."
  )
  static let guestUp = gauge(
    "hvsmon_guest_up",
    ["id", "name", "node", "member"],
    "1 when the guest runs, 0 when it is stopped or its node is down; absent while that is unknown. "
      + "member names the declared member that works in it."
  )
  static let memberWorking = gauge(
    "hvsmon_member_working",
    ["tier", "instance", "node"],
    "1 when the declared member works, 0 when a check of it fails, its guest is stopped or its node "
      + "is down; absent while that is unknown; node is where it runs now."
  )
  static let tierMembers = gauge(
    "hvsmon_tier_members",
    ["tier", "state"],
    "Members of the tier: declared, and of these working, failed, unknown."
  )
  static let tierMembersNeeded = gauge(
    "hvsmon_tier_members_needed",
    ["tier"],
    "Members that must work for the tier to work."
  )
  static let tierFailuresTolerated = gauge(
    "hvsmon_tier_failures_tolerated",
    ["tier"],
    "How many more members of the tier may fail; negative when too few work. Members of which "
      + "nothing is known do not count as working."
  )
  static let tierState = gauge(
    "hvsmon_tier_state",
    ["tier", "state"],
    "1 for the tier's state: working, degraded (works with fewer members than declared), failed "
      + "(too few, or a tier it depends on failed), unknown."
  )
  static let tierMembersOnNodeMax = gauge(
    "hvsmon_tier_members_on_node_max",
    ["tier"],
    "The most members of the tier that are on one node now; above 1 the loss of that node takes "
      + "several."
  )
  static let entryWorking = gauge(
    "hvsmon_entry_working",
    ["entry"],
    "1 when users reach the entry, by its probe or else by its tiers; absent while that is unknown."
  )
  static let clusterFailuresTolerated = gauge(
    "hvsmon_cluster_failures_tolerated",
    [],
    "How many more members of the tier that bears least may fail; negative when a tier is down."
  )
  static let nodeLossSurvivable = gauge(
    "hvsmon_node_loss_survivable",
    ["node"],
    "1 when all tiers, the quorum and all entries would work without the node, else 0; absent while "
      + "that is unknown and for a node that is down."
  )
  static let guestsFitElsewhere = gauge(
    "hvsmon_node_guests_fit_elsewhere",
    ["node"],
    "1 when the memory assigned to the node's running guests fits on the other nodes that work, 1 "
      + "GiB of each left free, else 0; absent while that is unknown and for a node that is down."
  )
  static let guestUseFitsElsewhere = gauge(
    "hvsmon_node_guest_use_fits_elsewhere",
    ["node"],
    "As hvsmon_node_guests_fit_elsewhere, for the memory that guests and nodes use now."
  )
  /// Collectors tell by it where what they found is not what is declared.
  package static let deviation = gauge(
    "hvsmon_deviation",
    ["component", "name", "aspect", "expected", "found"],
    "1 for each point in which what was found is not what is declared; absent where they agree."
  )

  /// All of them.
  package static let all = [
    cutOff, nodeUp, guestUp, memberWorking, tierMembers, tierMembersNeeded, tierFailuresTolerated,
    tierState,
    tierMembersOnNodeMax, entryWorking, clusterFailuresTolerated, nodeLossSurvivable,
    guestsFitElsewhere, guestUseFitsElsewhere, deviation,
  ]

  private static func gauge(
    _ name: String,
    _ labels: Set<String>,
    _ help: String
  ) -> MetricDefinition {
    MetricDefinition(name, .gauge, labels: labels, help: help)
  }
}
