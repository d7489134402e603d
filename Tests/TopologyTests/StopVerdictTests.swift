// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

@Suite struct StopVerdictTests {
  typealias Reference = ReferenceCluster
  private let second = Reference.nodes[1]

  private func verdict(_ live: LiveSeries, _ component: Component) -> StopVerdict {
    Reference.assessment(live).verdict(stopping: component)
  }

  private func objections(_ verdict: StopVerdict) -> [String] {
    verdict.reasons.filter { $0.weight == .objection }.map(\.text)
  }

  @Test func `any node of a whole cluster may be stopped`() {
    for node in Reference.nodes {
      let verdict = verdict(Reference.live, .node(node))
      #expect(verdict.answer == .yes)
      #expect(
        verdict.reasons.map(\.text) == [
          "load-balancer goes on: 2 of 3 members left, 1 needed",
          "app goes on: 2 of 3 members left, 1 needed",
          "database goes on: 2 of 3 members left, 2 needed",
          "the quorum stays: 2 of 2 needed votes left",
        ]
      )
    }
  }

  @Test func `with one node down no other may be stopped`() {
    var live = Reference.live
    live.lose(Reference.nodes[0])
    let verdict = verdict(live, .node(second))
    #expect(verdict.answer == .no)
    #expect(
      objections(verdict) == [
        "app would stop: it depends on database",
        "database would stop: 1 of 3 members left, 2 needed",
        "the site would not work",
        "the cluster would lose its quorum: 1 of 2 needed votes left",
      ]
    )
  }

  @Test func `what does not work already may be stopped`() {
    var live = Reference.live
    live.lose(second)
    #expect(verdict(live, .node(second)).answer == .yes)
    #expect(
      verdict(live, .node(second)).reasons.map(\.text)
        == ["node CoolerHostname2 does not work already"]
    )
  }

  @Test func `a guest may be stopped while its tier has one to spare`() {
    var live = Reference.live
    #expect(verdict(live, .guest(103)).answer == .yes)
    live.failChecks(of: "mongo2")
    #expect(verdict(live, .guest(103)).answer == .no)
    // The member that fails already is no loss.
    #expect(verdict(live, .guest(104)).answer == .yes)
    #expect(verdict(live, .guest(100)).answer == .yes)
    #expect(
      verdict(live, .guest(100)).reasons.map(\.text).contains(
        "database is degraded already: 2 of 3 members left, 2 needed"
      )
    )
  }

  @Test func `members that nobody checks are named when the tier must rest on them`() {
    var live = Reference.live
    live.endChecks(of: "mongo1")
    live.endChecks(of: "mongo3")
    let resting = verdict(live, .guest(104))
    #expect(resting.answer == .yes)
    #expect(
      resting.reasons.last?.text
        == "mongo1 and mongo3 of database are not checked, only seen to run"
    )
    #expect(
      verdict(live, .guest(103)).reasons.last?.text
        == "mongo3 of database is not checked, only seen to run"
    )
    #expect(verdict(live, .guest(100)).reasons.count == 1)
  }

  @Test func `a running backup, a lock or a migration forbids it`() {
    var live = Reference.live
    live.set("hvsmon_pve_tasks_running", ["node": second, "type": "vzdump"], 1)
    live.set("hvsmon_pve_tasks_running", ["node": second, "type": "vncshell"], 1)
    live.set("hvsmon_pve_tasks_running", ["node": second, "type": "qmigrate"], 2)
    live.set("pve_lock_state", ["id": "lxc/104", "state": "backup"])
    #expect(
      objections(verdict(live, .node(second))) == [
        "a backup (vzdump) runs on CoolerHostname2",
        "a task qmigrate runs on CoolerHostname2",
        "guest mongo2 (104) is locked: backup",
      ]
    )
    #expect(objections(verdict(live, .guest(104))) == ["guest mongo2 (104) is locked: backup"])
    #expect(verdict(live, .guest(101)).answer == .yes)
    #expect(verdict(live, .node(Reference.nodes[0])).answer == .yes)
  }

  @Test func `tasks and replications that cannot be asked for make it unknown`() {
    func answers(_ labels: [String: String]) -> [StopVerdict.Answer] {
      var live = Reference.live
      let all = labels.merging(["job": "pve", "reason": "forbidden"]) { own, _ in own }
      live.set("hvsmon_collector_partial", all)
      return [Component.node(second), .guest(104), .node(Reference.nodes[0])].map {
        verdict(live, $0).answer
      }
    }
    #expect(answers(["part": "tasks"]) == [.unknown, .yes, .unknown])
    #expect(answers(["part": "cluster"]) == [.unknown, .yes, .unknown])
    #expect(answers(["part": "replication", "node": second]) == [.unknown, .unknown, .yes])
    #expect(answers(["part": "disks", "node": second]) == [.yes, .yes, .yes])
    #expect(answers(["part": "tasks", "job": "other"]) == [.yes, .yes, .yes])
  }

  @Test func `a replication that failed, never ran or is late forbids it`() {
    var live = Reference.live
    let info = ["id": "104-0", "guest": "lxc/104", "source": "node/\(second)", "target": "node/x"]
    live.set("pve_replication_info", info)
    live.set("pve_replication_last_sync_timestamp_seconds", ["id": "104-0"], 500)
    live.set("pve_replication_next_sync_timestamp_seconds", ["id": "104-0"], 1_400)
    live.set("pve_replication_failed_syncs", ["id": "104-0"], 0)
    func told(at seconds: Double) -> [String] {
      objections(Reference.assessment(live, at: seconds).verdict(stopping: .guest(104)))
    }
    #expect(told(at: 1_400).isEmpty)
    #expect(told(at: 2_300).isEmpty)
    #expect(
      told(at: 2_600) == ["replication 104-0 of guest mongo2 (104) to x is 20 min late"]
    )
    live.set("pve_replication_failed_syncs", ["id": "104-0"], 3)
    #expect(
      told(at: 1_400) == ["replication 104-0 of guest mongo2 (104) to x failed 3 times"]
    )
    live.set("pve_replication_failed_syncs", ["id": "104-0"], 0)
    live.set("pve_replication_last_sync_timestamp_seconds", ["id": "104-0"], 0)
    #expect(told(at: 1_400).first?.hasSuffix("has never been done") == true)
    #expect(verdict(live, .guest(105)).answer == .yes)
  }

  @Test func `guests under HA are a remark`() {
    var live = Reference.live
    live.set("hvsmon_pve_ha_service_info", ["sid": "ct:104", "node": second, "state": "started"])
    let node = verdict(live, .node(second))
    #expect(node.answer == .yes)
    #expect(node.reasons.last?.text == "HA would move mongo2")
    #expect(
      verdict(live, .guest(104)).reasons.last?.text
        == "it is under HA: stop it through HA, or HA starts it again"
    )
  }

  @Test func `what is unknown makes the answer unknown`() {
    #expect(verdict(LiveSeries(), .node(second)).answer == .unknown)
    #expect(verdict(Reference.live, .node("nowhere")).answer == .unknown)
    #expect(verdict(Reference.live, .guest(999)).answer == .unknown)
    #expect(verdict(Reference.live, .cluster).answer == .unknown)
    var live = Reference.live
    live.endChecks(of: "mongo1")
    live.end("hvsmon_pve_guest_state", where: ["id": "lxc/103"])
    let blind = verdict(live, .guest(104))
    #expect(blind.answer == .unknown)
    #expect(
      blind.reasons.first?.text == "whether app would work is unknown: it depends on database"
    )
    live = Reference.live
    live.end("hvsmon_pve_quorum_votes_present")
    #expect(verdict(live, .node(second)).answer == .unknown)
    #expect(verdict(live, .guest(104)).answer == .yes)
  }

  @Test func `a site that is down already forbids it`() {
    var live = Reference.live
    live.set("probe_success", ["job": "http", "instance": "site"], 0)
    let verdict = verdict(live, .guest(100))
    #expect(verdict.answer == .no)
    #expect(objections(verdict) == ["the site does not work already"])
  }

  @Test func `a component is found by any of its names`() {
    var live = Reference.live
    live.setGuest(200, "twin", on: second, "running")
    live.setGuest(201, "twin", on: second, "running")
    let found = Reference.assessment(live)
    #expect(found.components(named: second) == [.node(second)])
    #expect(found.components(named: "mongo1") == [.guest(103)])
    #expect(found.components(named: "103") == [.guest(103)])
    #expect(found.components(named: "lxc/103") == [.guest(103)])
    #expect(found.components(named: "twin") == [.guest(200), .guest(201)])
    #expect(found.components(named: "999").isEmpty)
    #expect(found.components(named: "nobody").isEmpty)
    #expect(found.components(named: "").isEmpty)
  }
}
