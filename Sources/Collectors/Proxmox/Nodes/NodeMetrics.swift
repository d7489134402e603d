// SPDX-License-Identifier: MIT
import MetricModel

/// What a node that is asked itself gives besides its sign of life, which is `up`.
enum NodeMetrics {
  static let guestLiveState = ClusterMetrics.gauge(
    "hvsmon_pve_guest_live_state",
    ["id", "name", "state"],
    "1 for the guest's state as its node sees it now: running, stopped, other; there only for a "
      + "while after something failed that stands on the node."
  )

  static let guestLiveLock = ClusterMetrics.gauge(
    "hvsmon_pve_guest_live_lock",
    ["id", "name", "state"],
    "1 for the lock that a guest holds as its node sees it now; there as long as "
      + "hvsmon_pve_guest_live_state is."
  )

  static let all = [guestLiveState, guestLiveLock]
}
