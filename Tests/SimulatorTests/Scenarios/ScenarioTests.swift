// SPDX-License-Identifier: MIT
import Testing

@testable import Simulator

@Suite struct ScenarioTests {
  @Test func `every scenario ends what it begins, in order, and before it begins again`() {
    #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
    for scenario in Scenario.all {
      var open: Set<Fault> = []
      for event in scenario.events {
        switch event.change {
        case .begin(let fault): #expect(open.insert(fault).inserted, "\(scenario.name)")
        case .end(let fault): #expect(open.remove(fault) != nil, "\(scenario.name)")
        }
        #expect(!event.narration.isEmpty)
      }
      #expect(open.isEmpty, "\(scenario.name)")
      let times = scenario.events.map(\.time)
      #expect(times == times.sorted() && times.allSatisfy { $0 < scenario.length })
    }
  }

  @Test func `the first scenario shows a failure and a recovery within a minute`() throws {
    let events = Scenario.all[0].events
    guard case .begin(let fault) = try #require(events.first).change else {
      Issue.record("it begins with a recovery")
      return
    }
    let end = try #require(events.first { $0.change == .end(fault) })
    #expect(end.time <= .seconds(40))
  }

  @Test func `every fault of a scenario is about something that the reference cluster has`() {
    let plan = ClusterPlan.reference
    for case .begin(let fault) in Scenario.all.flatMap(\.events).map(\.change) {
      switch fault {
      case .nodeDown(let node), .nodeIsolated(let node), .nodeHung(let node),
        .statisticsHung(let node), .serviceFailed(let node, _), .storageOffline(let node, _):
        #expect(plan.node(node) != nil, "\(fault)")
      case .guestStopped(let vmID), .processDown(let vmID), .appBroken(let vmID),
        .backupFails(let vmID), .replicationFails(let vmID), .dataLost(let vmID),
        .replicationStalled(let vmID):
        #expect(plan.guest(vmID) != nil, "\(fault)")
      case .guestMoved(let vmID, let node):
        #expect(plan.guest(vmID).map { $0.home != node } == true && plan.node(node) != nil)
      case .keepalivedStopped(let vmID), .processRestarts(let vmID),
        .configurationDrifted(let vmID), .shellDown(let vmID), .shellHung(let vmID),
        .loginRefused(let vmID), .hostKeyChanged(let vmID):
        #expect(plan.guest(vmID) != nil, "\(fault)")
      case .primaryDown: #expect(!plan.replicaSets.isEmpty)
      case .addressHeldTwice, .requestsRejected, .apiSlow, .tokenRefused, .privilegeMissing,
        .rightsOnGuestsOnly:
        break
      }
    }
  }

  @Test func `speed brings events closer together and changes nothing else`() throws {
    let scenario = try #require(Scenario.named("node-dies"))
    let fast = scenario.running(atSpeed: 4)
    #expect(fast.length == scenario.length / 4)
    #expect(fast.events.map(\.time) == scenario.events.map { $0.time / 4 })
    #expect(fast.events.map(\.change) == scenario.events.map(\.change))
    #expect(Scenario.named("no such scenario") == nil)
  }
}
