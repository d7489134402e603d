// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TestSupport
import Testing

/// promtool asks hvsmon as it asks Prometheus, and Prometheus takes series over by federation.
@Suite(
  .serialized,
  .enabled(if: Peers.has(Peers.prometheus) && Peers.has(Peers.promtool))
) struct PromtoolTests {
  private let client = HTTPClient(userAgent: "test")

  private func monitor() async throws -> RunningMonitor {
    let monitor = try await RunningMonitor(sections: "poll: {interval: 1s}", client: client)
    #expect(try await monitor.waits(for: "up{job='hvsmon'}", toBe: "1"))
    return monitor
  }

  /// What promtool prints; it must be content.
  private func run(_ arguments: [String]) async throws -> String {
    let tool = try ChildProcess(Peers.promtool, arguments)
    let exit = try await tool.waitForExit(timeout: .seconds(30))
    #expect(exit == .code(0), "\(arguments): \(tool.output)\(tool.errorOutput)")
    return tool.output
  }

  @Test func `every query of promtool is answered`() async throws {
    let monitor = try await monitor()
    let server = "http://127.0.0.1:\(monitor.port)"
    let instant = try await run(["query", "instant", server, "up{job='hvsmon'} + 1"])
    #expect(instant.contains("=> 2 @["), "\(instant)")
    let scalar = try await run(["query", "instant", server, "scalar(vector(1e-7))"])
    #expect(scalar.contains("1e-07") || scalar.contains("0.0000001"), "\(scalar)")
    let range = try await run(["query", "range", "--step=1s", server, "vector(3)"])
    #expect(range.contains("3 @["), "\(range)")
    let series = try await run([
      "query", "series", "--match={job='hvsmon',__name__='up'}", "--match=nothing", server,
    ])
    #expect(
      series.contains(#"{__name__="up", cluster="#) && series.contains(#"job="hvsmon""#),
      "\(series)"
    )
    let names = try await run(["query", "labels", server, "__name__"])
    #expect(names.split(separator: "\n").contains("up"), "\(names)")
    let jobs = try await run(["query", "labels", server, "job"])
    #expect(jobs.split(separator: "\n") == ["hvsmon"], "\(jobs)")
    _ = try await monitor.stop()
  }

  @Test func `promtool tells hvsmon's refusals as those of a Prometheus`() async throws {
    let monitor = try await monitor()
    let server = "http://127.0.0.1:\(monitor.port)"
    let tool = try ChildProcess(Peers.promtool, ["query", "instant", server, "sum("])
    _ = try await tool.waitForExit(timeout: .seconds(30))
    let said = tool.output + tool.errorOutput
    #expect(said.contains("bad_data") && said.contains("parse error"), "\(said)")
    _ = try await monitor.stop()
  }

  @Test func `Prometheus takes series over with their labels, values and times`() async throws {
    let monitor = try await monitor()
    let prometheus = try await Prometheus(
      scraping: monitor.port,
      client: client,
      jobs: """
        - job_name: federation
            honor_labels: true
            metrics_path: /federate
            params: {"match[]": ['{__name__="process_start_time_seconds"}', '{job="hvsmon"}']}
            static_configs: [{targets: ["127.0.0.1:\(monitor.port)"]}]
        """
    )
    #expect(try await prometheus.waits(for: "up{job='federation'}", toBe: "1"))
    let scraped = "scrape_samples_scraped{job='federation'} > bool 20"
    #expect(try await prometheus.waits(for: scraped, toBe: "1"))
    let started = "process_start_time_seconds{cluster='cluster',job='hvsmon',instance='hvsmon'}"
    #expect(try await prometheus.waits(for: "count(\(started)) > bool 0", toBe: "1"))
    _ = try await prometheus.stop()
    _ = try await monitor.stop()
  }
}
