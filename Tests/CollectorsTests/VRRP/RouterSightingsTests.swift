// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Testing

@testable import Collectors

@Suite struct RouterSightingsTests {
  static let text = """
    architecture:
      tiers:
        - name: load-balancer
          members:
            - {guest: 100, name: nginx1, address: 192.168.30.100, vrrp_priority: 101}
            - {guest: 101, name: nginx2, address: 192.168.30.101, vrrp_priority: 100}
            - {guest: 102, name: nginx3, address: 192.168.30.102, vrrp_priority: 99}
          vrrp: {instance: VI_1, router_id: 51, address: 192.168.30.200, interface: eth0}
    """

  static func settings(_ text: String = text) throws -> VRRPSettings {
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f")
    let (_, declared) = tree.readSettings()
    let (tier, section) = try #require(declared.tiers.first)
    let vrrp = try #require(section.section("vrrp"))
    return try #require(VRRPSettings(tier, section, vrrp))
  }

  /// A router that is watched with open ears, and advertisements of its members.
  private struct Scene {
    var sightings: RouterSightings
    private(set) var time: Int64 = 0

    init(probes: Bool = false) throws {
      sightings = RouterSightings(
        try RouterSightingsTests.settings(),
        echoPace: .milliseconds(100)
      )
      sightings.deafness = nil
      sightings.probeFault = probes ? nil : "not_permitted"
    }

    var now: Timestamp { Timestamp(unixMilliseconds: 5_000_000 + time) }
    var judgement: RouterSightings.Verdict { sightings.judgement(at: now) }
    var samples: [String] { texts() }

    mutating func pass(_ milliseconds: Int64) { time += milliseconds }

    mutating func hear(
      _ source: InternetAddress,
      _ priority: UInt8,
      router: UInt8 = 51,
      interval: Duration = .seconds(1)
    ) {
      let advertisement = VRRPAdvertisement(
        version: .two,
        router: VRRPRouter(id: router, isIPv6: false),
        priority: priority,
        authentication: .none,
        interval: interval,
        addresses: [VRRPFixtures.virtual],
        source: source
      )
      sightings.hear(advertisement, at: now)
    }

    /// The series whose metric's name begins so, as texts.
    func texts(_ prefix: String = "") -> [String] {
      RouterSamples(sightings, now: now, wall: .epoch).all
        .filter { $0.definition.name.hasPrefix(prefix) }
        .map { sample in
          let labels = sample.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          return "\(sample.definition.name){\(labels.joined(separator: ","))} \(sample.value)"
        }.sorted()
    }

    func isListed(_ text: String) -> Bool { samples.contains(text) }
  }

  @Test func `nothing heard is unknown, and one master is one`() throws {
    var scene = try Scene()
    #expect(scene.judgement == .unknown)
    #expect(scene.isListed("hvsmon_vrrp_witness_up{reason=unheard,witness=advertisements} 0.0"))
    scene.hear(VRRPFixtures.lb100, 101)
    #expect(scene.judgement == .one)
    #expect(scene.isListed("hvsmon_vrrp_witness_up{witness=advertisements} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_master{instance=nginx1,witness=advertisements} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_master{instance=nginx2,witness=advertisements} 0.0"))
    #expect(scene.isListed("hvsmon_vrrp_masters{witness=advertisements} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_verdict{state=one} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_verdict{state=none} 0.0"))
    #expect(scene.texts("hvsmon_vrrp_deviation") == [])
  }

