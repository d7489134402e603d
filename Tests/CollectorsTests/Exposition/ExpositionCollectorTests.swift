// SPDX-License-Identifier: MIT
import Collectors
import Configuration
import FoundationEssentials
import Logging
import MetricModel
import Net
import Polling
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ExpositionCollectorTests {
  private let http = HTTPClient(userAgent: "hvsmon/test")

  private func declared(_ url: String, _ keys: String = "", sink: MemorySink = MemorySink())
    -> DeclaredTargets
  {
    DeclaredTargets(
      ExpositionCollector.self,
      "exposition: [{name: node, urls: [\"\(url)\"], \(keys)}]",
      services: CollectorServices(http: http, logger: Logger(area: "test", sink: sink))
    )
  }

  private static func reply(
    _ body: [UInt8],
    _ type: String? = "text/plain; version=0.0.4",
    _ more: String = "",
    status: String = "200 OK"
  ) -> RawServer.Step {
    let type = type.map { "Content-Type: \($0)\r\n" } ?? ""
    let head = "HTTP/1.1 \(status)\r\n\(type)\(more)Content-Length: \(body.count)\r\n\r\n"
    return .sendBytes(Array(head.utf8) + body)
  }

  @Test func `a page is one target with its labels, pace and samples`() async throws {
    let server = try RawServer(.readHeader, Self.reply(Array("a{b=\"c\"} 1\n".utf8)), .again)
    defer { server.stop() }
    let found = declared(server.url("/metrics"), "interval: 30s, timeout: 2s, labels: {tier: web}")
    #expect(found.faults == [])
    let instance = "127.0.0.1:\(server.port)"
    #expect(found.targets.map(\.key) == ["exposition/node/\(instance)"])
    #expect(
      found.targets[0].labels
        == LabelSet(["job": "node", "instance": instance, "tier": "web"])
    )
    #expect(found.targets[0].poll.interval == .seconds(30))
    for _ in 0..<2 {
      let scrape = try #require(try await found.poll().scraped)
      #expect(
        scrape.series == [
          LabelSet(metric: "a", ["b": "c", "job": "node", "instance": instance, "tier": "web"])
        ]
      )
      #expect(scrape.numbers == [0] && scrape.values == [1] && scrape.scraped == 1)
    }
    // The connection is kept.
    #expect(server.acceptedConnections == 1)
  }

  @Test func `a request tells the formats, the timeout, who asks and with which right`()
    async throws
  {
    let seen = SeenHeader()
    let server = try HTTPServer.start(
      HTTPServerSettings(host: "127.0.0.1", port: 0),
      routes: [
        HTTPRoute(.exact("/m"), role: nil) { request in
          seen.fields.withLock { $0 = request.headers }
          return .text("a 1\n")
        }
      ]
    )
    let found = declared(
      "http://127.0.0.1:\(server.port)/m",
      "authorization: {credentials: s3cret}"
    )
    #expect(found.faults == [])
    #expect(try await found.poll(timeout: .milliseconds(2_500)).scraped?.values == [1])
    let header = seen.fields.withLock { $0 }
    #expect(
      header["Accept"]
        == "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
        + "*/*;q=0.2"
    )
    #expect(header["Accept-Encoding"] == "gzip")
    #expect(header["User-Agent"] == "hvsmon/test")
    #expect(header["X-Prometheus-Scrape-Timeout-Seconds"] == "2.5")
    #expect(header["Authorization"] == "Bearer s3cret")
    let basic = declared(
      "http://127.0.0.1:\(server.port)/m",
      "basic_auth: {username: me, password: it}"
    )
    _ = try await basic.poll()
    #expect(seen.fields.withLock { $0["Authorization"] } == "Basic bWU6aXQ=")
    await server.stop(grace: .zero)
  }

  @Test func `OpenMetrics is read where it is answered, and its cut end fails`() async throws {
    let type = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    let whole = try RawServer(
      .readHeader,
      Self.reply(Array("# TYPE a counter\na_total 1 1.5\n# EOF\n".utf8), type),
      .again
    )
    defer { whole.stop() }
    let scrape = try #require(try await declared(whole.url()).poll().scraped)
    #expect(scrape.times == [1_500])
    let cut = try RawServer(.readHeader, Self.reply(Array("a 1\n".utf8), type), .again)
    defer { cut.stop() }
    await #expect(throws: CollectionError.self) { try await declared(cut.url()).poll() }
  }

  @Test func `a missing or unknown content type is text, and is said once`() async throws {
    for type in [nil, "application/x-unknown"] {
      let server = try RawServer(.readHeader, Self.reply(Array("a 1\n".utf8), type), .again)
      defer { server.stop() }
      let sink = MemorySink()
      let found = declared(server.url(), sink: sink)
      for _ in 0..<3 { #expect(try await found.poll().scraped?.values == [1]) }
      #expect(sink.lines.filter { $0.contains("content type") }.count == 1)
    }
  }

  @Test func `a compressed page is read, and its size counts decompressed`() async throws {
    let text = (0..<300).map { "metric_with_a_name{number=\"\($0)\"} 1\n" }.joined()
    let body = try #require(Gzip.compressed(Array(text.utf8)))
    let step = Self.reply(body, "text/plain; version=0.0.4", "Content-Encoding: gzip\r\n")
    let server = try RawServer(.readHeader, step, .again)
    defer { server.stop() }
    #expect(try await declared(server.url()).poll().scraped?.scraped == 300)
    let failure = await #expect(throws: CollectionError.self) {
      try await declared(server.url(), "body_size_limit: 4KiB").poll()
    }
    #expect(failure?.kind == "body_too_large")
  }

  @Test func `any other status than 200 and a silent peer fail the poll`() async throws {
    let server = try RawServer(
      .readHeader,
      Self.reply(Array("a 1\n".utf8), status: "503 Busy"),
      .again
    )
    defer { server.stop() }
    await #expect(throws: CollectionError.unexpectedStatus(503)) {
      try await declared(server.url()).poll()
    }
    let silent = try RawServer(.readHeader, .wait)
    defer { silent.stop() }
    let failure = await #expect(throws: CollectionError.self) {
      try await declared(silent.url()).poll(timeout: .milliseconds(100))
    }
    #expect(failure?.kind == "timeout")
  }

  @Test func `every verdict on text of a scraper is that of Prometheus`() async throws {
    guard let folder = SharedFolder.path.map({ "\($0)/conformance/exposition" }),
      FileManager.default.fileExists(atPath: folder)
    else { return print("skipped: the folder shared/conformance/exposition is missing") }
    struct Case: Decodable {
      let name: String
      let shouldParse: Bool?
      let text: String?
      let base64: String?

      var bytes: [UInt8] {
        text.map { Array($0.utf8) } ?? base64.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
          ?? []
      }
    }
    let file = URL(fileURLWithPath: "\(folder)/text004-scrape.jsonl")
    let cases = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Case.self, from: $0)
    }
    #expect(cases.count == 51)
    let server = try RawServer { number in
      [
        .readHeader,
        Self.reply(cases[number].bytes, "text/plain", "Connection: close\r\n"),
      ]
    }
    defer { server.stop() }
    let collector = declared(server.url())
    for one in cases {
      var isUp = true
      do throws(CollectionError) {
        _ = try await collector.poll()
      } catch {
        isUp = false
      }
      if let expected = one.shouldParse { #expect(isUp == expected, "\(one.name)") }
    }
    #expect(server.acceptedConnections == 51)
  }
}

/// Keeps the header of the last request.
private final class SeenHeader: Sendable {
  let fields = Mutex(HTTPHeaders())
}
