// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Notifying
import Rules
import Testing
import Topology

/// What a storage, a quorum or a guest at work explains, over a cluster of three nodes.
@Suite struct PlatformInhibitionTests {
  /// Plans step by step over what is known of the cluster.
  private final class Stage {
    var observed = ClusterObservation(
      nodes: (1...3).map { number in
        var node = FoundNode("n\(number)")
        (node.membership, node.apiAnswers) = (.online, true)
        return node
      },
      guests: (1...3).map { FoundGuest($0, name: "web\($0)", node: "n\($0)", state: .running) },
      memberChecks: Dictionary(uniqueKeysWithValues: (1...3).map { ("web\($0)", ["http": true]) }),
      quorum: FoundQuorum(isQuorate: true, votesNeeded: 2, votesPresent: 3)
    )
    private let declared: DeclaredCluster
    private var assessment: ClusterAssessment?
    private var planner: NotificationPlanner

    init() throws {
      let members = (1...3).map { (number: Int) in
        DeclaredMember(name: "web\(number)", address: "a", guest: number, node: "n\(number)")
      }
      declared = DeclaredCluster(
        name: "c",
        nodes: (1...3).map { DeclaredNode(name: "n\($0)", address: "a") },
        tiers: [DeclaredTier(name: "web", needs: .members(1), members: members)],
        entries: [],
        backups: [
          DeclaredBackup(
            name: "nightly",
            guests: [1, 2, 3],
            schedule: try CalendarEvent(parsing: "daily"),
            storage: "nas"
          )
        ]
      )
      let chat = IntegrationID(receiver: "chat", kind: "test")
      planner = NotificationPlanner(
        settings: settings(try route("chat", by: .labels(["alertname"]), wait: 0), [chat])
      )
    }

    /// The messages of a step, each as the names of its alerts.
    func step(_ alerts: [Alert], at seconds: Double) -> [String] {
      let next = ClusterAssessment(
        declared: declared,
        observed: observed,
        previous: assessment,
        now: time(seconds)
      )
      assessment = next
      let knowledge = ClusterKnowledge(graph: next, hasAnswered: { _, _ in true })
      let plan = planner.step(alerts: alerts, knowledge: knowledge, now: time(seconds))
      return plan.notifications.map { message in
        message.reason.rawValue + " "
          + message.alerts.map { $0.alert.labels["alertname"] ?? "" }.sorted()
          .joined(separator: " ")
      }.sorted()
    }

    func standing(_ alert: Alert) -> AlertStanding? { planner.standings[alert.labels] }
  }

  private func down(_ name: String, _ labels: [String: String], ended: Double? = nil) -> Alert {
    let all = labels.merging(["fault": "down", "severity": "warning"]) { own, _ in own }
    return alert(name, all, endedAt: ended)
  }

  private let failed = alert("BackupFailed", ["backup": "nightly", "severity": "warning"])
  private let tooOld = alert(
    "BackupTooOld",
    ["backup": "nightly", "id": "lxc/2", "name": "web2", "severity": "warning"]
  )
  private let drift = alert(
    "ArchitectureDeviates",
    [
      "component": "member", "name": "web2", "aspect": "node", "expected": "n2", "found": "n1",
      "severity": "info",
    ]
  )

  private func storage(_ node: Int, ended: Double? = nil) -> Alert {
    down("StorageOffline", ["id": "storage/n\(node)/nas"], ended: ended)
  }

