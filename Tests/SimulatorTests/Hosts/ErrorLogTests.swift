// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

@Suite struct ErrorLogTests {
  private var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)

  private func guest(_ vmID: Int) throws -> ClusterPlan.Guest {
    try #require(world.plan.guest(vmID))
  }

  private struct Place {
    var inode: UInt64 = 0
    var offset: UInt64 = 0
  }

  /// Reads on from a place, and moves it on.
  private func read(
    _ place: inout Place,
    at second: Int,
    of vmID: Int = 100
  ) throws -> [String] {
    let text = ErrorLog(world, try guest(vmID))
      .extract(inode: place.inode, offset: place.offset, at: tuesday.plus(second))
    let lines = text.split(separator: "\n").map(String.init)
    let words = try #require(lines.last).split(separator: " ")
    #expect(words.count == 4 && words[0] == "position")
    place.inode = try #require(UInt64(words[1]))
    place.offset = try #require(UInt64(words[2]))
    let size = try #require(UInt64(words[3]))
    #expect(place.offset <= size)
    return lines.filter { !$0.hasPrefix("position ") }
  }

  @Test mutating func `nothing is written while nothing is wrong`() throws {
    var place = Place()
    let first = try read(&place, at: 0)
    #expect(first == [])
    let calm = try read(&place, at: 100)
    #expect(calm == [])
    #expect(place.offset == 0)
  }

  @Test mutating func `a burst is written where users arrive, and read once however it is cut`()
    throws
  {
    world.begin(.requestsRejected, at: tuesday.plus(10))
    world.end(.requestsRejected, at: tuesday.plus(30))
    var place = Place()
    _ = try read(&place, at: 5)
    var lines: [String] = []
    for second in 5..<40 { lines += try read(&place, at: second) }
    #expect(lines.count == 20 * ErrorLog.rejectedPerSecond)
    let line = try #require(lines.first)
    #expect(line.contains("[error] ") && line.contains("limiting requests, excess: "))
    #expect(line.contains("by zone \"mein_limit\""))
    #expect(!line.contains("GET") && !line.contains("client"))
    var other = Place()
    _ = try read(&other, at: 5, of: 101)
    let elsewhere = try read(&other, at: 40, of: 101)
    #expect(elsewhere == [])
    var late = place
    late.offset = 0
    let again = try read(&late, at: 50)
    #expect(again.count == lines.count)
  }

  @Test mutating func `an app that is gone fails requests until it is back`() throws {
    var place = Place()
    _ = try read(&place, at: 0)
    world.begin(.processDown(107), at: tuesday.plus(10))
    world.begin(.guestStopped(108), at: tuesday.plus(10))
    world.end(.processDown(107), at: tuesday.plus(40))
    let lines = try read(&place, at: 41)
    let refused = lines.filter { $0.contains("(111: Connection refused)") }
    #expect(refused.count == 12)
    #expect(refused.allSatisfy { $0.hasSuffix("upstream: \"http://127.0.30.107:3000/\"") })
    #expect(lines.count { $0.contains("(110: Connection timed out)") } == 12)
    world.begin(.processDown(106), at: tuesday.plus(50))
    world.begin(.processDown(107), at: tuesday.plus(50))
    let exhausted = try read(&place, at: 55)
    let last = try #require(exhausted.last)
    #expect(last.contains("no live upstreams") && last.hasSuffix("upstream: \"http://app/\""))
  }

  @Test mutating func `what was written before a rotation is read after it`() throws {
    // 45 minutes after the beginning the next hour is full.
    world.begin(.requestsRejected, at: tuesday.plus(2_690))
    var place = Place()
    _ = try read(&place, at: 2_680)
    let before = try read(&place, at: 2_695)
    let inode = place.inode
    let after = try read(&place, at: 2_705)
    #expect(place.inode == inode + 1)
    // The second in which it began was not over.
    #expect(before.count + after.count == 15 * ErrorLog.rejectedPerSecond)
    let rest = try read(&place, at: 2_705)
    #expect(rest == [])
  }

  @Test mutating func `one answer holds no more than facts.sh reads at once`() throws {
    world.begin(.requestsRejected, at: tuesday)
    var place = Place()
    _ = try read(&place, at: 0)
    var counts: [Int] = []
    while counts.last != 0 { counts.append(try read(&place, at: 600).count) }
    #expect(counts.count > 3)
    #expect(counts.reduce(0, +) == 600 * ErrorLog.rejectedPerSecond)
  }
}
