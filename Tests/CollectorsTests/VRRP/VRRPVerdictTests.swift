// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Collectors

@Suite struct VRRPVerdictTests {
  private func advertisement(
    _ source: InternetAddress,
    _ priority: UInt8,
    interval: Duration = .seconds(1)
  ) -> VRRPAdvertisement {
    VRRPAdvertisement(
      version: .two,
      router: VRRPRouter(id: 51, isIPv6: false),
      priority: priority,
      authentication: .none,
      interval: interval,
      addresses: [VRRPFixtures.virtual],
      source: source
    )
  }

  private func at(_ milliseconds: Int64) -> Timestamp {
    Timestamp(unixMilliseconds: 1_795_455_000_000 + milliseconds)
  }

  private func master(_ verdict: VRRPVerdict, at time: Timestamp) -> InternetAddress? {
    guard case .master(let master) = verdict.state(at: time) else { return nil }
    return master.address
  }

  /// Plays a recording; what was found after each advertisement, and the changes of masters.
  private func play(
    _ name: String
  ) throws -> (verdict: VRRPVerdict, states: [VRRPVerdict.State], takeOvers: [VRRPVerdict.TakeOver])
  {
    var verdict = VRRPVerdict(declared: nil)
    var states: [VRRPVerdict.State] = []
    var takeOvers: [VRRPVerdict.TakeOver] = []
    for (time, advertisement) in try VRRPFixtures.advertisements(name) {
      if let takeOver = verdict.hear(advertisement, at: time) { takeOvers.append(takeOver) }
      states.append(verdict.state(at: time))
    }
    return (verdict, states, takeOvers)
  }

  private func hasTwo(_ states: [VRRPVerdict.State]) -> Bool {
    states.contains { if case .several = $0 { true } else { false } }
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `a clean stop, a return and a crash are told apart and measured`() throws {
    let (_, states, takeOvers) = try play("v2-noauth")
    #expect(takeOvers.map(\.cause) == [.resigned, .preempted, .silent])
    #expect(
      takeOvers.map(\.to) == [VRRPFixtures.lb101, VRRPFixtures.lb100, VRRPFixtures.lb101]
    )
    let gaps = takeOvers.map(\.gap.wholeMilliseconds)
    #expect((600...620).contains(gaps[0]))
    #expect(gaps[1] < 100)
    #expect((3_600...3_620).contains(gaps[2]))
    #expect(!hasTwo(states))
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `a failed check that only lowers the priority is seen before and at the take-over`() throws {
    let (_, states, takeOvers) = try play("v2-priority-drop")
    let priorities = states.prefix(5).compactMap { state -> UInt8? in
      if case .master(let master) = state { master.priority } else { nil }
    }
    #expect(priorities == [101, 101, 81, 81, 81])
    #expect(takeOvers.first?.to == VRRPFixtures.lb101)
    #expect(takeOvers.first?.cause == .preempted)
    #expect(!hasTwo(states))
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `two masters with different passwords are found out within two intervals`() throws {
    let recorded = try VRRPFixtures.advertisements("split-brain-auth")
    let (_, states, _) = try play("split-brain-auth")
    let first = try #require(
      states.firstIndex { if case .several = $0 { true } else { false } }
    )
    guard case .several(let masters, let since) = states[first] else { return }
    #expect(masters.map(\.address) == [VRRPFixtures.lb100, VRRPFixtures.lb101])
    #expect(recorded[first].time - since > .seconds(2))
    #expect(recorded[first].time - since < .seconds(4))
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `a partition that heals is no split brain on either side`() throws {
    let (_, near, none) = try play("partition-side-lb100")
    #expect(!hasTwo(near))
    #expect(none.isEmpty)
    let (_, far, takeOvers) = try play("partition-side-rest")
    #expect(!hasTwo(far))
    #expect(takeOvers.map(\.cause) == [.silent, .preempted])
    #expect((3_600...3_620).contains(takeOvers[0].gap.wholeMilliseconds))
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `both families have their own masters`() throws {
    for router in [VRRPRouter(id: 51, isIPv6: false), VRRPRouter(id: 52, isIPv6: true)] {
      var verdict = VRRPVerdict(declared: nil)
      for (time, heard) in try VRRPFixtures.advertisements("v3-ipv4-ipv6", router: router) {
        verdict.hear(heard, at: time)
      }
      #expect(verdict.takeOverCount == 2)
      #expect(verdict.lastTakeOver?.cause == .preempted)
    }
  }

  @Test func `silence before the first advertisement means nothing`() {
    let verdict = VRRPVerdict(declared: nil)
    #expect(verdict.state(at: at(1_000_000)) == .unheard)
  }

  @Test func `after the last master there is an election, and then nobody`() {
    var verdict = VRRPVerdict(declared: nil)
    verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(0))
    #expect(master(verdict, at: at(3_600)) == VRRPFixtures.lb100)
    #expect(verdict.state(at: at(3_700)) == .electing(since: at(0)))
    #expect(verdict.state(at: at(5_400)) == .electing(since: at(0)))
    #expect(verdict.state(at: at(5_420)) == .none(since: at(0)))
    verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(9_000))
    #expect(master(verdict, at: at(9_000)) == VRRPFixtures.lb100)
    #expect(verdict.lastTakeOver?.gap == .seconds(9))
    #expect(verdict.lastTakeOver?.to == VRRPFixtures.lb100)
    verdict.hear(advertisement(VRRPFixtures.lb100, 0), at: at(9_500))
    #expect(verdict.state(at: at(9_500)) == .electing(since: at(9_500)))
    #expect(verdict.state(at: at(16_000)) == .none(since: at(9_500)))
  }

  @Test func `two at once for less than two intervals are a hand-over`() {
    var verdict = VRRPVerdict(declared: nil)
    verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(0))
    verdict.hear(advertisement(VRRPFixtures.lb102, 99), at: at(3_618))
    verdict.hear(advertisement(VRRPFixtures.lb101, 100), at: at(3_638))
    verdict.hear(advertisement(VRRPFixtures.lb101, 100), at: at(4_638))
    verdict.hear(advertisement(VRRPFixtures.lb101, 100), at: at(5_638))
    for time in stride(from: 3_638, through: 6_000, by: 100) {
      #expect(master(verdict, at: at(Int64(time))) == VRRPFixtures.lb101)
    }
  }

