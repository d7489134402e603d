// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

@Suite struct KilledMonitorTests {
  /// Two stores with ten kills each, side by side.
  @Test(arguments: [1, 2])
  func `what was acknowledged, told and held survives ten kills at any moment`(
    _ number: Int
  ) async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    let monitor = try KilledMonitor(seed: random.next())
    print("store \(number): seed \(seed)")
    // Cancelled and awaited below, or with the test.
    let flipping = Task { [targets = monitor.targets] in await targets.run() }
    try await monitor.liveFirst()
    for _ in 0..<9 { try await monitor.live(until: Self.moment(&random)) }
    try await monitor.liveLast()
    flipping.cancel()
    await flipping.value
    await monitor.close()

    let ledger = monitor.ledger
    #expect(ledger.faults.isEmpty, "seed \(seed): \(ledger.faults.prefix(5))")
    #expect(ledger.safeCount > 500)
    #expect(monitor.holdStarts.count == 1, "seed \(seed): \(monitor.holdStarts)")
    try Self.check(monitor, seed: seed)
    let repeats = monitor.told.all.count - Set(monitor.told.all.map(\.eventID)).count
    print(
      "store \(number): \(ledger.safeCount) samples kept, \(ledger.lostCount) lost before their "
        + "acknowledgement; \(monitor.told.all.count) messages, \(repeats) of them repeated"
    )
  }

  private static func moment(_ random: inout SeededRandom) -> KilledMonitor.Moment {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: .after(.milliseconds(Int.random(in: 0...1_500, using: &random)))
    case 1: .message(Int.random(in: 1...3, using: &random), after: nil)
    default:
      .message(
        Int.random(in: 1...3, using: &random),
        after: .microseconds(Int.random(in: 0...5_000, using: &random))
      )
    }
  }

  private static func check(_ monitor: KilledMonitor, seed: UInt64) throws {
    let told = monitor.told
    #expect(told.refused.isEmpty)
    // An event says one thing, however often it comes.
    for (id, same) in Dictionary(grouping: told.all, by: \.eventID) {
      #expect(!id.isEmpty)
      #expect(same.allSatisfy { $0 == same[0] }, "seed \(seed): \(same)")
    }
    for name in FlippingTargets.patient + [FlippingTargets.hasty] {
      let messages = told.about("Down", name)
      for (start, life) in Dictionary(grouping: messages, by: \.startsAt) {
        let context = "seed \(seed): \(name) since \(start): \(life)"
        // It never fires again once it was told as resolved.
        let afterEnd = life.drop { $0.isFiring }
        #expect(afterEnd.allSatisfy { !$0.isFiring }, "\(context)")
        #expect(Set(life.filter(\.isFiring).map(\.eventID)).count <= 1, "\(context)")
        #expect(Set(afterEnd.map(\.eventID)).count <= 1, "\(context)")
        guard name != FlippingTargets.hasty else { continue }
        #expect(life.first?.isFiring == true, "\(context)")
        #expect(life.last?.isFiring == false, "\(context)")
      }
    }
    for name in FlippingTargets.patient {
      // Every failure is one alert, told once and ended once.
      let failures = monitor.targets.failures(of: name)
      #expect(failures > 0)
      #expect(told.count("Down", name, isFiring: true) == failures, "seed \(seed): \(name)")
      #expect(told.count("Down", name, isFiring: false) == failures, "seed \(seed): \(name)")
    }
    // A hold longer than each life ends only when restarts do not begin it anew.
    let held = told.about("Patient", "dead")
    let began = try #require(monitor.holdStarts.first.flatMap { Double($0) })
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let first = try #require(held.first)
    let fired = try style.parse(first.startsAt).timeIntervalSince1970
    #expect((10..<16).contains(fired - began), "seed \(seed): fired after \(fired - began) s")
    #expect(Set(held.map(\.eventID)).count == 1, "seed \(seed): \(held)")
    #expect(!held.contains { !$0.isFiring })
  }
}
