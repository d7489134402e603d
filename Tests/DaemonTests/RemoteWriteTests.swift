// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import TestSupport
import Testing

@testable import Daemon

/// Remote write into a whole monitor.
@Suite struct RemoteWriteTests {
  private static let token = "0123456789abcdef"
  private let now = Int64(Date().timeIntervalSince1970) * 1_000

  private func settings(_ harness: MonitorHarness) throws {
    try harness.writeSettings(
      "",
      // Nothing is written at an interval as short as this test.
      flushInterval: "60s",
      http: "remote_write: {enabled: true}, "
        + "auth: {tokens: [{name: peer, role: write, token: \(Self.token)}]}"
    )
  }

  private func write(
    _ series: [(String, [(Double, Int64)])],
    to monitor: Monitor,
    _ harness: MonitorHarness
  ) async throws -> HTTPResponse {
    var request = WriteRequests()
    for (job, samples) in series {
      request.add([("__name__", "written"), ("job", job)], samples)
    }
    return try await harness.client.send(
      HTTPRequest(
        method: "POST",
        url: "http://127.0.0.1:\(monitor.port)/api/v1/write",
        headers: [
          "Authorization": "Bearer \(Self.token)", "Content-Encoding": "snappy",
          "Content-Type": "application/x-protobuf",
        ],
        body: Snappy.compressed(request.bytes)
      )
    )
  }

  private func value(
    _ expression: String,
    _ monitor: Monitor,
    _ harness: MonitorHarness
  ) async throws -> String {
    try await harness.get(
      "/api/v1/query?query=\(URLText.encoded(expression))",
      of: monitor,
      token: Self.token[...]
    ).text
  }

  @Test func `what was answered is there after a kill, and refusals are counted`() async throws {
    let harness = try MonitorHarness()
    try settings(harness)
    let monitor = try await Monitor.start(harness.plan)
    let good = try await write(
      [("a", [(1, now - 2_000), (2.5, now - 1_000)]), ("b", [(7, now - 1_000)])],
      to: monitor,
      harness
    )
    #expect(good.status == 204, "\(good.text)")
    let copy = try harness.copyAsKilled()
    #expect(try await value("sum(written)", monitor, harness).contains(",\"9.5\"]"))
    let late = try await write(
      [("a", [(3, now - 3_600_000), (4, now)]), ("c", [(5, now + 3_600_000)])],
      to: monitor,
      harness
    )
    #expect(late.status == 400)
    #expect(late.text.contains("1 samples are older") && late.text.contains("in the future"))
    #expect(
      try await eventually {
        let page = try await harness.get("/metrics", of: monitor, token: Self.token[...]).text
        return page.contains("hvsmon_ingest_refused_samples_total{")
          && page.contains("reason=\"too_new\"")
      }
    )
    await monitor.stop(grace: .seconds(1))

    try settings(copy)
    let after = try await Monitor.start(copy.plan)
    #expect(try await value("sum(written)", after, copy).contains(",\"9.5\"]"))
    #expect(try await value("sum(count_over_time(written[1m]))", after, copy).contains(",\"3\"]"))
    await after.stop(grace: .seconds(1))
  }

  @Test func `without the setting nothing is taken`() async throws {
    let harness = try MonitorHarness()
    try harness.writeSettings("")
    let monitor = try await Monitor.start(harness.plan)
    let answer = try await write([("a", [(1, now)])], to: monitor, harness)
    #expect(answer.status == 404 && answer.text.contains("http.remote_write.enabled"))
    await monitor.stop(grace: .zero)
  }
}