  @Test func `backups that fail while their storage is offline are held back by it`() throws {
    let stage = try Stage()
    #expect(stage.step([storage(2), failed, tooOld], at: 0) == ["firing StorageOffline"])
    #expect(stage.standing(failed) == .held(by: storage(2).labels))
    #expect(stage.standing(tooOld) == .held(by: storage(2).labels))
    // The storage is back: three minutes for another run, and then it is told.
    let back = stage.step([storage(2, ended: 100), failed, tooOld], at: 100)
    #expect(back == ["resolved StorageOffline"])
    #expect(stage.step([failed, tooOld], at: 279) == [])
    #expect(
      stage.step([failed, tooOld], at: 280) == ["firing BackupFailed", "firing BackupTooOld"]
    )
  }

  @Test func `a backup that was told before joins the message about its storage`() throws {
    let stage = try Stage()
    #expect(stage.step([failed], at: 0) == ["firing BackupFailed"])
    #expect(stage.step([failed, storage(1)], at: 60) == ["moreFiring BackupFailed StorageOffline"])
  }

  @Test func `another storage, or another alert about the guest, explains no backup`() throws {
    let stage = try Stage()
    let other = down("StorageOffline", ["id": "storage/n2/local"])
    let guest = down("GuestDown", ["id": "lxc/2", "name": "web2"])
    let told = stage.step([other, guest, failed, tooOld], at: 0)
    let all = ["BackupFailed", "BackupTooOld", "GuestDown", "StorageOffline"]
    #expect(told == all.map { "firing \($0)" })
  }

  @Test func `a storage of a node that is down is told as the node`() throws {
    let stage = try Stage()
    stage.observed.nodes["n2"]?.membership = .offline
    let node = down("NodeDown", ["node": "n2"])
    #expect(stage.step([node, storage(2), failed], at: 0) == ["firing NodeDown"])
    #expect(stage.standing(failed) == .held(by: node.labels))
  }

  @Test func `without a quorum backups, drift and the HA manager are not told`() throws {
    let stage = try Stage()
    let quorum = down("QuorumLost", ["id": "cluster/c"])
    let service = alert("HAServiceError", ["sid": "ct:2", "node": "n2", "severity": "warning"])
    let job = alert("BackupJobDeviates", ["backup": "nightly", "aspect": "mode"])
    let alerts = [quorum, failed, tooOld, drift, service, job]
    #expect(stage.step(alerts, at: 0) == ["firing QuorumLost"])
    for alert in alerts.dropFirst() {
      #expect(stage.standing(alert) == .held(by: quorum.labels), "\(alert.labels)")
    }
    let stopped = alert("WebSlow", ["tier": "web", "instance": "web1"])
    #expect(stage.step(alerts + [stopped], at: 10) == ["firing WebSlow"])
  }

  @Test func `a guest that left a dead node is not told as drift`() throws {
    let stage = try Stage()
    stage.observed.nodes["n2"]?.membership = .offline
    stage.observed.guests[2]?.node = "n1"
    let node = down("NodeDown", ["node": "n2"])
    #expect(stage.step([node, drift], at: 0) == ["firing NodeDown"])
    #expect(stage.standing(drift) == .held(by: node.labels))
    let other = alert(
      "ArchitectureDeviates",
      [
        "component": "member", "name": "web3", "aspect": "node", "expected": "n3", "found": "n1",
      ]
    )
    #expect(stage.step([node, drift, other], at: 5) == ["firing ArchitectureDeviates"])
  }

  @Test func `a guest that is down while it moves is told as drift all the same`() throws {
    let stage = try Stage()
    let guest = down("GuestDown", ["id": "lxc/2", "name": "web2"])
    let member = down("MemberProbeFailed", ["tier": "web", "instance": "web2"])
    #expect(stage.step([guest, member], at: 0) == ["firing GuestDown"])
    let over = [
      down("GuestDown", ["id": "lxc/2", "name": "web2"], ended: 5),
      down("MemberProbeFailed", ["tier": "web", "instance": "web2"], ended: 5),
    ]
    let told = stage.step(over + [drift], at: 6)
    #expect(told == ["firing ArchitectureDeviates", "resolved GuestDown"])
  }

  @Test func `a member of a guest at work is held back by what is told of the guest`() throws {
    let stage = try Stage()
    stage.observed.memberChecks["web2"] = ["http": false]
    let busy = down("GuestBusy", ["id": "lxc/2", "name": "web2", "severity": "info"])
    let member = down("MemberProbeFailed", ["tier": "web", "instance": "web2"])
    #expect(stage.step([busy, member], at: 0) == ["firing GuestBusy"])
    #expect(stage.standing(member) == .held(by: busy.labels))
  }

  @Test func `of two severities of one rule only the higher is told`() throws {
    let stage = try Stage()
    let low = alert("DiskFull", ["id": "lxc/1", "severity": "warning"])
    let high = alert("DiskFull", ["id": "lxc/1", "severity": "page"])
    let other = alert("DiskFull", ["id": "lxc/3", "severity": "warning"])
    #expect(stage.step([low, high, other], at: 0) == ["firing DiskFull DiskFull"])
    #expect(stage.standing(low) == .held(by: high.labels))
    #expect(stage.standing(other) == .own)
    // Better, and still not good: that is told then.
    let better = alert("DiskFull", ["id": "lxc/1", "severity": "page"], endedAt: 60)
    #expect(stage.step([low, better, other], at: 60) == ["moreFiring DiskFull DiskFull DiskFull"])
  }

  @Test func `a rule that names its lesser form takes the place of it`() throws {
    let stage = try Stage()
    let low = alert("Lag", ["tier": "web", "severity": "warning"])
    var high = alert("LagForLong", ["tier": "web", "severity": "page"], at: 300)
    high.annotations = [Label("escalates", "Lag")]
    #expect(stage.step([low], at: 0) == ["firing Lag"])
    #expect(stage.step([low, high], at: 300) == ["moreFiring Lag LagForLong"])
    #expect(stage.standing(low) == .joined(to: high.labels))
    var end = high
    end.endsAt = time(400)
    let over = alert("Lag", ["tier": "web", "severity": "warning"], endedAt: 400)
    #expect(stage.step([over, end], at: 400) == ["resolved Lag LagForLong"])
  }
}
