// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite struct NginxStickyCollectorTests {
  /// A load balancer that names the server of each of its answers.
  private static func balancer(_ servers: String?...) throws -> RawServer {
    try RawServer { number in
      let header = servers[number % servers.count].map { "X-Upstream: \($0)\r\n" } ?? ""
      return [.readHeader, .send("HTTP/1.1 200 OK\r\n\(header)Content-Length: 0\r\n\r\n")]
    }
  }

  private static func targets(
    _ url: String,
    _ keys: String = "",
    expect: String = "",
    services: CollectorServices
  ) -> DeclaredTargets {
    DeclaredTargets(
      NginxStickyCollector.self,
      """
      architecture:
        tiers:
          - name: web
            members: [{name: lb1, address: 127.0.0.1}]
            nginx:
              status: "http://{address}/s"
              sticky: {url: "\(url)"\(keys)}
              \(expect)
      """,
      services: services
    )
  }

  private static func found(
    _ balancer: RawServer,
    keys: String = "",
    book: ((NginxTierBook) throws -> Void)? = nil
  ) async throws -> Result<Collection, CollectionError> {
    let services = CollectorServices(http: HTTPClient(userAgent: "test"))
    try book?(NginxTierBook.shared(by: "web", services))
    let declared = targets("http://127.0.0.1:\(balancer.port)/", keys, services: services)
    try #require(declared.targets.count == 1, "\(declared.faults)")
    defer { balancer.stop() }
    do throws(CollectionError) {
      return .success(try await declared.poll())
    } catch {
      return .failure(error)
    }
  }

  @Test func `one server for all requests is sticky, and named`() async throws {
    let balancer = try Self.balancer("192.0.2.1:3000")
    let found = try await Self.found(balancer).get()
    #expect(found.value("hvsmon_nginx_sticky") == 1)
    #expect(found.value("hvsmon_nginx_sticky_server_info", ["server": "192.0.2.1:3000"]) == 1)
    // Nothing is known of the configuration.
    #expect(found.value("hvsmon_nginx_sticky_as_hashed") == nil)
    #expect(balancer.acceptedConnections == 3)
  }

  @Test func `servers in turn are not sticky; of those that were tried the last counts`()
    async throws
  {
    let turns = try await Self.found(try Self.balancer("192.0.2.1:3000", "192.0.2.2:3000")).get()
    #expect(turns.value("hvsmon_nginx_sticky") == 0)
    #expect(turns.samples.count { $0.definition.name == "hvsmon_nginx_sticky_server_info" } == 2)
    let tried = try await Self.found(
      try Self.balancer("192.0.2.1:3000, 192.0.2.2:3000", "192.0.2.2:3000")
    ).get()
    #expect(tried.value("hvsmon_nginx_sticky") == 1)
  }

  @Test func `an answer without the header, or from no server, is a failed poll`() async throws {
    let none = try await Self.found(try Self.balancer("192.0.2.1:3000", nil))
    #expect(throws: CollectionError.self) { try none.get() }
    if case .failure(let error) = none {
      #expect(error.kind == "malformed" && "\(error)".contains("add_header X-Upstream"))
    }
    let empty = try await Self.found(try Self.balancer("app"))
    if case .failure(let error) = empty { #expect(error.kind == "no_server") }
    #expect(throws: CollectionError.self) { try empty.get() }
  }

  @Test func `the server is compared with the one that the configuration gives this host to`()
    async throws
  {
    // This host is 127.0.0.1 to a balancer there.
    func note(_ book: NginxTierBook) throws {
      let text = "upstream a {\nip_hash;\nserver 192.0.2.1:3000;\nserver 192.0.2.2:3000;\n}\n"
      let found = try NginxConfiguration(reading: Array(text.utf8))
      book.note("1", found.upstreams.first.flatMap { NginxIPHash($0) }, of: "lb1")
    }
    let book = NginxTierBook()
    try note(book)
    let own = try #require(book.servers(of: "127.0.0.1").first)
    let other = own == "192.0.2.1:3000" ? "192.0.2.2:3000" : "192.0.2.1:3000"
    let right = try await Self.found(try Self.balancer(own), book: note).get()
    #expect(right.value("hvsmon_nginx_sticky_as_hashed") == 1)
    let wrong = try await Self.found(try Self.balancer(other), book: note).get()
    #expect(wrong.value("hvsmon_nginx_sticky_as_hashed") == 0)
    #expect(wrong.value("hvsmon_nginx_sticky") == 1)
  }

  @Test func `its pace is a minute unless told otherwise, and faults are told with their place`() {
    let services = CollectorServices(http: HTTPClient(userAgent: "test"))
    let standard = Self.targets("http://192.0.2.9/", services: services)
    #expect(standard.targets.first?.poll.interval == .seconds(60))
    let own = Self.targets("http://192.0.2.9/", ", interval: 5s", services: services)
    #expect(own.targets.first?.poll.interval == .seconds(5))
    let faulty = Self.targets("ftp://x", ", requests: 1, heder: X", services: services).faults
    for text in ["url: ", "requests: must be", "did you mean \"header\"?"] {
      #expect(faulty.contains { $0.contains(text) }, "\(text) in \(faulty)")
    }
  }

  @Test func `the own address towards a peer is the one that packets leave from`() {
    #expect(OwnAddress.towards("127.0.0.9") == "127.0.0.1")
    #expect(OwnAddress.towards("::1") == "::1" || OwnAddress.towards("::1") == nil)
  }
}
