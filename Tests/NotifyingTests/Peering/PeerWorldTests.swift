// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

/// Two and three instances with planners of their own, at random: nothing twice while they hear each
/// other, nothing lost whatever happens.
@Suite struct PeerWorldTests {
  private static let seeds = 12
  private static let length = 320.0

  private func episodes(_ random: inout SeededRandom, longerThan shortest: Double)
    -> [PeerWorld.Episode]
  {
    (0..<5).flatMap { number -> [PeerWorld.Episode] in
      var found: [PeerWorld.Episode] = []
      var start = Double.random(in: 1...60, using: &random)
      while start < Self.length - 100 {
        let end = start + Double.random(in: shortest...90, using: &random)
        found.append(PeerWorld.Episode(name: "A\(number)", from: start, to: end))
        start = end + Double.random(in: shortest...120, using: &random)
      }
      return found
    }
  }

  @Test(arguments: [2, 3])
  func `each message is told once while instances hear each other`(count: Int) throws {
    for seed in 0..<UInt64(Self.seeds) {
      var random = SeededRandom(seed: seed &* 7 &+ 1)
      var world = try PeerWorld(["a", "b", "c"].prefix(count).map { $0 }, seed: seed)
      world.episodes = episodes(&random, longerThan: 12)
      world.run(until: Self.length)
      #expect(world.doubles.isEmpty, "seed \(seed)")
      #expect(world.missed(within: 6).isEmpty, "seed \(seed)")
      #expect(world.told.allSatisfy { $0.by == "a" }, "seed \(seed)")
    }
  }

  @Test func `a reminder is told once, by the first`() throws {
    for seed in 0..<UInt64(Self.seeds / 2) {
      var world = try PeerWorld(["a", "b"], seed: seed, repetition: 60)
      world.episodes = [PeerWorld.Episode(name: "A", from: 5, to: 300)]
      world.run(until: Self.length)
      let times = world.told.map(\.at)
      #expect(times.count == 6, "seed \(seed): \(times)")
      #expect(world.told.filter { $0.message.reason == .repeated }.count == 4, "seed \(seed)")
    }
  }

  @Test(arguments: [2, 3])
  func `nothing is lost when one is killed at any moment`(count: Int) throws {
    for seed in 0..<UInt64(Self.seeds) {
      var random = SeededRandom(seed: seed &* 11 &+ 5)
      var world = try PeerWorld(["a", "b", "c"].prefix(count).map { $0 }, seed: seed)
      world.episodes = episodes(&random, longerThan: 12)
      while world.now < Self.length - 80 {
        world.run(until: world.now + Double.random(in: 5...40, using: &random))
        // One lives on: with it what it knows.
        let victim = Int.random(in: 0..<count, using: &random)
        if world.instances.count(where: \.isUp) == count {
          world.kill(victim, for: Double.random(in: 0.5...40, using: &random))
        }
      }
      world.run(until: Self.length)
      #expect(world.missed(within: 20).isEmpty, "seed \(seed)")
    }
  }

  @Test(arguments: [2, 3])
  func `a partition tells what it must at most once from each side`(count: Int) throws {
    for seed in 0..<UInt64(Self.seeds) {
      var random = SeededRandom(seed: seed &* 13 &+ 3)
      var world = try PeerWorld(["a", "b", "c"].prefix(count).map { $0 }, seed: seed)
      world.episodes = episodes(&random, longerThan: 12)
      while world.now < Self.length - 100 {
        world.run(until: world.now + Double.random(in: 5...40, using: &random))
        if world.cuts.isEmpty {
          world.cuts = count == 2 ? [["a", "b"]] : [["a", "b"], ["a", "c"], ["b", "c"]]
          if count == 3, Bool.random(using: &random) { world.cuts.remove(["a", "b"]) }
        } else {
          world.cuts = []
        }
      }
      world.cuts = []
      world.run(until: Self.length)
      #expect(world.missed(within: 20).isEmpty, "seed \(seed)")
      for episode in world.episodes {
        let about = world.told.filter { told in
          told.message.firing.contains {
            $0.alert.labels["alertname"] == episode.name
              && ($0.alert.startsAt - time(episode.from)).magnitude < .seconds(4)
          }
        }
        #expect(about.count <= count, "seed \(seed), \(episode.name) at \(episode.from)")
      }
    }
  }

  @Test func `a message that a killed instance had sent has the same id from the next`() throws {
    var world = try PeerWorld(["a", "b"], seed: 1)
    world.episodes = [PeerWorld.Episode(name: "A", from: 5, to: 100)]
    while world.told.isEmpty { world.run(until: world.now + PeerWorld.step) }
    world.kill(0, for: 200)
    world.run(until: 60)
    #expect(world.told.map(\.by) == ["a", "b"])
    #expect(world.told[0].message.eventID == world.told[1].message.eventID)
  }
}

extension Duration {
  fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
