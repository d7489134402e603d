// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import TestSupport
import Testing

@testable import Collectors

@Suite struct NginxConfigurationTests {
  /// What `deploy/facts.sh` sends of the recorded `nginx -T`, which `NginxFactsScriptTests` proves.
  static let text = """
    # newest 1795455300
    # configuration file /etc/nginx/nginx.conf:
    user www-data;
    worker_processes 2;
    pid /run/nginx.pid;
    error_log /var/log/nginx/error.log warn;
    events {
    worker_connections 1024;
    }
    http {
    keepalive_timeout 65;
    limit_req_zone $binary_remote_addr zone=perip:10m rate=20r/s;
    }
    # configuration file /etc/nginx/mime.types:
    types {
    }
    # configuration file /etc/nginx/conf.d/cluster.conf:
    upstream nextjs {
    ip_hash;
    server 192.168.30.106:3000 max_fails=2 fail_timeout=5s;
    server 192.168.30.107:3000 max_fails=2 fail_timeout=5s;
    server 192.168.30.108:3000 max_fails=2 fail_timeout=5s;
    }
    server {
    listen 80 default_server;
    server_name _;
    location / {
    limit_req zone=perip burst=100 nodelay;
    proxy_pass http://nextjs;
    proxy_connect_timeout 2s;
    proxy_read_timeout 3s;
    proxy_next_upstream error timeout;
    }
    location = /nginx_status {
    stub_status;
    }
    location = /whoami {
    }
    location = /status_denied {
    stub_status;
    }
    }

    """

  static func configuration(
    _ change: (String) -> String = { $0 }
  ) throws -> NginxConfiguration {
    try NginxConfiguration(reading: Array(change(text).utf8))
  }

  private static let expected = NginxExpectation(
    upstream: "nextjs",
    balancing: "ip_hash",
    failsMax: 2,
    failTime: .seconds(5),
    limit: NginxExpectation.RateLimit(
      zone: "perip",
      rate: "20r/s",
      burst: 100,
      isWithoutDelay: true
    )
  )

