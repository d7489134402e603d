// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.timeLimit(.minutes(1))) struct NginxHostCollectorTests {
  /// Load balancers whose hosts stand in, and the targets that ask them.
  private struct Tier {
    let hosts: FactsHosts
    let http = HTTPClient(userAgent: "test")
    let declared: DeclaredTargets

    init(_ count: Int = 1) async throws {
      hosts = try await FactsHosts()
      let members = (1...count).map { "{name: lb\($0), address: 192.0.2.\($0)}" }
      declared = DeclaredTargets(
        NginxHostCollector.self,
        """
        \(hosts.settings)
        architecture:
          tiers:
            - name: web
              members: [\(members.joined(separator: ", "))]
              nginx:
                status: "http://{address}/s"
                expect: {upstream: nextjs, max_fails: 2, rate_limit: {zone: perip, burst: 100}}
        """,
        http: http
      )
      // What the collector of the stub status reads of the section is not asked for here.
      try #require(declared.targets.count == count, "\(declared.faults)")
      for number in 1...count {
        let address = "192.0.2.\(number)"
        try hosts.answer(address, "nginx-config", NginxConfigurationTests.text)
        try hosts.answer(address, "processes", Tier.processes)
        try hosts.answer(address, "nginx-errors", "position 7 100 100\n")
      }
    }

    /// A master that began 1000 seconds before, and workers of 50 and 40 seconds.
    static let processes = """
      now 200000 100
      process 10 1 S 100000
      process 11 10 S 195000
      process 12 10 S 196000

      """

    func poll(_ member: Int = 0, at seconds: Int64 = 0) async throws -> Collection {
      let poll = Poll(time: Timestamp(unixMilliseconds: seconds * 1_000), timeout: .seconds(5))
      return try await declared.targets[member].collector.collect(poll)
    }

    func end() async { await http.close() }
  }

  @Test func `a configuration as declared is told with its processes`() async throws {
    let tier = try await Tier()
    let found = try await tier.poll()
    #expect(found.failure == nil)
    #expect(found.value("hvsmon_nginx_config_valid") == 1)
    #expect(found.value("hvsmon_nginx_worker_connections_limit") == 2_048)
    #expect(found.value("hvsmon_nginx_workers") == 2)
    #expect(found.value("hvsmon_nginx_start_time_seconds") == 1_795_454_400)
    #expect(found.value("hvsmon_nginx_worker_start_time_seconds") == 1_795_455_360)
    #expect(found.value("hvsmon_nginx_config_reload_pending") == 0)
    #expect(!found.samples.contains { $0.definition.name == "hvsmon_deviation" })
    #expect(!found.samples.contains { $0.definition.name == "hvsmon_collector_partial" })
    let labels = ["zone": "perip", "outcome": "rejected"]
    #expect(found.value("hvsmon_nginx_limited_requests_total", labels) == 0)
    await tier.end()
  }

  @Test func `a change is a deviation, and pending until workers are newer`() async throws {
    let tier = try await Tier()
    let text = NginxConfigurationTests.text.replacing(
      "newest 1795455300",
      with: "newest 1795455390"
    )
    .replacing("106:3000 max_fails=2", with: "106:3000 max_fails=9")
    try tier.hosts.answer("192.0.2.1", "nginx-config", text)
    let found = try await tier.poll()
    let deviation = try #require(found.samples.first { $0.definition.name == "hvsmon_deviation" })
    #expect(deviation.labels["aspect"] == "nginx max_fails" && deviation.labels["name"] == "lb1")
    #expect(deviation.labels["found"] == "9 (192.168.30.106:3000)")
    #expect(found.value("hvsmon_nginx_config_reload_pending") == 1)
    await tier.end()
  }

  @Test func `a log is read on from where the last poll ended`() async throws {
    let tier = try await Tier()
    _ = try await tier.poll()
    #expect(
      tier.hosts.questions("192.0.2.1")[0].contains("nginx-errors:/var/log/nginx/error.log:0:0")
    )
    let line =
      "2026/11/23 17:43:54 [error] 9#9: *4 limiting requests, excess: 1.0 by zone \"perip\""
    let next = "nginx-errors:/var/log/nginx/error.log:7:100"
    // There is more than one answer can hold.
    try tier.hosts.answer("192.0.2.1", next, "\(line)\n\(line)\nposition 7 300 400\n")
    let more = "nginx-errors:/var/log/nginx/error.log:7:300"
    try tier.hosts.answer("192.0.2.1", more, "\(line)\nposition 7 400 400\n")
    let found = try await tier.poll(at: 10)
    let labels = ["zone": "perip", "outcome": "rejected"]
    #expect(found.value("hvsmon_nginx_limited_requests_total", labels) == 3)
    // Rotated: the host says so by another inode, and the position follows.
    let last = "nginx-errors:/var/log/nginx/error.log:7:400"
    try tier.hosts.answer("192.0.2.1", last, "position 7 450 450\n\(line)\nposition 8 90 90\n")
    let after = try await tier.poll(at: 20)
    #expect(after.value("hvsmon_nginx_limited_requests_total", labels) == 4)
    _ = try await tier.poll(at: 30)
    #expect(
      tier.hosts.questions("192.0.2.1").last == ["nginx-errors:/var/log/nginx/error.log:8:90"]
    )
    await tier.end()
  }

  @Test func `a certificate that was renewed and not reloaded is told`() async throws {
    let tier = try await Tier()
    let text = NginxConfigurationTests.text + "ssl_certificate /etc/ssl/site.pem;\n"
    try tier.hosts.answer("192.0.2.1", "nginx-config", text)
    func certificate(_ serial: String, since date: String) throws {
      try tier.hosts.answer(
        "192.0.2.1",
        "certificate",
        "serial=\(serial)\nnotBefore=\(date)\nnotAfter=Feb  1 23:59:59 2027 GMT\n"
      )
    }
    try certificate("0A", since: "Nov  3 00:00:00 2026 GMT")
    _ = try await tier.poll(at: 1_795_455_400)
    let path = ["path": "/etc/ssl/site.pem"]
    let first = try await tier.poll(at: 1_795_455_410)
    #expect(first.value("hvsmon_nginx_certificate_reload_pending", path) == 0)
    #expect(first.value("hvsmon_nginx_certificate_expiry_timestamp_seconds", path) == 1_801_526_399)
    // Dated back by an hour, as authorities do.
    try certificate("0B", since: "Nov 23 16:00:00 2026 GMT")
    let renewed = try await tier.poll(at: 1_795_455_800)
    #expect(renewed.value("hvsmon_nginx_certificate_reload_pending", path) == 1)
    #expect(
      renewed.value("hvsmon_nginx_certificate_info", ["path": "/etc/ssl/site.pem", "serial": "0B"])
        == 1
    )
    // A reload makes new workers.
    try tier.hosts.answer(
      "192.0.2.1",
      "processes",
      "now 300000 100\nprocess 10 1 S 100000\nprocess 21 10 S 299999\n"
    )
    try tier.hosts.answer("192.0.2.1", "clock", "1795456000")
    let reloaded = try await tier.poll(at: 1_795_456_000)
    #expect(reloaded.value("hvsmon_nginx_certificate_reload_pending", path) == 0)
    await tier.end()
  }

  @Test func `a file that was written after the workers began is pending, unless it is the same`()
    async throws
  {
    let tier = try await Tier()
    let text = NginxConfigurationTests.text + "ssl_certificate /etc/ssl/site.pem;\n"
    try tier.hosts.answer("192.0.2.1", "nginx-config", text)
    // The workers began at 1795455350 and 1795455360, and certificates are dated back.
    func certificate(_ serial: String, writtenAt seconds: Int) throws {
      try tier.hosts.answer(
        "192.0.2.1",
        "certificate",
        "modified=\(seconds)\nserial=\(serial)\nnotBefore=Nov 23 16:00:00 2026 GMT\n"
          + "notAfter=Feb  1 23:59:59 2027 GMT\n"
      )
    }
    func isPending(at seconds: Int64) async throws -> Double? {
      try await tier.poll(at: seconds)
        .value("hvsmon_nginx_certificate_reload_pending", ["path": "/etc/ssl/site.pem"])
    }
    try certificate("0A", writtenAt: 1_795_455_390)
    _ = try await isPending(at: 1_795_455_400)
    // Nobody had looked before.
    #expect(try await isPending(at: 1_795_455_410) == 1)
    try certificate("0A", writtenAt: 1_795_455_300)
    #expect(try await isPending(at: 1_795_455_800) == 0)
    try certificate("0A", writtenAt: 1_795_455_900)
    #expect(try await isPending(at: 1_795_456_200) == 0)
    try certificate("0B", writtenAt: 1_795_456_300)
    #expect(try await isPending(at: 1_795_456_600) == 1)
    await tier.end()
  }

  @Test func `the member with another configuration is named`() async throws {
    let tier = try await Tier(3)
    let text = NginxConfigurationTests.text.replacing("burst=100", with: "burst=100 delay=5")
    try tier.hosts.answer("192.0.2.2", "nginx-config", text)
    for member in 0..<3 { _ = try await tier.poll(member) }
    var found: [Double?] = []
    for member in 0..<3 {
      found.append(try await tier.poll(member, at: 10).value("hvsmon_nginx_config_differs"))
    }
    #expect(found == [0, 1, 0])
    await tier.end()
  }

  @Test func `what the account may not see is partial, and a refused configuration is not valid`()
    async throws
  {
    let tier = try await Tier()
    try tier.hosts.answer("192.0.2.1", "nginx-config", "", status: 126)
    try tier.hosts.answer("192.0.2.1", "nginx-errors", "", status: 126)
    let found = try await tier.poll()
    for part in ["configuration", "error_log"] {
      let labels = ["part": part, "reason": "not_permitted"]
      #expect(found.value("hvsmon_collector_partial", labels) == 1)
    }
    #expect(found.value("hvsmon_nginx_config_valid") == nil && found.isUp)
    try tier.hosts.answer("192.0.2.1", "nginx-config", "", status: 1)
    let refused = try await tier.poll(at: 100)
    #expect(refused.value("hvsmon_nginx_config_valid") == 0)
    await tier.end()
  }

  @Test func `faulty expectations are told with their place`() {
    let http = HTTPClient(userAgent: "test")
    let faults = DeclaredTargets(
      NginxHostCollector.self,
      """
      ssh: {user: u, identity_file: /k, known_hosts_file: /h}
      architecture:
        tiers:
          - name: web
            members: [{name: a, address: 192.0.2.1}]
            nginx:
              expect: {balancing: iphash, max_fails: -1, rate_limit: {rate: 20/s, bursts: 3}}
      """,
      http: http
    ).faults
    for text in [
      "balancing: must be one of", "max_fails: must be", "upstream: is required", "rate: must be",
      "zone: is required", "did you mean \"burst\"?",
    ] {
      #expect(faults.contains { $0.contains(text) }, "\(text) in \(faults)")
    }
  }
}
