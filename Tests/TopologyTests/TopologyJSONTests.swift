// SPDX-License-Identifier: MIT
import MetricModel
import Testing
import Topology

@Suite struct TopologyJSONTests {
  typealias Reference = ReferenceCluster

  @Test func `the whole assessment is one JSON object`() throws {
    var live = Reference.live
    live.lose(Reference.nodes[0])
    live.setGuest(101, "ng\"inx\n2", on: Reference.nodes[1], "running")
    let found = Reference.assessment(live, at: 1_000.25)
    let tree = try JSONReader.read(found.json)
    #expect(tree["cluster"]?.string == "hvs")
    #expect(tree["time_unix_seconds"]?.double == 1_000.25)
    #expect(tree["situation"]?.string == found.situationWords())
    #expect(tree["failures_tolerated"]?.int == 0)
    #expect(tree["quorum"]?["votes_spare"]?.int == 0)
    let nodes = tree["nodes"]?.items ?? []
    #expect(nodes.map { $0["name"]?.string } == Reference.nodes)
    #expect(nodes.map { $0["state"]?.string } == ["failed", "working", "working"])
    #expect(nodes[0]["loss"] == nil)
    #expect(nodes[1]["loss"]?["survives"]?.string == "failed")
    #expect(nodes[1]["loss"]?["tiers_lost"]?.items == [.text("app"), .text("database")])
    #expect(nodes[1]["capacity"]?["assigned_fits_elsewhere"]?.bool == true)
    let guests = tree["guests"]?.items ?? []
    #expect(guests.compactMap { $0["guest"]?.int } == Array(100...108))
    #expect(guests[1]["name"]?.string == "ng\"inx\n2")
    let members = tree["members"]?.items ?? []
    #expect(members.count == 9)
    #expect(members[0]["state"]?.string == "failed")
    #expect(members[0]["note"]?.string == "its node CoolerHostname is down")
    let states = (tree["tiers"]?.items ?? []).map { $0["tier_state"]?.string }
    #expect(states == ["degraded", "degraded", "degraded"])
    #expect(tree["entries"]?.items.first?["state"]?.string == "working")
    #expect(tree["deviations"]?.items.count == 1)
    // Nine guests on nodes, nine members in guests and in tiers, one dependency, three tiers.
    #expect(tree["edges"]?.items.count == 31)
  }

  @Test func `equal input gives equal bytes, whatever the cluster`() throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      let texts = (0..<2).map { _ in
        RandomCluster(seed: seed, nodes: 4, guests: 12, tiers: 3, membersOfEach: 4, faults: 4)
          .assessment().json
      }
      #expect(texts[0] == texts[1], "seed \(seed)")
      _ = try JSONReader.read(texts[0])
    }
  }

  @Test func `a verdict is one JSON object`() throws {
    let found = Reference.assessment(Reference.live)
    let tree = try JSONReader.read(found.json(of: found.verdict(stopping: .guest(103))))
    #expect(tree["component"]?.string == "guest mongo1 (103)")
    #expect(tree["safe_to_stop"]?.string == "yes")
    #expect(tree["reasons"]?.items.first?["weight"]?.string == "remark")
    let loss = tree["loss"]
    #expect(loss?["words"]?.string == found.lossWords(of: .guest(103)))
    #expect(loss?["survives"]?.string == "working")
    #expect(loss?["members"]?.items == [.text("mongo1")])
    #expect(loss?["failures_tolerated"]?.int == 0)
    let web = try JSONReader.read(found.json(of: found.verdict(stopping: .tier("app"))))
    #expect(web["loss"]?["tiers_lost"]?.items == [.text("app")])
    #expect(web["loss"]?["entries_lost"]?.items == [.text("site")])
    #expect(tree["situation"]?.string == found.situationWords())
  }
}