  @Test func `the directives that matter are read`() throws {
    let found = try Self.configuration()
    let group = try #require(found.upstreams.first)
    #expect(found.upstreams.count == 1 && group.name == "nextjs" && group.balancing == "ip_hash")
    #expect(
      group.servers.map(\.address)
        == ["192.168.30.106:3000", "192.168.30.107:3000", "192.168.30.108:3000"]
    )
    #expect(group.servers.allSatisfy { $0.failsMax == "2" && $0.failTime == "5s" && !$0.isDown })
    #expect(found.zones == [NginxConfiguration.LimitZone(name: "perip", rate: "20r/s")])
    #expect(
      found.limits
        == [NginxConfiguration.Limit(zone: "perip", burst: "100", isWithoutDelay: true)]
    )
    #expect(found.workers == 2 && found.connectionsPerWorker == 1_024)
    #expect(found.errorLogs == ["/var/log/nginx/error.log"] && found.newestSeconds == 1_795_455_300)
    let other = try NginxConfiguration(
      reading: Array(
        "upstream a {\nserver \"b c\" down;\n}\nworker_processes auto;\nssl_certificate /etc/x.pem;\n"
          .utf8
      )
    )
    #expect(other.upstreams.first?.balancing == "round_robin" && other.workers == nil)
    #expect(other.upstreams.first?.servers.first?.address == "b c")
    #expect(other.upstreams.first?.servers.first?.isDown == true)
    #expect(other.certificates == ["/etc/x.pem"])
  }

  @Test func `the recorded configuration is what is declared of it`() throws {
    guard let folder = SharedFolder.path else {
      print("skipped: no shared/fixtures/nginx")
      return
    }
    let path = "\(folder)/fixtures/nginx/nginx-T.lb101.stdout.txt"
    let recorded = try String(contentsOfFile: path, encoding: .utf8)
    // The host keeps the rest; here each line is one directive already.
    let kept = recorded.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
      .filter { line in
        ["upstream", "server", "ip_hash", "limit_req", "worker_", "error_log", "}", "#"]
          .contains { line.hasPrefix($0) } || line.hasSuffix("{")
      }
    let found = try NginxConfiguration(reading: Array(kept.joined(separator: "\n").utf8))
    #expect(Self.expected.deviations(of: found).isEmpty)
    #expect(found.workers == 2 && found.connectionsPerWorker == 1_024)
  }

  @Test(arguments: [
    ("ip_hash;", "least_conn;", "nginx balancing", "ip_hash", "least_conn"),
    ("ip_hash;\n", "", "nginx balancing", "ip_hash", "round_robin"),
    (
      "107:3000 max_fails=2", "107:3000", "nginx max_fails", "2", "1 (192.168.30.107:3000)"
    ),
    (
      "108:3000 max_fails=2 fail_timeout=5s", "108:3000 max_fails=2", "nginx fail_timeout", "5s",
      "10s (192.168.30.108:3000)"
    ),
    ("upstream nextjs", "upstream other", "nginx upstream", "nextjs", "other"),
    ("rate=20r/s", "rate=30r/s", "nginx rate", "20r/s", "30r/s"),
    ("burst=100", "burst=50", "nginx burst", "100", "50"),
    (" nodelay;", ";", "nginx nodelay", "true", "false"),
    ("zone=perip:", "zone=x:", "nginx limit_req_zone", "perip", "x"),
    ("limit_req zone=perip", "limit_req zone=y", "nginx limit_req", "zone=perip", "not used"),
  ])
  func `a change is one deviation with both values`(
    from: String,
    to: String,
    aspect: String,
    expected: String,
    found: String
  ) throws {
    let changed = try Self.configuration { $0.replacing(from, with: to) }
    #expect(
      Self.expected.deviations(of: changed) == [
        NginxExpectation.Deviation(aspect: aspect, expected: expected, found: found)
      ]
    )
  }

  @Test func `other spellings of the same are no deviation`() throws {
    for (from, to) in [("rate=20r/s", "rate=1200r/m"), ("fail_timeout=5s", "fail_timeout=5000ms")] {
      let changed = try Self.configuration { $0.replacing(from, with: to) }
      #expect(Self.expected.deviations(of: changed).isEmpty)
    }
    #expect(NginxExpectation.span("1m30s") == .seconds(90) && NginxExpectation.span("5x") == nil)
    #expect(NginxExpectation().deviations(of: try Self.configuration()).isEmpty)
  }

  @Test func `the odd one of three is found, whatever the members' own addresses`() throws {
    let book = NginxTierBook()
    func note(_ name: String, _ address: String, _ text: String) throws {
      let lines = try NginxConfiguration(reading: Array(text.utf8)).comparedLines
      book.note(NginxTierBook.digest(of: lines, address: address), of: name)
    }
    try note("a", "10.0.0.1", "listen 10.0.0.1:80;\n")
    #expect(book.differs("a") == nil && book.differs("b") == nil)
    try note("b", "10.0.0.2", "listen 10.0.0.2:80;\n")
    #expect(book.differs("a") == false)
    try note("c", "10.0.0.3", "listen 10.0.0.3:81;\n")
    #expect(["a", "b", "c"].map { book.differs($0) } == [false, false, true])
    try note("b", "10.0.0.2", "listen 10.0.0.2:82;\n")
    #expect(["a", "b", "c"].map { book.differs($0) } == [true, true, true])
  }

  @Test func `changed and cut configurations never trap`() async throws {
    await Mutation.run([Array(Self.text.utf8)], seed: 0x9c1f, standard: 3_000) { bytes in
      do throws(HostReplyFault) {
        let found = try NginxConfiguration(reading: bytes)
        #expect(Self.expected.deviations(of: found).count < 20)
      } catch {
        #expect(error != .shape(expected: ""))
      }
    }
    for text in ["", "# newest 1\n", "}\n", "http {\n"] {
      #expect(throws: HostReplyFault.self) {
        _ = try NginxConfiguration(reading: Array(text.utf8))
      }
    }
  }
}
