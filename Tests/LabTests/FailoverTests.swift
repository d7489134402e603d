// SPDX-License-Identifier: MIT
import TestSupport
import Testing

/// Faults of real load balancers: the verdict, the measured gap, and what people are told.
@Suite(.serialized, .enabled(if: Lab.isHere), .timeLimit(.minutes(4)))
struct FailoverTests {
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
    try await Lab.act("keepalived-stop", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(2)))
    #expect(
      await scene.messages(within: .seconds(3), andFor: .seconds(8)) == ["firing VrrpFailover"]
    )
    let alert = try #require(scene.hook.messages.first?.payload.alerts.first)
    #expect(alert.annotations["summary"]?.contains("from lb100 to lb101") == true)
    try await scene.close()
  }

  @Test func `keepalived that is killed leaves its address behind, which is told`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await Lab.act("keepalived-kill", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "stale", within: .seconds(2)))
    #expect(
      await scene.messages(within: .seconds(3), andFor: .seconds(22))
        == ["firing VrrpAddressStale"]
    )
    try await scene.close()
  }

  @Test func `a link that is cut is told once, as the member that is gone`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await Lab.act("link-cut", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(2)))
    #expect(
      await scene.messages(within: .seconds(25), andFor: .seconds(15)) == ["firing NginxDown"]
    )
    try await scene.close()
  }

  @Test func `load balancers that do not hear each other are two masters`() async throws {
    let scene = try await LabScene()
    try await Lab.act("isolate")
    #expect(await scene.verdict(becomes: "two", within: .seconds(12)))
    #expect(
      await scene.messages(within: .seconds(3), andFor: .seconds(8)) == ["firing VrrpTwoMasters"]
    )
    try await Lab.act("unite")
    #expect(await scene.verdict(becomes: "one", within: .seconds(10)))
    try await scene.close()
  }

  @Test func `an nginx that dies takes the address along, and is told alone`() async throws {
    let scene = try await LabScene()
    let start = FloatingProbe.now
    try await Lab.act("nginx-kill", "lb100")
    let measured = try await Measured(scene, since: start)
    #expect(measured.delay <= Self.delayMax)
    #expect(measured.error <= Self.errorMax, "\(measured)")
    #expect(await scene.verdict(becomes: "one", within: .seconds(2)))
    #expect(
      await scene.messages(within: .seconds(8), andFor: .seconds(10)) == ["firing NginxDown"]
    )
    try await scene.close()
  }
}