  @Test func `a master that leaves is followed, and the change counted and measured`() throws {
    var scene = try Scene()
    scene.hear(VRRPFixtures.lb100, 101)
    scene.pass(500)
    scene.hear(VRRPFixtures.lb100, 0)
    #expect(scene.judgement == .electing)
    scene.pass(610)
    scene.hear(VRRPFixtures.lb101, 100)
    #expect(scene.judgement == .one)
    #expect(scene.isListed("hvsmon_vrrp_transitions_total{cause=resigned} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_transitions_total{cause=silent} 0.0"))
    #expect(scene.isListed("hvsmon_vrrp_failover_gap_seconds{} 0.61"))
    #expect(
      scene.isListed("hvsmon_vrrp_last_transition_info{cause=resigned,from=nginx1,to=nginx2} 1.0")
    )
    #expect(scene.isListed("hvsmon_vrrp_master{instance=nginx2,witness=advertisements} 1.0"))
  }

  @Test func `backups that become master at once are one change`() throws {
    var scene = try Scene()
    scene.hear(VRRPFixtures.lb100, 101)
    scene.pass(3_609)
    scene.hear(VRRPFixtures.lb102, 99)
    scene.pass(3)
    scene.hear(VRRPFixtures.lb101, 100)
    #expect(scene.isListed("hvsmon_vrrp_transitions_total{cause=silent} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_transitions_total{cause=preempted} 0.0"))
    #expect(scene.isListed("hvsmon_vrrp_failover_gap_seconds{} 3.609"))
    #expect(
      scene.isListed("hvsmon_vrrp_last_transition_info{cause=silent,from=nginx1,to=nginx2} 1.0")
    )
    // The first master is back for good.
    for _ in 0..<5 {
      scene.pass(1_000)
      scene.hear(VRRPFixtures.lb101, 100)
    }
    scene.pass(10)
    scene.hear(VRRPFixtures.lb100, 101)
    #expect(scene.isListed("hvsmon_vrrp_transitions_total{cause=preempted} 1.0"))
  }

  @Test func `the gap of a master that fell silent begins with the last echo`() throws {
    var scene = try Scene(probes: true)
    scene.hear(VRRPFixtures.lb100, 101)
    scene.pass(900)
    scene.sightings.echo(at: scene.now)
    scene.pass(2_709)
    scene.hear(VRRPFixtures.lb101, 100)
    #expect(scene.sightings.lastChange?.gap == .milliseconds(2_709))
    #expect(scene.judgement == .one)
  }

  @Test func `an address that answers while its master is silent is held by the old one`() throws {
    var scene = try Scene(probes: true)
    scene.hear(VRRPFixtures.lb100, 101)
    for _ in 0..<36 {
      scene.pass(100)
      scene.sightings.echo(at: scene.now)
    }
    scene.pass(9)
    scene.hear(VRRPFixtures.lb101, 100)
    #expect(scene.sightings.lastChange?.gap == .zero)
    #expect(scene.judgement == .stale)
    // Neighbours believe the new one, which proves nothing.
    scene.pass(3_000)
    scene.hear(VRRPFixtures.lb101, 100)
    scene.sightings.note(.probe, "nginx1", hasAddress: false, at: scene.now)
    #expect(scene.judgement == .stale)
    scene.sightings.note(.ssh, "nginx1", hasAddress: false, at: scene.now)
    #expect(scene.judgement == .one)
  }

  @Test func `nobody who advertises is none, unless the address goes on answering`() throws {
    var scene = try Scene(probes: true)
    scene.hear(VRRPFixtures.lb100, 101)
    scene.pass(6_000)
    #expect(scene.judgement == .none)
    scene.sightings.echo(at: scene.now)
    #expect(scene.judgement == .stale)
  }

  @Test func `what was told before the silence says nothing of it`() throws {
    var scene = try Scene()
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    scene.pass(10)
    scene.hear(VRRPFixtures.lb100, 101)
    scene.pass(6_000)
    #expect(scene.judgement == .none)
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .stale)
  }

  @Test func `two who advertise for more than two intervals are two`() throws {
    var scene = try Scene()
    var seen: [RouterSightings.Verdict] = []
    for _ in 0..<5 {
      scene.hear(VRRPFixtures.lb100, 101)
      scene.pass(300)
      scene.hear(VRRPFixtures.lb102, 99)
      seen.append(scene.judgement)
      scene.pass(700)
    }
    #expect(seen == [.one, .one, .one, .two, .two])
    #expect(scene.isListed("hvsmon_vrrp_masters{witness=advertisements} 2.0"))
  }

  @Test func `two who hold the address and both advertise are never called stale`() throws {
    var scene = try Scene()
    scene.hear(VRRPFixtures.lb100, 101)
    var seen: [RouterSightings.Verdict] = []
    for _ in 0..<4 {
      scene.pass(500)
      scene.hear(VRRPFixtures.lb102, 99)
      for name in ["nginx1", "nginx3"] {
        scene.sightings.note(.ssh, name, hasAddress: true, at: scene.now)
      }
      seen.append(scene.judgement)
      scene.pass(500)
      scene.hear(VRRPFixtures.lb100, 101)
    }
    #expect(seen == [.one, .one, .one, .two])
    // One falls silent; who had the address before that says nothing of the time after it.
    for _ in 0..<6 {
      scene.pass(1_000)
      scene.hear(VRRPFixtures.lb100, 101)
    }
    #expect(scene.judgement == .one)
    scene.pass(500)
    scene.sightings.note(.ssh, "nginx3", hasAddress: true, at: scene.now)
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .stale)
  }

  @Test func `a holder that does not advertise is told from the master`() throws {
    var scene = try Scene()
    scene.hear(VRRPFixtures.lb101, 100)
    scene.pass(2_500)
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .disagree)
    scene.sightings.note(.ssh, "nginx2", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .stale)
    scene.sightings.forget(.ssh, "nginx1")
    #expect(scene.judgement == .one)
    #expect(scene.isListed("hvsmon_vrrp_master{instance=nginx2,witness=ssh} 1.0"))
  }

  @Test func `whoever had the address before the master was heard first may have lost it since`()
    throws
  {
    var scene = try Scene()
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    scene.pass(500)
    // It takes over just when hvsmon has begun to listen, which heard nobody before.
    scene.hear(VRRPFixtures.lb101, 100)
    scene.sightings.note(.ssh, "nginx2", hasAddress: true, at: scene.now)
    for _ in 0..<10 {
      #expect(scene.judgement == .one)
      scene.pass(1_000)
      scene.hear(VRRPFixtures.lb101, 100)
    }
    scene.sightings.note(.ssh, "nginx2", hasAddress: true, at: scene.now)
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .stale)
  }

  @Test func `deaf ears leave the verdict to those who see addresses`() throws {
    var scene = try Scene()
    scene.sightings.deafness = "not_permitted"
    #expect(scene.judgement == .unknown)
    for member in ["nginx1", "nginx2"] {
      scene.sightings.note(.proxmox, member, hasAddress: false, at: scene.now)
    }
    #expect(scene.judgement == .unknown)
    scene.sightings.note(.proxmox, "nginx3", hasAddress: false, at: scene.now)
    // The address may be on its way.
    #expect(scene.judgement == .electing)
    scene.pass(10_000)
    for member in ["nginx1", "nginx2", "nginx3"] {
      scene.sightings.note(.proxmox, member, hasAddress: false, at: scene.now)
    }
    #expect(scene.judgement == .none)
    scene.sightings.note(.proxmox, "nginx1", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .one)
    // The first may have lost it since it was asked.
    scene.pass(5_000)
    scene.sightings.note(.ssh, "nginx3", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .one)
    scene.pass(5_000)
    scene.sightings.note(.proxmox, "nginx1", hasAddress: true, at: scene.now)
    scene.sightings.note(.ssh, "nginx3", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .two)
    let reason = "reason=not_permitted,witness=advertisements"
    #expect(scene.isListed("hvsmon_vrrp_witness_up{\(reason)} 0.0"))
    scene.pass(100_000)
    #expect(scene.judgement == .unknown)
  }

  @Test func `a better member whose keepalived runs makes the master the wrong one`() throws {
    var scene = try Scene()
    let start = scene.now
    scene.pass(60_000)
    scene.hear(VRRPFixtures.lb101, 100)
    #expect(scene.judgement == .one)
    scene.sightings.noteKeepalived("nginx1", since: start, at: scene.now)
    #expect(scene.judgement == .notPreferred)
    #expect(scene.isListed("keepalived_up{instance=nginx1} 1.0"))
    #expect(scene.texts("keepalived_vrrp_state").first?.hasSuffix("} 1.0") == true)
    scene.sightings.noteKeepalived("nginx1", since: nil, at: scene.now)
    #expect(scene.judgement == .one)
    #expect(scene.isListed("keepalived_up{instance=nginx1} 0.0"))
    scene.sightings.forgetHost("nginx1", fault: "timeout")
    #expect(scene.texts("keepalived_up") == [])
    #expect(scene.isListed("hvsmon_collector_partial{part=host nginx1,reason=timeout} 1.0"))
    scene.sightings.noteHost("nginx1")
    #expect(scene.texts("hvsmon_collector_partial") == [])
  }

  @Test func `hosts asked while two were masters are no proof afterwards`() throws {
    var scene = try Scene()
    for _ in 0..<5 {
      scene.hear(VRRPFixtures.lb100, 101)
      scene.pass(300)
      scene.hear(VRRPFixtures.lb102, 99)
      scene.pass(700)
    }
    #expect(scene.judgement == .two)
    for member in ["nginx1", "nginx3"] {
      scene.sightings.note(.ssh, member, hasAddress: true, at: scene.now)
    }
    var seen: Set<RouterSightings.Verdict> = []
    for _ in 0..<8 {
      scene.hear(VRRPFixtures.lb100, 101)
      scene.pass(1_000)
      seen.insert(scene.judgement)
    }
    #expect(seen == [.two, .one])
    #expect(scene.now > scene.sightings.settledAt)
    // Asked again, the address is really there.
    scene.sightings.note(.ssh, "nginx1", hasAddress: true, at: scene.now)
    scene.sightings.note(.ssh, "nginx3", hasAddress: true, at: scene.now)
    #expect(scene.judgement == .stale)
  }

  @Test func `a member that could not be asked has no share in what its witness sees`() throws {
    var scene = try Scene()
    scene.hear(VRRPFixtures.lb100, 101)
    for member in ["nginx1", "nginx2", "nginx3"] {
      scene.sightings.note(.ssh, member, hasAddress: member == "nginx1", at: scene.now)
    }
    #expect(scene.isListed("hvsmon_vrrp_master{instance=nginx3,witness=ssh} 0.0"))
    scene.sightings.forgetHost("nginx3", fault: "lost")
    #expect(scene.texts("hvsmon_vrrp_master{instance=nginx3,witness=ssh}") == [])
    #expect(!scene.isListed("hvsmon_vrrp_master{instance=nginx3,witness=ssh} 0.0"))
    #expect(scene.isListed("hvsmon_vrrp_master{instance=nginx2,witness=ssh} 0.0"))
  }

  @Test func `what is advertised and not declared deviates`() throws {
    var scene = try Scene()
    scene.hear(VRRPFixtures.lb100, 81, interval: .seconds(2))
    #expect(
      scene.texts("hvsmon_vrrp_deviation") == [
        "hvsmon_vrrp_deviation"
          + "{aspect=interval,expected=1000ms,found=2000ms,instance=nginx1} 1.0",
        "hvsmon_vrrp_deviation{aspect=priority,expected=101,found=81,instance=nginx1} 1.0",
      ]
    )
    scene.hear(VRRPFixtures.lb101, 100, router: 52)
    #expect(scene.judgement == .one)
    #expect(
      scene.isListed(
        "hvsmon_vrrp_deviation{aspect=router_id,expected=51,found=52,instance=nginx2} 1.0"
      )
    )
  }

  @Test func `strangers and broken packets are counted`() throws {
    var scene = try Scene()
    scene.hear("192.168.30.66", 255)
    scene.sightings.refuse("checksum")
    #expect(scene.judgement == .unknown)
    #expect(scene.isListed("hvsmon_vrrp_refused_advertisements_total{reason=stranger} 1.0"))
    #expect(scene.isListed("hvsmon_vrrp_refused_advertisements_total{reason=checksum} 1.0"))
  }

  @Test func `the next change by silence alone is known in advance`() throws {
    var scene = try Scene()
    #expect(scene.sightings.nextChange(after: scene.now) == nil)
    scene.hear(VRRPFixtures.lb100, 101)
    var seen: [RouterSightings.Verdict] = []
    for _ in 0..<5 {
      guard let next = scene.sightings.nextChange(after: scene.now) else { break }
      scene.pass((next - scene.now).wholeMilliseconds)
      seen.append(scene.judgement)
    }
    #expect(seen == [.one, .electing, .none])
  }
}
