// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import TestSupport
import Testing

/// A real Prometheus scrapes hvsmon, and promtool looks at what it writes.
@Suite(
  .serialized,
  .enabled(if: Peers.has(Peers.prometheus) && Peers.has(Peers.promtool))
) struct PrometheusTests {
  private let client = HTTPClient(userAgent: "test")

  @Test func `promtool finds no fault in the shipped rules`() async throws {
    let tool = try ChildProcess(Peers.promtool, ["check", "rules", "\(Peers.root)/alerts.yml"])
    let exit = try await tool.waitForExit(timeout: .seconds(30))
    #expect(exit == .code(0), "\(tool.output)\(tool.errorOutput)")
    #expect(tool.output.contains("SUCCESS"))
  }

  @Test func `promtool runs the unit tests of the shipped rules without a failure`() async throws {
    let folder = "\(Peers.root)/Tests/Rules"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".test.yml") }.sorted()
    #expect(files.count > 5)
    for file in files {
      let tool = try ChildProcess(Peers.promtool, ["test", "rules", "\(folder)/\(file)"])
      let exit = try await tool.waitForExit(timeout: .seconds(300))
      #expect(exit == .code(0), "\(file): \(tool.output)\(tool.errorOutput)")
    }
  }

  @Test func `Prometheus scrapes every series and promtool finds no fault in them`() async throws {
    let peer = try RawServer(
      .readHeader,
      .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      .again
    )
    defer { peer.stop() }
    let monitor = try await RunningMonitor(
      sections: """
        architecture:
          entry:
            - {name: site, url: "\(peer.url())"}
            - {name: broken, url: "http://127.0.0.1:\(FreePort.next())/"}
        poll: {interval: 1s, timeout: 500ms, confirm_interval: 100ms}
        """,
      client: client
    )
    #expect(try await monitor.waits(for: "count(ALERTS)", toBe: "1"))
    try await check(try await monitor.metrics())
    let prometheus = try await Prometheus(scraping: monitor.port, client: client)
    #expect(try await prometheus.waits(for: "up{job=\"hvsmon\"}", toBe: "1"))
    let page = try await monitor.metrics().text
    let names = Set(
      page.split(separator: "\n").filter { !$0.hasPrefix("#") }
        .map { String($0.prefix { $0 != "{" && $0 != " " }) }
    ).subtracting(["up"])
    #expect(names.count > 30)
    for name in names.sorted() {
      let isThere = try await prometheus.waits(for: "count(\(name)) > bool 0", toBe: "1")
      #expect(isThere, "\(name)")
    }
    _ = try await prometheus.stop()
    #expect(try await monitor.stop() < .seconds(5))
  }

  @Test func `Prometheus writes what it scrapes to hvsmon, sample by sample`() async throws {
    let page = "# TYPE temperature gauge\ntemperature{room=\"a \\\"b\\\"\"} 20.125\nload 3\n"
    let peer = try RawServer(
      .readHeader,
      .send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
          + "Content-Length: \(page.utf8.count)\r\n\r\n\(page)"
      ),
      .again
    )
    defer { peer.stop() }
    let monitor = try await RunningMonitor(
      sections: "",
      http: "remote_write: {enabled: true}, auth: {tokens: "
        + "[{name: prometheus, role: write, token: 0123456789abcdef}]}",
      token: "0123456789abcdef",
      client: client
    )
    let prometheus = try await Prometheus(
      scraping: UInt16(peer.port),
      client: client,
      sections: """
        remote_write:
          - url: http://127.0.0.1:\(monitor.port)/api/v1/write
            authorization: {credentials: 0123456789abcdef}
            queue_config: {batch_send_deadline: 200ms}
        """
    )
    #expect(
      try await monitor.waits(for: "temperature{room='a \"b\"',job='hvsmon'}", toBe: "20.125")
    )
    #expect(try await monitor.waits(for: "count_over_time(load[1m]) > bool 2", toBe: "1"))
    #expect(try await monitor.waits(for: "up{job='hvsmon'}", toBe: "1"))
    // Both have the same samples of what is past.
    let window = "sum(count_over_time(load[3s] offset 2s))"
    #expect(try await prometheus.waits(for: window, toBe: "3"))
    #expect(try await monitor.waits(for: window, toBe: "3"))
    _ = try await prometheus.stop()
    #expect(try await monitor.stop() < .seconds(5))
  }

  /// `promtool check metrics` reads standard input, which a shell gives it here.
  private func check(_ page: HTTPResponse) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("metrics.txt", page.text)
    let tool = try ChildProcess(
      "/bin/sh",
      ["-c", "exec \"$0\" check metrics < \"$1\"", Peers.promtool, file]
    )
    let exit = try await tool.waitForExit(timeout: .seconds(30))
    #expect(exit == .code(0), "\(tool.output)\(tool.errorOutput)")
  }
}

/// Debian's Prometheus on loopback.
struct Prometheus {
  private let port = FreePort.next()
  private let folder: TemporaryFolder
  private let process: ChildProcess
  private let client: HTTPClient

  /// Scrapes `/metrics` of a port; `jobs` holds more jobs, `sections` more sections.
  init(
    scraping target: UInt16,
    client: HTTPClient,
    jobs: String = "",
    sections: String = ""
  ) async throws {
    self.client = client
    folder = try TemporaryFolder()
    let config = try folder.write(
      "prometheus.yml",
      """
      global: {scrape_interval: 1s}
      scrape_configs:
        - job_name: hvsmon
          honor_labels: true
          static_configs: [{targets: ["127.0.0.1:\(target)"]}]
        \(jobs)
      \(sections)
      """
    )
    process = try ChildProcess(
      Peers.prometheus,
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("data"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ]
    )
  }

  func waits(for expression: String, toBe value: String) async throws -> Bool {
    let url = "http://127.0.0.1:\(port)/api/v1/query?query=\(URLText.encoded(expression))"
    return await eventually(within: .seconds(30)) {
      do throws(HTTPClientError) {
        return try await client.send(HTTPRequest(url: url)).text.contains(",\"\(value)\"]")
      } catch {
        return false
      }
    }
  }

  func stop() async throws -> ChildProcess.Exit {
    try await process.terminate()
  }
}
