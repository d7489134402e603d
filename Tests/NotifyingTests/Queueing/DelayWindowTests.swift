// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct DelayWindowTests {
  @Test func `the longest delay of the last hour is kept, whatever came after`() {
    var random = SeededRandom(seed: 73)
    var window = DelayWindow()
    var all: [(at: Double, delay: Double)] = []
    #expect(window.longest(at: time(0)) == nil)
    var now = 0.0
    for _ in 0..<500 {
      now += Double.random(in: 0...120, using: &random).rounded()
      let delay = Double.random(in: 0...100, using: &random).rounded()
      window.add(.seconds(delay), at: time(now))
      all.append((now, delay))
      let longest = all.filter { now - $0.at <= 3_600 }.map(\.delay).max() ?? 0
      #expect(window.longest(at: time(now)) == .seconds(longest))
    }
    #expect(window.longest(at: time(now + 3_601)) == nil)
  }

  @Test func `a message about what has just begun has a delay, others have none`() {
    let begun = notification("g", [NotifiedAlert(alert(at: -5), isNew: true)], at: 1)
    #expect(begun.delay(takenAt: time(3)) == .seconds(8))
    let known = notification("g", [NotifiedAlert(alert(at: -5))], at: 1)
    #expect(known.delay(takenAt: time(3)) == nil)
    let repeated = notification("g", [NotifiedAlert(alert(), isNew: true)], reason: .repeated)
    #expect(repeated.delay(takenAt: time(3)) == nil)
  }
}
