// SPDX-License-Identifier: MIT
import Snapshot

@testable import TopView

extension Scene {
  /// The reference cluster while all is well.
  static var healthy: ClusterSnapshot {
    var snapshot = snapshot
    let well = Condition(.ok, .working, since: ago(86_400), ageSeconds: 2)
    snapshot.verdict?.level = .ok
    snapshot.verdict?.words = "All good: site works"
    snapshot.verdict?.situation =
      "The floating IP is on nginx1; rs0 has a primary (mongo1)."
    snapshot.alertCounts = AlertCounts()
    snapshot.freshness?.failing = 0
    snapshot.quorum?.votesPresent = 3
    snapshot.quorum?.votesSpare = 1
    for index in snapshot.tiers.indices {
      snapshot.tiers[index].condition = well
      snapshot.tiers[index].working = 3
      snapshot.tiers[index].failed = 0
      snapshot.tiers[index].failuresTolerated += 1
    }
    for index in 0..<3 { snapshot.nodes[index] = node(1) }
    for index in 0..<3 { snapshot.nodes[index].name = "pve\(index + 1)" }
    for index in snapshot.guests.indices where snapshot.guests[index].condition != well {
      let name = snapshot.guests[index].name
      var guest = snapshot.guests[index - 1]
      (guest.id, guest.name, guest.member, guest.node) = (
        "lxc/\(100 + index)", name, name, "pve2"
      )
      snapshot.guests[index] = guest
    }
    for index in snapshot.loadBalancers.indices {
      snapshot.loadBalancers[index].condition = well
      snapshot.loadBalancers[index].vrrpState = index == 0 ? "MASTER" : "BACKUP"
    }
    for index in snapshot.apps.indices { snapshot.apps[index].condition = well }
    for index in snapshot.databases.indices {
      snapshot.databases[index].condition = well
      snapshot.databases[index].role = index == 0 ? "PRIMARY" : "SECONDARY"
      snapshot.databases[index].lagSeconds = 0
    }
    for index in snapshot.backups.indices {
      snapshot.backups[index].level = .ok
      snapshot.backups[index].note = nil
    }
    snapshot.alerts = []
    snapshot.changes = []
    return snapshot
  }

  /// Two load balancers have the floating IP at the same time.
  static var splitBrain: ClusterSnapshot {
    var snapshot = healthy
    snapshot.verdict?.level = .critical
    snapshot.verdict?.words = "Site works. Both nginx1 and nginx2 are master"
    snapshot.floatingAddresses[0].holders = ["nginx1", "nginx2"]
    snapshot.floatingAddresses[0].verdict = "two"
    snapshot.floatingAddresses[0].condition = Condition(
      .critical,
      .failed,
      note: "more than one member has it"
    )
    snapshot.tiers[0].condition.level = .critical
    snapshot.loadBalancers[1].vrrpState = "MASTER"
    snapshot.loadBalancers[1].hasFloatingAddress = true
    snapshot.alertCounts?.critical = 1
    snapshot.alerts = [
      alert("TwoMasters", .critical, "tier load-balancer", "Both nginx1 and nginx2 are master.")
    ]
    return snapshot
  }

  /// The replica set has no primary for the moment.
  static var election: ClusterSnapshot {
    var snapshot = healthy
    snapshot.verdict?.level = .critical
    snapshot.verdict?.words = "Tier database is down"
    snapshot.verdict?.situation = "rs0 has no primary: nothing can be written."
    snapshot.tiers[2].condition = Condition(.critical, .failed, since: ago(4))
    (snapshot.tiers[2].primary, snapshot.tiers[2].primaries) = (nil, 0)
    for index in snapshot.databases.indices { snapshot.databases[index].role = "SECONDARY" }
    snapshot.alertCounts?.critical = 1
    snapshot.alerts = [alert("NoPrimary", .critical, "tier database", "rs0 has no primary.")]
    return snapshot
  }

  private static func alert(
    _ name: String,
    _ level: Level,
    _ object: String,
    _ summary: String
  ) -> AlertRow {
    var row = AlertRow()
    (row.name, row.level, row.severity) = (name, level, "page")
    (row.object, row.since, row.standing, row.summary) = (object, ago(4), "own", summary)
    row.labels = ["alertname=\(name)"]
    return row
  }
}
