// SPDX-License-Identifier: MIT
import TestSupport
import Testing

/// Everything that is done to the lab, one after the other.
@Suite(.serialized, .enabled(if: Lab.isHere), .timeLimit(.minutes(4)))
struct LabSuite {}

extension LabSuite {
  @Suite struct FailoverTests {}
}

/// Faults of real load balancers: the verdict, the measured gap, and what people are told.
extension LabSuite.FailoverTests {
  private static let delayMax = Duration.milliseconds(500)
  private static let errorMax = Duration.milliseconds(200)

  /// What is measured of a fault that moves the address from lb100 to lb101.
  private struct Measured: CustomStringConvertible {
    let delay: Duration
    let gap: Duration
    let probed: Duration

    init(_ scene: LabScene, since start: Duration) async throws {
      delay = try await scene.delay(ofMaster: "lb101", since: start)
      // The first answer of the new one comes after its first advertisement.
      _ = await eventually(within: .seconds(1)) { false }
      gap = .seconds(try #require(await scene.value("hvsmon_vrrp_failover_gap_seconds{")))
      probed = scene.probe.longestGap(since: start - .milliseconds(100))
      print("lab: \(self)")
    }

    var error: Duration { gap > probed ? gap - probed : probed - gap }

    var description: String {
      "seen \(delay) after the advertisement; gap \(gap), probed every 10 ms \(probed)"
    }
  }

  @Test func `keepalived that is stopped hands over, which is told as a fail-over`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await scene.act("keepalived-stop", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
    // That its keepalived is down follows from what was told.
    #expect(await eventually { await scene.shows("keepalived_up{", "lb100", "} 0") })
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(12))
    #expect(told == ["firing VrrpFailover"])
    let alert = try #require(scene.hook.messages.first?.payload.alerts.first)
    #expect(alert.annotations["summary"]?.contains("from lb100 to lb101") == true)
    // Its clients stay at their servers.
    #expect(await eventually { await scene.isStickyAsHashed })
    try await scene.close()
  }

  @Test func `keepalived that is killed leaves its address behind, which is told`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await scene.act("keepalived-kill", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "stale", within: .seconds(5)))
    // What would be told later of the same is not even begun.
    #expect(await !scene.shows("ALERTS{", "VrrpMasterLost"))
    #expect(await eventually { await scene.shows("keepalived_up{", "lb100", "} 0") })
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(4))
    #expect(told == ["firing VrrpAddressStale"])
    #expect(await !scene.shows("ALERTS{", "VrrpM"))
    try await scene.close()
  }

  @Test func `keepalived whose parent is killed leaves in order, which is a fail-over`()
    async throws
  {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await scene.act("keepalived-kill-parent", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
    #expect(await eventually { await scene.shows("keepalived_up{", "lb100", "} 0") })
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(12))
    #expect(told == ["firing VrrpFailover"])
    try await scene.close()
  }

  @Test func `keepalived whose child is killed comes back by itself, which is told once`()
    async throws
  {
    let scene = try await LabScene()
    try await scene.act("keepalived-kill-child", "lb100")
    // The new child waits as long as any backup does, and takes the address back as the best.
    let isBack = await eventually(within: .seconds(15)) {
      await scene.shows("hvsmon_vrrp_last_transition_info{", "to=\"lb100\"")
    }
    #expect(isBack)
    #expect(await scene.verdict(becomes: "one", within: .seconds(8)))
    #expect(await scene.shows("hvsmon_vrrp_master{", "lb100", "advertisements", "} 1"))
    let told = await scene.messages(within: .seconds(30), andFor: .seconds(10))
    #expect(told.count == 1, "\(told)")
    try await scene.close()
  }

  @Test func `the address of IPv6 is watched alike, by version 3`() async throws {
    let scene = try await LabScene(.sixth)
    #expect(await scene.shows("hvsmon_vrrp_priority{", "instance=\"lb100\"", "} 101"))
    #expect(await !scene.shows("hvsmon_vrrp_deviation{"))
    try await scene.act("keepalived-stop", "lb100")
    let hasMoved = await eventually(within: .seconds(5)) {
      await scene.shows("hvsmon_vrrp_master{", "lb101", "advertisements", "} 1")
    }
    #expect(hasMoved)
    // The skew of priority 100 at half a second; the interval is twice as short as that of IPv4.
    let gap = await scene.value("hvsmon_vrrp_failover_gap_seconds{")
    #expect(gap.map { (0.2...0.6).contains($0) } == true, "\(String(describing: gap))")
    print("lab: IPv6 moved within \(String(describing: gap)) s")
    #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
    let isTold = await eventually(within: .seconds(10)) {
      await scene.shows("hvsmon_vrrp_master{", "lb101", "witness=\"ssh\"", "} 1")
    }
    #expect(isTold)
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(12))
    #expect(told == ["firing VrrpFailover"])
    try await scene.close()
  }

  @Test func `advertisements that are sent to the monitor alone are heard, of version 3 too`()
    async throws
  {
    let scene = try await LabScene(.unicast)
    #expect(await !scene.shows("hvsmon_vrrp_deviation{"))
    let start = FloatingProbe.now
    try await scene.act("keepalived-kill", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "stale", within: .seconds(5)))
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(4))
    #expect(told == ["firing VrrpAddressStale"])
    try await scene.close()
  }

  @Test func `a link that is cut is told once, as the member that is gone`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await scene.act("link-cut", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
    // That its host cannot be asked either comes from the same.
    #expect(await scene.fires("HostNotAsked", within: .seconds(40)))
    let told = await scene.messages(within: .seconds(25), andFor: .seconds(4))
    #expect(told == ["firing NginxDown"])
    try await scene.close()
  }

  @Test func `load balancers that do not hear each other are two masters`() async throws {
    let scene = try await LabScene()
    try await scene.act("isolate")
    #expect(await scene.verdict(becomes: "two", within: .seconds(12)))
    try await scene.act("unite")
    #expect(await scene.verdict(becomes: "one", within: .seconds(10)))
    // What the hosts told while they were apart must not be held against them.
    let isTold = await eventually(within: .seconds(15)) {
      await scene.shows("hvsmon_vrrp_masters{", "witness=\"ssh\"", "} 1")
    }
    #expect(isTold)
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(3))
    #expect(told.first == "firing VrrpTwoMasters")
    #expect(told.dropFirst().allSatisfy { $0 == "resolved VrrpTwoMasters" }, "\(told)")
    try await scene.close()
  }

  @Test func `an nginx that dies takes the address along, and is told alone`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await scene.act("nginx-kill", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
    // keepalived says itself why it is no candidate any more.
    #expect(await scene.fires("VrrpFault", within: .seconds(20)))
    #expect(await scene.shows("keepalived_vrrp_state{", "instance=\"lb100\"", "} 3"))
    let isNamed = await eventually(within: .seconds(25)) {
      await scene.shows("keepalived_script_status{", "lb100", "name=\"nginx\"", "} 0")
    }
    #expect(isNamed)
    #expect(await scene.verdict(becomes: "one", within: .seconds(5)))
    let told = await scene.messages(within: .seconds(10), andFor: .seconds(4))
    #expect(told == ["firing NginxDown"])
    try await scene.close()
  }
}
