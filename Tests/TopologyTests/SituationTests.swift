// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Testing
import Topology

@Suite struct SituationTests {
  typealias Reference = ReferenceCluster
  private let second = Reference.nodes[1]

  @Test func `a whole cluster is told in four sentences`() {
    #expect(
      Reference.assessment(Reference.live).situationWords()
        == "The site works. All 3 tiers are whole. Each tier bears the loss of at least 1 member. "
        + "Any one node may be lost."
    )
  }

  @Test func `a lost node is told with what is left`() {
    var live = Reference.live
    live.lose(Reference.nodes[0])
    #expect(
      Reference.assessment(live).situationWords()
        == "The site works. Node CoolerHostname is down. database has 2 of 3 members (needs 2), "
        + "load-balancer 2 of 3, app 2 of 3. One more database member lost stops the tier. "
        + "The loss of any further node is an outage."
    )
  }

  @Test func `an outage is told from the top`() {
    var live = Reference.live
    live.lose(Reference.nodes[0])
    live.lose(second)
    live.set("probe_success", ["job": "http", "instance": "site"], 0)
    #expect(
      Reference.assessment(live).situationWords()
        == "The site does not work. The cluster has no quorum: 1 of 2 needed votes. "
        + "Nodes CoolerHostname and CoolerHostname2 are down. "
        + "database is down: 1 of 3 members works, 2 needed. "
        + "app is down: it depends on database. load-balancer has 1 of 3 members (needs 1). "
        + "One more load-balancer member lost stops the tier."
    )
  }

  @Test func `what is unknown is told as unknown`() {
    let words = Reference.assessment(LiveSeries()).situationWords()
    #expect(words.hasPrefix("Whether the site works is unknown. Whether the cluster has quorum"))
    #expect(words.contains("Whether database works is unknown: 0 of 3 members work, 3 unknown"))
    #expect(!words.contains("is whole") && !words.contains("down"))
    var live = Reference.live
    live.endChecks(of: "mongo1")
    live.end("hvsmon_pve_guest_state", where: ["id": "lxc/103"])
    #expect(
      Reference.assessment(live).situationWords().contains(
        "database has 2 of 3 members (needs 2, 1 unknown)."
      )
    )
  }

  @Test func `a loss is told by what it takes and what is left`() {
    let whole = Reference.assessment(Reference.live)
    #expect(
      whole.lossWords(of: .node(second))
        == "The loss of node CoolerHostname2 takes nginx2, webapp2 and mongo2. Everything goes on; "
        + "then database bears no further loss and the quorum has no spare vote."
    )
    #expect(
      whole.lossWords(of: .guest(103))
        == "If guest mongo1 (103) is lost: Everything goes on; then database bears no further loss."
    )
    #expect(
      whole.lossWords(of: .tier("database"))
        == "The loss of tier database takes mongo1, mongo2 and mongo3. The site would not work. "
        + "app and database stop."
    )
    #expect(whole.lossWords(of: .node("nowhere")) == "There is no node nowhere.")
    var live = Reference.live
    live.lose(second)
    let degraded = Reference.assessment(live)
    #expect(
      degraded.lossWords(of: .node(Reference.nodes[2]))
        == "The loss of node CoolerHostname3 takes nginx3, webapp3 and mongo3. The site would not "
        + "work. app and database stop. The cluster loses its quorum."
    )
    #expect(
      degraded.lossWords(of: .guest(104)).hasPrefix(
        "Guest mongo2 (104) has failed already. The site"
      )
    )
  }

  @Test func `a cluster without tiers is told by its nodes`() {
    var live = LiveSeries()
    live.setNode("pve1", "online")
    func words() -> String {
      ClusterAssessment(
        declared: DeclaredCluster(name: "x", tiers: [], entries: []),
        observed: live.observation,
        previous: nil,
        now: .epoch
      )
      .situationWords()
    }
    #expect(words() == "Node pve1 works.")
    live.setNode("pve1", "offline")
    #expect(words() == "Node pve1 is down.")
    live = LiveSeries()
    #expect(words() == "Nothing is declared that could fail.")
  }

  @Test(arguments: Array(1...40 as ClosedRange<UInt64>))
  func `words stay short whatever is broken`(_ seed: UInt64) {
    let cluster = RandomCluster(
      seed: seed,
      nodes: 8,
      guests: 60,
      tiers: 20,
      membersOfEach: 3,
      faults: Int(seed % 20) + 2
    )
    let found = cluster.assessment()
    let texts =
      [found.situationWords()] + found.nodes.map { found.lossWords(of: .node($0)) }
      + found.declared.tiers.map { found.lossWords(of: .tier($0.name)) }
    for text in texts {
      #expect(text.count <= 400)
      #expect(text.hasSuffix("."))
    }
  }

  @Test func `very long names are cut`() {
    let name = String(repeating: "long", count: 100)
    let declared = DeclaredCluster(
      name: "x",
      tiers: [DeclaredTier(name: name, needs: .members(1), members: [])],
      entries: [DeclaredEntry(name: name, url: "", expectedStatuses: [], tiers: [name])]
    )
    let found = ClusterAssessment(
      declared: declared,
      observed: LiveSeries().observation,
      previous: nil,
      now: .epoch
    )
    let words = found.situationWords()
    #expect(words.contains("longlong") && words.contains("…") && words.count < 200)
  }
}