  @Test func `two side by side stay found out until one is silent`() {
    var verdict = VRRPVerdict(declared: nil)
    for second in 0..<6 {
      let start = Int64(second) * 1_000
      verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(start))
      verdict.hear(advertisement(VRRPFixtures.lb102, 99), at: at(start + 300))
      let state = verdict.state(at: at(start + 300))
      if second < 3 {
        #expect(master(verdict, at: at(start + 300)) == VRRPFixtures.lb100)
      } else if case .several(let masters, let since) = state {
        #expect(masters.map(\.priority) == [101, 99])
        #expect(since == at(300))
      } else {
        Issue.record("\(state)")
      }
    }
    #expect(verdict.takeOverCount == 0)
    for second in 6..<10 {
      verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(Int64(second) * 1_000))
    }
    #expect(master(verdict, at: at(9_000)) == VRRPFixtures.lb100)
  }

  @Test func `strangers are counted and not believed`() {
    var verdict = VRRPVerdict(declared: [VRRPFixtures.lb100, VRRPFixtures.lb101])
    verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(0))
    let forger: InternetAddress = "192.168.30.66"
    verdict.hear(advertisement(forger, 255), at: at(100))
    #expect(master(verdict, at: at(200)) == VRRPFixtures.lb100)
    #expect(verdict.strangerCount == 1)
    #expect(verdict.lastStranger == forger)
  }

  @Test func `more senders than are remembered are counted as strangers`() {
    var verdict = VRRPVerdict(declared: nil)
    for number in 1...100 {
      let sender = InternetAddress.of([192, 168, 31, UInt8(number)])
      verdict.hear(advertisement(sender, 50), at: at(Int64(number)))
    }
    #expect(verdict.strangerCount == 100 - VRRPVerdict.sendersMax)
  }

  @Test func `a clock that is set back does not make masters older`() {
    var verdict = VRRPVerdict(declared: nil)
    verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(10_000))
    verdict.hear(advertisement(VRRPFixtures.lb100, 101), at: at(0))
    #expect(master(verdict, at: at(0)) == VRRPFixtures.lb100)
    #expect(verdict.takeOverCount == 0)
  }

  @Test
  func `a higher living priority makes the master wrong, with the exceptions of the protocol`() {
    var verdict = VRRPVerdict(declared: nil)
    func candidate(
      _ priority: UInt8,
      healthyFor seconds: Int64,
      preempts: Bool = true,
      delay: Duration = .zero
    ) -> VRRPVerdict.Candidate {
      VRRPVerdict.Candidate(
        address: VRRPFixtures.lb100,
        priority: priority,
        healthySince: at(100_000 - seconds * 1_000),
        preempts: preempts,
        preemptDelay: delay
      )
    }
    #expect(verdict.outranking([candidate(101, healthyFor: 60)], at: at(100_000)) == nil)
    verdict.hear(advertisement(VRRPFixtures.lb102, 99), at: at(99_900))
    let now = at(100_000)
    #expect(verdict.outranking([candidate(101, healthyFor: 60)], at: now)?.priority == 101)
    #expect(verdict.outranking([candidate(81, healthyFor: 60)], at: now) == nil)
    #expect(verdict.outranking([candidate(101, healthyFor: 2)], at: now) == nil)
    #expect(verdict.outranking([candidate(101, healthyFor: 60, preempts: false)], at: now) == nil)
    let delayed = candidate(101, healthyFor: 60, delay: .seconds(300))
    #expect(verdict.outranking([delayed], at: now) == nil)
  }

  @Test func `whatever is heard, a resigned or silent sender is not master`() {
    var random = SeededRandom(seed: 7)
    let senders = (0..<4).map { InternetAddress.of([192, 168, 30, 100 + $0]) }
    for _ in 0..<200 {
      var verdict = VRRPVerdict(declared: nil)
      var last: [InternetAddress: (time: Int64, priority: UInt8)] = [:]
      var time: Int64 = 0
      for _ in 0..<100 {
        time += Int64.random(in: 0...2_500, using: &random)
        let sender = senders[Int.random(in: 0..<4, using: &random)]
        let priority: UInt8 =
          Bool.random(using: &random) ? UInt8.random(in: 1...254, using: &random) : 0
        verdict.hear(advertisement(sender, priority), at: at(time))
        last[sender] = (time, priority)
        let later = time + Int64.random(in: 0...6_000, using: &random)
        let masters: [InternetAddress] =
          switch verdict.state(at: at(later)) {
          case .master(let master): [master.address]
          case .several(let masters, _): masters.map(\.address)
          case .unheard, .electing, .none: []
          }
        for master in masters {
          let heard = last[master]
          #expect((heard?.priority ?? 0) > 0)
          #expect(later - (heard?.time ?? 0) <= 4_000)
        }
      }
    }
  }
}
