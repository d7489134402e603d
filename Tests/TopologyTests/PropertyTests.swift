// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import TestSupport
import Testing
import Topology

/// What holds for any cluster.
@Suite struct PropertyTests {
  private static let seeds = Array(1...60 as ClosedRange<UInt64>)

  private func cluster(_ seed: UInt64) -> RandomCluster {
    var random = SeededRandom(seed: seed &* 7_919)
    return RandomCluster(
      seed: seed,
      nodes: Int.random(in: 1...6, using: &random),
      guests: Int.random(in: 0...20, using: &random),
      tiers: Int.random(in: 0...5, using: &random),
      membersOfEach: Int.random(in: 1...5, using: &random),
      faults: Int.random(in: 2...8, using: &random)
    )
  }

  @Test(arguments: seeds)
  func `the loss of a node never raises what can still be lost`(_ seed: UInt64) {
    let found = cluster(seed).assessment()
    for node in found.nodes {
      let loss = found.loss(of: [.node(node)])
      for (before, after) in zip(found.tiers, loss.tiers) {
        #expect(after.failuresTolerated <= before.failuresTolerated)
        #expect(before.state != .failed || after.state == .failed)
        #expect(after.declared == before.declared && after.failed >= before.failed)
      }
      #expect((loss.quorum?.votesSpare ?? 0) <= (found.quorum?.votesSpare ?? 0))
      #expect(loss.survives != .working || !found.tiers.contains { $0.state == .failed })
    }
  }

  @Test(arguments: seeds)
  func `the loss of more never leaves more`(_ seed: UInt64) {
    let found = cluster(seed).assessment()
    for (index, node) in found.nodes.enumerated().dropFirst() {
      let one = found.loss(of: [.node(node)])
      let two = found.loss(of: [.node(node), .node(found.nodes[index - 1])])
      #expect(Set(two.members).isSuperset(of: one.members))
      for (first, both) in zip(one.tiers, two.tiers) {
        #expect(both.failuresTolerated <= first.failuresTolerated)
      }
      #expect(one.survives != .failed || two.survives == .failed)
    }
  }

  @Test(arguments: seeds)
  func `an unknown member counts for no more than a working one`(_ seed: UInt64) {
    let cluster = cluster(seed)
    let before = cluster.assessment()
    let working = cluster.members.filter { before.state(of: .member($0.name)) == .working }
    for (member, tier) in working.prefix(4) {
      var blind = cluster
      blind.live.end("up", where: ["instance": member])
      let declared = cluster.declared.tiers.flatMap(\.members).first { $0.name == member }
      blind.live.end("hvsmon_pve_guest_state", where: ["id": "lxc/\(declared?.guest ?? 0)"])
      let after = blind.assessment()
      let old = before.tiers.first { $0.name == tier }?.failuresTolerated ?? 0
      let new = after.tiers.first { $0.name == tier }?.failuresTolerated ?? 0
      #expect(after.state(of: .member(member)) != .working)
      #expect(new < old)
    }
  }

  @Test(arguments: seeds)
  func `equal input gives equal output`(_ seed: UInt64) {
    let first = cluster(seed).assessment(at: 5)
    let second = cluster(seed).assessment(at: 5)
    #expect(first == second)
    let texts = [first, second].map { assessment in
      assessment.samples.map { "\(LabelSet(metric: $0.definition.name, $0.labels)) \($0.value)" }
    }
    #expect(texts[0] == texts[1])
    #expect(Set(texts[0]).count == texts[0].count)
    let again = cluster(seed).assessment(previous: first, at: 9)
    #expect(again.tiers == first.tiers)
    for node in first.nodes {
      #expect(again.standing(of: .node(node)) == first.standing(of: .node(node)))
    }
  }

  @Test(arguments: seeds)
  func `foundations and dependents agree`(_ seed: UInt64) {
    let found = cluster(seed).assessment()
    let all =
      found.nodes.map(Component.node) + found.declared.tiers.map { .tier($0.name) }
      + found.declared.tiers.flatMap { $0.members.map { .member($0.name) } }
      + found.declared.entries.map { .entry($0.name) }
    for component in all {
      for foundation in found.foundations(of: component) {
        #expect(found.dependents(of: foundation).contains(component))
      }
      #expect(!found.dependents(of: component).contains(component))
      #expect(!found.foundations(of: component).contains(component))
    }
  }
}
