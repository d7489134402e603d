// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

/// The Proxmox collector and prometheus-pve-exporter ask the same server, which neither wrote.
@Suite(
  .serialized,
  .enabled(if: Peers.has(Peers.fakeProxmox) && Peers.has(Peers.proxmoxExporter)),
  .timeLimit(.minutes(2))
) struct ProxmoxTests {
  private let client = HTTPClient(userAgent: "test")
  private let folder: TemporaryFolder
  private let port = FreePort.next()
  private let server: ChildProcess

  init() async throws {
    folder = try TemporaryFolder()
    let (certificate, key) = (folder.file("c.pem"), folder.file("k.pem"))
    let openssl = try ChildProcess(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "2", "-subj", "/CN=fake", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
        certificate,
      ]
    )
    try #require(try await openssl.waitForExit() == .code(0))
    let server = try ChildProcess(
      Peers.python,
      ["\(Peers.root)/Tests/Peers/fake_proxmox.py", "\(port)", certificate, key]
    )
    self.server = server
    let isReady = await eventually(within: .seconds(30)) { server.output.contains("ready") }
    try #require(isReady, "\(server.errorOutput)")
  }

  private func monitor(secret: String = "secret-of-the-test") async throws -> RunningMonitor {
    try await RunningMonitor(
      sections: """
        architecture: {nodes: [{name: CoolerHostname, address: 127.0.0.1}]}
        proxmox:
          token_id: hvsmon@pve!monitor
          token_secret: \(secret)
          ca_file: \(folder.file("c.pem"))
          port: \(port)
        poll: {interval: 1s, timeout: 1s, confirm_interval: 200ms}
        """,
      client: client
    )
  }

  /// The samples of a page by name, each with its labels but those of the target.
  private static func samples(_ page: String) -> [String: [[String: String]: String]] {
    var found: [String: [[String: String]: String]] = [:]
    for line in page.split(separator: "\n") where !line.hasPrefix("#") {
      guard let blank = line.lastIndex(of: " ") else { continue }
      let name = String(line.prefix { $0 != "{" && $0 != " " })
      var labels: [String: String] = [:]
      let inside = line[..<blank].drop { $0 != "{" }.dropFirst().dropLast()
      // No label of Proxmox holds a quote.
      let parts = inside.split(separator: "\"", omittingEmptySubsequences: false)
      for index in stride(from: 0, to: parts.count - 1, by: 2) {
        let label = parts[index].filter { $0 != "," && $0 != "=" }
        labels[String(label)] = String(parts[index + 1])
      }
      // The fake's cluster has a field of its own, which the exporter makes a label.
      for own in ["cluster", "job", "instance", "online"] { labels[own] = nil }
      labels = labels.filter { !$0.value.isEmpty }
      let value = String(line[line.index(after: blank)...])
      found[name, default: [:]][labels] = Double(value)?.description ?? value
    }
    return found
  }

  @Test func `what both measure has the same names, labels and values`() async throws {
    let monitor = try await monitor()
    #expect(try await monitor.waits(for: "count(pve_onboot_status)", toBe: "9"))
    let address = "127.0.0.1:\(FreePort.next())"
    let config = try folder.write(
      "pve.yml",
      """
      default: {user: hvsmon@pve, token_name: monitor, token_value: secret-of-the-test, \
      verify_ssl: false}
      """
    )
    // It falls over the fake's replication jobs, which lack fields.
    let exporter = try ChildProcess(
      Peers.proxmoxExporter,
      ["--config.file", config, "--no-collector.replication", "--web.listen-address", address]
    )
    let url = "http://\(address)/pve?target=127.0.0.1:\(port)&cluster=1&node=1"
    var page = ""
    let answered = await eventually(within: .seconds(30)) {
      do throws(HTTPClientError) {
        let reply = try await client.send(HTTPRequest(url: url))
        page = reply.text
        return reply.status == 200
      } catch {
        return false
      }
    }
    try #require(answered, "\(exporter.errorOutput.suffix(500))")
    let theirs = Self.samples(page)
    let ours = Self.samples(try await monitor.metrics().text)
    for name in theirs.keys.sorted() where name.hasPrefix("pve_") {
      guard let own = ours[name], let other = theirs[name] else { continue }
      if name == "pve_uptime_seconds" {
        // It goes on between the two questions.
        #expect(Set(own.keys) == Set(other.keys))
      } else if name == "pve_onboot_status" || name.hasPrefix("pve_subscription_") {
        // The exporter asks one node, hvsmon all of them.
        #expect(other.allSatisfy { own[$0.key] == $0.value }, "\(name)")
        #expect(own.count == 3 * other.count, "\(name)")
      } else {
        #expect(own == other, "\(name)")
      }
    }
    let names = (
      theirs.keys.filter { $0.hasPrefix("pve_") }, ours.keys.filter { $0.contains("pve_") }
    )
    let (they, we) = (Set(names.0), Set(names.1))
    print("both: \(they.intersection(we).sorted().joined(separator: " "))")
    print("only the exporter: \(they.subtracting(we).sorted().joined(separator: " "))")
    print("only hvsmon: \(we.subtracting(they).sorted().joined(separator: " "))")
    // Gauges that OpenMetrics forbids beside the counters of the same name.
    let deprecated: Set = [
      "pve_disk_read_bytes", "pve_disk_write_bytes", "pve_network_receive_bytes",
      "pve_network_transmit_bytes",
    ]
    #expect(they.subtracting(we).isSubset(of: deprecated))
    #expect(they.intersection(we).count >= 20)
    try await exporter.terminate()
    _ = try await monitor.stop()
  }

  @Test func `a node that dies makes its guests unknown, not the poll fail`() async throws {
    let monitor = try await monitor()
    #expect(try await monitor.waits(for: "count(pve_up == 1)", toBe: "18"))
    server.send(.hangUp)
    let unknown = "count(hvsmon_pve_guest_state{state=\"unknown\"} == 1)"
    #expect(try await monitor.waits(for: unknown, toBe: "3"))
    #expect(try await monitor.waits(for: "up{job=\"pve\"}", toBe: "1"))
    #expect(try await monitor.waits(for: "hvsmon_pve_quorum_votes_spare", toBe: "0"))
    #expect(try await monitor.waits(for: "pve_up{id=\"node/CoolerHostname3\"}", toBe: "0"))
    let partial = "count(hvsmon_collector_partial{reason=\"node_down\"})"
    #expect(try await monitor.waits(for: partial, toBe: "2"))
    _ = try await monitor.stop()
  }

  @Test func `a wrong token is said and never shown`() async throws {
    let monitor = try await monitor(secret: "wrong-secret")
    #expect(try await monitor.waits(for: "up{job=\"pve\"}", toBe: "0"))
    #expect(monitor.errorOutput.contains("reason=unauthorized"))
    #expect(!monitor.errorOutput.contains("wrong-secret"))
    _ = try await monitor.stop()
  }
}
