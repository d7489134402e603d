// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@testable import Daemon

/// The pages of a running monitor.
@Suite struct PageAnswerTests {
  /// Reads the events of an open page as they come.
  private struct OpenPage {
    private let connector = StreamConnector()
    private let stream: ByteStream
    private(set) var text = ""

    init(of monitor: Monitor) async throws {
      stream = try await connector.connect(
        to: StreamEndpoint(host: "127.0.0.1", port: monitor.port),
        within: .seconds(5)
      )
      let request = "GET /events?kind=page HTTP/1.1\r\nHost: localhost\r\n\r\n"
      try await stream.send(Array(request.utf8), within: .seconds(5))
    }

    /// Reads on until what has come since the last time holds a text.
    mutating func waits(for words: String) async throws {
      text = ""
      while !text.contains(words) {
        let bytes = try await stream.receive(upTo: 1 << 16, within: .seconds(20))
        text += String(decoding: bytes, as: UTF8.self)
      }
    }

    func close() async {
      stream.close()
      await connector.close()
    }
  }

  @Test func `an open page is told of a failure, and of nothing while nothing happens`()
    async throws
  {
    let harness = try MonitorHarness()
    let servers = [try SnapshotAnswerTests.nginx(), try SnapshotAnswerTests.nginx()]
    try harness.writeSettings(
      SnapshotAnswerTests.section(servers),
      rules: SnapshotAnswerTests.rules
    )
    let monitor = try await Monitor.start(harness.plan)
    let isWhole = try await eventually {
      try await harness.get("/", of: monitor).text.contains("2/2")
    }
    #expect(isWhole)
    var page = try await OpenPage(of: monitor)
    try await page.waits(for: "event: page")
    #expect(page.text.contains("text/event-stream"))
    try await page.waits(for: "event: beat")
    servers[1].stop()
    try await page.waits(for: "nginx2 does not answer")
    #expect(page.text.contains("event: page"))
    await page.close()
    await monitor.stop(grace: .seconds(1))
    servers[0].stop()
  }
}
