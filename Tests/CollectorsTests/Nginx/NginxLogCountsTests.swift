// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import TestSupport
import Testing

@testable import Collectors

@Suite struct NginxLogCountsTests {
  @Test func `every line of the recorded log is counted for what it says`() throws {
    guard let folder = SharedFolder.path else {
      print("skipped: no shared/fixtures/nginx")
      return
    }
    let log = try String(contentsOfFile: "\(folder)/fixtures/nginx/error.log", encoding: .utf8)
    let lines = log.split(separator: "\n").map(String.init)
    var counts = NginxLogCounts()
    for line in lines { counts.take(line) }
    func limited(_ zone: String, _ outcome: NginxLogCounts.Limited) -> Int? {
      counts.limited[NginxLogCounts.LimitKey(zone: zone, outcome: outcome)]
    }
    #expect(limited("perip", .rejected) == 4)
    #expect(limited("slowzone", .rejected) == 1)
    #expect(limited("slowzone", .dryRun) == 1 && limited("slowzone", .delayed) == 1)
    func failures(_ reason: NginxLogCounts.UpstreamFailure) -> Int {
      counts.failures.filter { $0.key.reason == reason }.map(\.value).reduce(0, +)
    }
    func told(_ words: String, _ more: String = "") -> Int {
      lines.count { $0.contains(words) && $0.contains(more) }
    }
    #expect(failures(.refused) == told("(111: Connection refused)"))
    #expect(failures(.noRoute) == 1)
    #expect(failures(.connectTimeout) == told("timed out", "while connecting"))
    #expect(failures(.answerTimeout) == told("timed out", "while reading"))
    #expect(failures(.closed) == told("prematurely closed"))
    #expect(failures(.other) == 0)
    #expect(counts.disabled.values.reduce(0, +) == told("temporarily disabled"))
    #expect(counts.withoutServer == ["nextjs": told("no live upstreams")])
    #expect(counts.connectionsExhausted == 1 && counts.severe["alert"] == 1)
    // Nothing of a request stays, neither path nor query.
    #expect(counts.failures.keys.allSatisfy { $0.server.hasSuffix(":3000") })
  }

  @Test func `names past the limit are counted together`() {
    var counts = NginxLogCounts()
    for number in 0..<500 {
      counts.take("[error] 1#1: *1 limiting requests, excess: 1.0 by zone \"z\(number)\"")
      counts.take(
        "[error] 1#1: *1 connect() failed (111: Connection refused) while connecting to upstream, "
          + "upstream: \"http://10.0.0.1:\(number)/\""
      )
    }
    #expect(counts.limited.count <= NginxLogCounts.namesMax + 1)
    #expect(
      counts.failures.count <= (NginxLogCounts.namesMax + 1)
        * NginxLogCounts.UpstreamFailure.allCases.count
    )
    #expect(counts.failures.values.reduce(0, +) == 500)
    counts.take("worker_connections are not enough, reusing connections")
    #expect(counts.connectionsReused == 1 && counts.connectionsExhausted == 0)
  }

  @Test func `what is known is counted from zero`() {
    var counts = NginxLogCounts()
    counts.expect(zones: ["z"], servers: ["10.0.0.1:3000"], upstreams: ["app"])
    #expect(counts.limited.count == 3 && counts.failures.count == 6)
    #expect(counts.samples(naming: [:]).allSatisfy { $0.value == 0 })
    counts.take("[error] 1#1: *1 limiting requests, excess: 1.0 by zone \"z\"")
    counts.expect(zones: ["z"], servers: [], upstreams: [])
    #expect(counts.samples(naming: [:]).map(\.value).reduce(0, +) == 1)
  }

  @Test func `changed lines never trap and take no room without end`() async {
    let lines = [
      "2026/11/03 10:00:00 [error] 7#7: *1 limiting requests, excess: 1.0 by zone \"mein_limit\", "
        + "client: 10.0.0.9, server: shop, request: \"GET / HTTP/1.1\", host: \"shop\"",
      "2026/11/03 10:00:01 [error] 7#7: *2 upstream timed out (110: Connection timed out) while "
        + "connecting to upstream, client: 10.0.0.9, server: shop, request: \"GET / HTTP/1.1\", "
        + "upstream: \"http://10.0.0.1:3000/\", host: \"shop\"",
      "2026/11/03 10:00:02 [error] 7#7: *3 no live upstreams while connecting to upstream, client: "
        + "10.0.0.9, server: shop, upstream: \"http://app/\"",
    ]
    var counts = NginxLogCounts()
    await Mutation.run(lines.map { Array($0.utf8) }, seed: 0x10c5, standard: 5_000) { bytes in
      counts.take(String(decoding: bytes, as: UTF8.self))
    }
    #expect(counts.limited.values.reduce(0, +) > 0)
    #expect(
      counts.failures.count <= (NginxLogCounts.namesMax + 1)
        * NginxLogCounts.UpstreamFailure.allCases.count
    )
  }
}
