// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite struct KeepalivedSightingsTests {
  private static let start = Timestamp(unixMilliseconds: 5_000_000)

  private static func word(
    _ state: KeepalivedReport.State,
    priority: UInt8? = nil,
    since: Timestamp? = nil,
    preempts: Bool = true
  ) -> KeepalivedSightings.Word {
    KeepalivedSightings.Word(
      state: state,
      effectivePriority: priority,
      since: since,
      preempts: preempts,
      preemptDelay: .zero
    )
  }

  /// One member of priority 101 whose keepalived has run for an hour, and what it says.
  private static func candidate(
    _ word: KeepalivedSightings.Word?,
    settled: Timestamp = .distantPast
  ) throws -> VRRPVerdict.Candidate? {
    let member = try RouterSightingsTests.settings().members[0]
    var sightings = KeepalivedSightings()
    sightings.note(member.name, runsSince: start - .seconds(3_600), at: start)
    sightings.note(member.name, says: word, at: start)
    return sightings.candidate(member, since: settled, at: start)
  }

  @Test func `a member in fault or starting is no candidate, whatever its priority`() throws {
    for state in [KeepalivedReport.State.fault, .initialize, .stopped] {
      #expect(try Self.candidate(Self.word(state)) == nil)
    }
    #expect(try Self.candidate(Self.word(.backup))?.priority == 101)
  }

  @Test func `its own word counts before what is declared`() throws {
    let since = Self.start - .seconds(5)
    let said = try Self.candidate(Self.word(.backup, priority: 81, since: since, preempts: false))
    #expect(said?.priority == 81 && said?.healthySince == since && said?.preempts == false)
    // Where it may not be asked, that it runs must do.
    let silent = try Self.candidate(nil)
    #expect(silent?.priority == 101 && silent?.preempts == true)
    #expect(silent?.healthySince == Self.start - .seconds(3_600))
  }

  @Test func `what was seen before masters changed proves nothing`() throws {
    #expect(try Self.candidate(Self.word(.backup), settled: Self.start) == nil)
    let before = Self.start - .seconds(1)
    #expect(try Self.candidate(Self.word(.backup), settled: before) != nil)
  }

  @Test func `it is asked once a minute, and when masters have changed and settled`() {
    var sightings = KeepalivedSightings()
    let now = Self.start
    #expect(sightings.isWordDue(of: "a", since: .distantPast, at: now))
    sightings.note("a", says: nil, at: now)
    #expect(!sightings.isWordDue(of: "a", since: .distantPast, at: now + .seconds(59)))
    #expect(sightings.isWordDue(of: "a", since: .distantPast, at: now + .seconds(60)))
    let settled = now + .seconds(5)
    #expect(!sightings.isWordDue(of: "a", since: settled, at: settled))
    #expect(sightings.isWordDue(of: "a", since: settled, at: settled + .milliseconds(1)))
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `the report of the router is found by its number, and its age is told`() throws {
    let settings = try RouterSightingsTests.settings()
    let report = try KeepalivedReport.read(VRRPFixtures.bytes("keepalived.fault-script.json"))
    let transition = try #require(report.instances.first?.lastTransition)
    let wall = transition.unixMilliseconds / 1_000 + 31
    let word = try #require(
      KeepalivedSightings.Word(report, of: settings, at: Self.start, wall: wall)
    )
    #expect(word.state == .fault)
    let since = try #require(word.since)
    #expect((.seconds(30)...(.seconds(31))).contains(Self.start - since))
    let other = try RouterSightingsTests.settings(
      RouterSightingsTests.text.replacing("router_id: 51", with: "router_id: 52")
    )
    #expect(KeepalivedSightings.Word(report, of: other, at: Self.start, wall: wall) == nil)
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `what keepalived counts has the exporter's names, and ends with what it said`() throws {
    let settings = try RouterSightingsTests.settings()
    let report = try KeepalivedReport.read(VRRPFixtures.bytes("keepalived.splitbrain-lb100.json"))
    let word = KeepalivedSightings.Word(report, of: settings, at: Self.start, wall: 1_795_455_651)
    var sightings = RouterSightings(settings, echoPace: .milliseconds(100))
    sightings.noteKeepalived("nginx1", since: Self.start - .seconds(60), at: Self.start)
    sightings.noteKeepalived("nginx1", says: word, at: Self.start)
    func counts(at now: Timestamp) -> [String: Double] {
      let samples = RouterSamples(sightings, now: now, wall: .epoch).all
        .filter { $0.labels["iname"] == "VI_1" && $0.definition.name.hasSuffix("_total") }
      return Dictionary(samples.map { ($0.definition.name, $0.value) }) { first, _ in first }
    }
    let found = counts(at: Self.start)
    #expect(found.count == KeepalivedReport.Counter.allCases.count)
    let stats = try #require(report.instances.first?.counters)
    #expect(found["keepalived_become_master_total"] == stats[.becameMaster].map(Double.init))
    // Another password is why each goes on without the other.
    #expect(found["keepalived_authentication_failure_total"].map { $0 > 0 } == true)
    #expect(counts(at: Self.start + .seconds(91)).isEmpty)
    sightings.noteKeepalived("nginx1", since: nil, at: Self.start + .seconds(1))
    #expect(counts(at: Self.start + .seconds(1)).isEmpty)
  }

  // MARK: Through the collectors

  private static let text = """
    architecture:
      tiers:
        - name: load-balancer
          members:
            - {name: nginx1, address: 192.0.2.1, vrrp_priority: 101}
            - {name: nginx2, address: 192.0.2.2, vrrp_priority: 100}
          vrrp: {instance: VI_1, router_id: 51, address: 192.0.2.200, sources: [ssh]}
    """

  private static func report(_ state: Int) -> String {
    "[{\"data\":{\"iname\":\"VI_1\",\"vrid\":51,\"state\":\(state)}}]"
  }

  @Test func `a fault that keepalived tells is its state, and silence is a part not asked`()
    async throws
  {
    let hosts = try await FactsHosts()
    let http = HTTPClient(userAgent: "test")
    let declared = DeclaredTargets(
      VRRPCollector.self,
      hosts.settings + "\n" + Self.text,
      http: http
    )
    try #require(declared.targets.count == 3, "\(declared.faults)")
    for (address, state) in [("192.0.2.1", 3), ("192.0.2.2", 2)] {
      let holder = address == "192.0.2.2" ? "192.0.2.200" : "192.0.2.9"
      let addresses = "[{\"ifname\":\"eth0\",\"addr_info\":[{\"local\":\"\(holder)\"}]}]"
      try hosts.answer(address, "addresses", addresses)
      try hosts.answer(address, "processes", "now 900 100\nprocess 1 0 S 1\nprocess 2 1 S 1\n")
      try hosts.answer(address, "keepalived-data", Self.report(state))
    }
    func poll(_ number: Int) async throws(CollectionError) -> Collection {
      let poll = Poll(time: .epoch, timeout: .seconds(5))
      return try await declared.targets[number].collector.collect(poll)
    }
    func state(_ member: String, in found: Collection) -> Double? {
      found.samples.first {
        $0.definition.name == "keepalived_vrrp_state" && $0.labels["instance"] == member
      }?.value
    }
    for host in [1, 2] { _ = try await poll(host) }
    let first = try await poll(0)
    #expect(state("nginx1", in: first) == 3 && state("nginx2", in: first) == 2)
    #expect(!first.samples.contains { $0.definition.name == "hvsmon_collector_partial" })
    #expect(
      hosts.questions("192.0.2.1") == [["addresses", "processes:keepalived", "keepalived-data"]]
    )
    // The next minute it is not asked again, but once for what is wrong.
    _ = try await poll(1)
    #expect(
      hosts.questions("192.0.2.1").last == ["addresses", "processes:keepalived", "keepalived-text"]
    )
    _ = try await poll(1)
    #expect(hosts.questions("192.0.2.1").last == ["addresses", "processes:keepalived"])
    try hosts.remove("192.0.2.1")
    await #expect(throws: CollectionError.self) { _ = try await poll(1) }
    let last = try await poll(0)
    #expect(state("nginx1", in: last) == nil && state("nginx2", in: last) == 2)
    let parts = last.samples.filter { $0.definition.name == "hvsmon_collector_partial" }
    #expect(parts.map { $0.labels["part"] } == ["host nginx1"])
    await http.close()
  }

  @Test func `an account that may not ask keepalived is said so, and the rest goes on`()
    async throws
  {
    let hosts = try await FactsHosts()
    let http = HTTPClient(userAgent: "test")
    let declared = DeclaredTargets(
      VRRPCollector.self,
      hosts.settings + "\n" + Self.text,
      http: http
    )
    try hosts.answer("192.0.2.1", "processes", "now 900 100\nprocess 1 0 S 1\nprocess 2 1 S 1\n")
    try hosts.answer("192.0.2.1", "keepalived-data", "", status: 126)
    let poll = Poll(time: .epoch, timeout: .seconds(5))
    _ = try await declared.targets[1].collector.collect(poll)
    let found = try await declared.targets[0].collector.collect(poll)
    #expect(found.value("keepalived_up", ["instance": "nginx1"]) == 1)
    let labels = ["part": "keepalived nginx1", "reason": "not_permitted"]
    #expect(found.value("hvsmon_collector_partial", labels) == 1)
    await http.close()
  }

  /// A member's host that stands in, the collector that asks it, and that of the router.
  private static func oneMember(
    _ hosts: FactsHosts,
    _ http: HTTPClient
  ) throws -> (ask: @Sendable (Int64) async throws -> Collection, hosts: FactsHosts) {
    let declared = DeclaredTargets(VRRPCollector.self, hosts.settings + "\n" + text, http: http)
    try #require(declared.targets.count == 3, "\(declared.faults)")
    try hosts.answer("192.0.2.1", "processes", "now 900 100\nprocess 1 0 S 1\nprocess 2 1 S 1\n")
    let targets = declared.targets
    return (
      { seconds in
        let poll = Poll(time: Timestamp(unixMilliseconds: seconds * 1_000), timeout: .seconds(5))
        _ = try await targets[1].collector.collect(poll)
        return try await targets[0].collector.collect(poll)
      }, hosts
    )
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `a member in fault is asked which check fails, and only then`() async throws {
    let http = HTTPClient(userAgent: "test")
    let (ask, hosts) = try Self.oneMember(try await FactsHosts(), http)
    func recorded(_ name: String) throws -> String {
      String(decoding: try VRRPFixtures.bytes("keepalived.fault-script.\(name)"), as: UTF8.self)
    }
    try hosts.answer("192.0.2.1", "keepalived-data", recorded("json"))
    try hosts.answer("192.0.2.1", "keepalived-text", recorded("data"))
    let first = try await ask(0)
    #expect(!hosts.questions("192.0.2.1").joined().contains("keepalived-text"))
    #expect(!first.samples.contains { $0.definition.name == "keepalived_script_status" })
    let second = try await ask(10)
    #expect(hosts.questions("192.0.2.1").last?.contains("keepalived-text") == true)
    let labels = ["instance": "nginx1", "name": "chk_nginx"]
    #expect(second.value("keepalived_script_status", labels) == 0)
    // Once a minute, as it writes a file for it.
    _ = try await ask(20)
    #expect(hosts.questions("192.0.2.1").last?.contains("keepalived-text") == false)
    await http.close()
  }

  @Test(.enabled(if: VRRPFixtures.folder != nil))
  func `a keepalived that was built without JSON is understood by its text`() async throws {
    let http = HTTPClient(userAgent: "test")
    let (ask, hosts) = try Self.oneMember(try await FactsHosts(), http)
    try hosts.answer("192.0.2.1", "keepalived-data", "", status: 127)
    let text = try VRRPFixtures.bytes("keepalived.master.data")
    try hosts.answer("192.0.2.1", "keepalived-text", String(decoding: text, as: UTF8.self))
    _ = try await ask(0)
    let found = try await ask(10)
    let state = found.samples.first { $0.definition.name == "keepalived_vrrp_state" }
    #expect(state?.value == 2 && state?.labels["instance"] == "nginx1")
    #expect(!found.samples.contains { $0.labels["part"] == "keepalived nginx1" })
    #expect(hosts.questions("192.0.2.1").last?.contains("keepalived-data") == false)
    await http.close()
  }
}
