// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TestSupport
import Testing

@testable import Simulator

/// The Proxmox API over HTTPS, as a client meets it.
@Suite struct LiveProxmoxTests {
  private let client = HTTPClient(userAgent: "test")
  private let clock = ManualTimeSource(tuesday)
  private let folder: TemporaryFolder
  private let cluster: SimulatedCluster
  private let authority: String

  init() throws {
    folder = try TemporaryFolder()
    cluster = try SimulatedCluster(seed: 7, clock: clock)
    authority = try folder.write("ca.pem", cluster.certificates.authority.pem)
  }

  private func request(
    _ path: String,
    of node: Int = 0,
    trust: TLSTrust? = nil,
    timeout: Duration = .seconds(10)
  ) -> HTTPRequest {
    let service = cluster.nodes[node]
    return HTTPRequest(
      url: "https://\(service.address):\(service.port)/api2/json\(path)",
      headers: ["Authorization": cluster.token.authorization],
      timeout: timeout,
      trust: trust ?? .caFile(path: authority)
    )
  }

  @Test func `each node is believed with the cluster's authority or its own fingerprint`()
    async throws
  {
    #expect(Set(cluster.nodes.map(\.port)).count == 1)
    for (index, node) in cluster.nodes.enumerated() {
      let reply = try await client.send(request("/version", of: index))
      #expect(reply.status == 200)
      #expect(reply.headers["Content-Type"]?.hasPrefix("application/json") == true)
      #expect(try JSONReader.read(reply.body)["data"]?["release"]?.string == "9.2")
      let own = try #require(cluster.certificates.nodes[node.name]).certificate
      #expect(reply.certificate?.sha256Fingerprint == own.sha256Fingerprint)
      let pin = TLSTrust.fingerprint(sha256: own.sha256Fingerprint)
      #expect(try await client.send(request("/version", of: index, trust: pin)).status == 200)
    }
    let rows = try JSONReader.read(try await client.send(request("/nodes")).body)["data"]
    let shown = try #require(rows).row("node", "CoolerHostname2")["ssl_fingerprint"]?.string
    #expect(
      shown == cluster.certificates.nodes["CoolerHostname2"]?.certificate.sha256Fingerprint
    )
    await cluster.stop()
  }

  @Test func `nobody believes a node without the cluster's authority`() async throws {
    let other = try folder.write(
      "other.pem",
      try ProxmoxCertificates(plan: .reference).authority.pem
    )
    for trust in [TLSTrust.system, .caFile(path: other)] {
      await #expect(throws: HTTPClientError.self) {
        try await client.send(request("/version", trust: trust))
      }
    }
    await cluster.stop()
  }

  @Test func `a dead node refuses connections and its neighbours answer for the cluster`()
    async throws
  {
    await cluster.apply(.begin(.nodeDown("CoolerHostname")))
    clock.advance(by: .seconds(5))
    await #expect(throws: HTTPClientError.self) { try await client.send(request("/version")) }
    let reply = try await client.send(request("/cluster/status", of: 1))
    let rows = try #require(try JSONReader.read(reply.body)["data"])
    #expect(try rows.row("name", "CoolerHostname")["online"]?.int == 0)
    #expect(try rows.row("name", "CoolerHostname2")["local"]?.int == 1)
    #expect(try rows.row("type", "cluster")["quorate"]?.int == 1)
    await cluster.apply(.end(.nodeDown("CoolerHostname")))
    #expect(try await client.send(request("/version")).status == 200)
    await cluster.stop()
  }

  @Test func `a slow answer comes late, a hung node never, and an error ends the connection`()
    async throws
  {
    await cluster.apply(.begin(.apiSlow(.milliseconds(120))))
    let clock = ContinuousClock()
    let began = clock.now
    let reply = try await client.send(request("/cluster/nonsense"))
    #expect(clock.now - began >= .milliseconds(120))
    #expect(reply.status == 501 && reply.headers["Connection"] == "close")
    await cluster.apply(.begin(.nodeHung("CoolerHostname2")))
    await #expect(throws: HTTPClientError.self) {
      try await client.send(request("/version", of: 1, timeout: .milliseconds(300)))
    }
    await cluster.stop()
  }

  @Test func `a token that the cluster refuses waits for its 401`() async throws {
    await cluster.apply(.begin(.tokenRefused))
    let clock = ContinuousClock()
    let began = clock.now
    let reply = try await client.send(request("/version"))
    #expect(reply.status == 401 && reply.body == [])
    #expect(clock.now - began >= .seconds(3))
    await cluster.stop()
  }

  @Test func `32 nodes with 1,000 guests start and answer over HTTPS`() async throws {
    await cluster.stop()
    let clock = ContinuousClock()
    let began = clock.now
    let large = try SimulatedCluster(plan: .sized(nodes: 32, guests: 1_000), clock: self.clock)
    let started = clock.now
    let file = try folder.write("large.pem", large.certificates.authority.pem)
    for node in [large.nodes[0], large.nodes[31]] {
      let reply = try await client.send(
        HTTPRequest(
          url: "https://\(node.address):\(node.port)/api2/json/cluster/resources",
          headers: ["Authorization": large.token.authorization],
          trust: .caFile(path: file)
        )
      )
      #expect(reply.status == 200)
      #expect(try JSONReader.read(reply.body)["data"]?.items.count == 1_160)
    }
    print("32 nodes: start \(started - began), two lists \(clock.now - started)")
    #expect(clock.now - began < .seconds(8))
    await large.stop()
  }
}
