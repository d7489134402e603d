// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import TestSupport
import Testing

/// The same generated queries over the same samples, asked of hvsmon and of Debian's Prometheus.
@Suite(.serialized, .enabled(if: Peers.has(Peers.prometheus))) struct SideBySideTests {
  private static let token = "0123456789abcdef"
  private static let queries = 500
  private static let seed: UInt64 = 2_026
  private let client = HTTPClient(userAgent: "test")

  @Test func `generated queries have the answers that Prometheus gives`() async throws {
    let now = Int64(Date().timeIntervalSince1970)
    let start = (now - 2 * 3_600) / 60 * 60_000
    let data = QueryData(startMilliseconds: start, seed: Self.seed)
    let monitor = try await RunningMonitor(
      sections: "",
      http: "remote_write: {enabled: true}, auth: {tokens: "
        + "[{name: prometheus, role: write, token: \(Self.token)}]}",
      token: Self.token,
      client: client
    )
    let prometheus = try WrittenPrometheus()
    let ours = Door(port: monitor.port, headers: ["Authorization": "Bearer \(Self.token)"])
    let theirs = Door(port: prometheus.port, headers: [:])
    for request in data.writeRequests {
      try await write(request, to: ours)
      try await write(request, to: theirs)
    }
    var generator = QueryGenerator(seed: Self.seed, startMilliseconds: start)
    var tally = Tally()
    for _ in 0..<Self.queries {
      let query = generator.next()
      let time = generator.timeMilliseconds()
      let instant = "query?query=\(URLText.encoded(query))&time=\(time / 1_000).5"
      try await compare(query, instant, ours, theirs, &tally)
      let step = [15, 30, 60, 97][generator.int(0...3)]
      let end = time / 1_000 + Int64(step * 20)
      let range =
        "query_range?query=\(URLText.encoded(query))&start=\(time / 1_000).5"
        + "&end=\(end).5&step=\(step)"
      try await compare(query, range, ours, theirs, &tally)
    }
    print("side by side with Prometheus: \(tally.summary)")
    #expect(tally.compared == 2 * Self.queries)
    #expect(tally.failed < tally.compared / 5, "most queries must have a result to compare")
    #expect(tally.empty < tally.compared / 4)
    _ = try await prometheus.process.terminate()
    #expect(try await monitor.stop() < .seconds(5))
  }

  private struct Door {
    let port: UInt16
    let headers: HTTPHeaders

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)/api/v1/\(path)" }
  }

  private func write(_ request: [UInt8], to door: Door) async throws {
    var headers = door.headers
    headers["Content-Encoding"] = "snappy"
    headers["Content-Type"] = "application/x-protobuf"
    headers["X-Prometheus-Remote-Write-Version"] = "0.1.0"
    let body = Snappy.compressed(request)
    let message = HTTPRequest(method: "POST", url: door.url("write"), headers: headers, body: body)
    var answer = ""
    let isTaken = await eventually(within: .seconds(20)) {
      do throws(HTTPClientError) {
        let response = try await client.send(message)
        answer = response.text
        return response.status == 204
      } catch {
        return false
      }
    }
    try #require(isTaken, "\(answer)")
  }

  private func compare(
    _ query: String,
    _ path: String,
    _ ours: Door,
    _ theirs: Door,
    _ tally: inout Tally
  ) async throws {
    async let mine = client.send(HTTPRequest(url: ours.url(path), headers: ours.headers))
    async let other = client.send(HTTPRequest(url: theirs.url(path)))
    let (left, right) = (
      try QueryAnswer(try await mine.body), try QueryAnswer(try await other.body)
    )
    tally.count(left)
    let isOrdered = query.hasPrefix("sort") && !path.hasPrefix("query_range")
    guard let difference = left.difference(to: right, isOrdered: isOrdered) else { return }
    if let known = KnownDifference.all.first(where: { $0.explains(query, left, right) }) {
      tally.explained[known.reason, default: 0] += 1
      return
    }
    Issue.record("\(path.prefix { $0 != "?" }) \(query): \(difference)")
    print("DIFFERENCE \(path.prefix { $0 != "?" }) | \(query) | \(difference)")
  }
}

/// What was compared.
private struct Tally {
  var compared = 0
  var failed = 0
  var empty = 0
  var explained: [String: Int] = [:]

  mutating func count(_ answer: QueryAnswer) {
    compared += 1
    switch answer {
    case .failure: failed += 1
    case .success(_, let series): if series.isEmpty { empty += 1 }
    }
  }

  var summary: String {
    let known = explained.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return "\(compared) answers compared, \(failed) of them errors, \(empty) empty; "
      + "allowed differences: \(known.isEmpty ? "none" : known.joined(separator: "; "))"
  }
}

/// Debian's Prometheus on loopback, which only takes what is written to it.
private struct WrittenPrometheus {
  let port = FreePort.next()
  let process: ChildProcess
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let config = try folder.write("prometheus.yml", "global: {}\n")
    process = try ChildProcess(
      Peers.prometheus,
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("data"))",
        "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
      ]
    )
  }
}
