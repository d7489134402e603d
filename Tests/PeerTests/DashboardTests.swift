// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TestSupport
import Testing

/// The dashboards' questions, put to hvsmon and to a real Prometheus that scrapes it.
@Suite(.enabled(if: Peers.has(Peers.prometheus)))
struct DashboardTests {
  private let client = HTTPClient(userAgent: "test")

  /// The label sets of an answer; what the scrape adds to series that have no target of their own
  /// is left out.
  private func series(_ query: String, of url: String, target: String) async throws -> Set<[String]>
  {
    let address = "\(url)/api/v1/query?query=\(URLText.encoded(query))"
    let response = try await client.send(HTTPRequest(url: address))
    let found = try JSONReader.read(response.body)["data"]?["result"]?.items
    return Set(
      try #require(found, "\(query): \(response.text)").map { one in
        var labels = one["metric"]?.members ?? []
        if labels.contains(where: { $0.name == "instance" && $0.value == .text(target) }) {
          labels.removeAll {
            $0.name == "instance" || $0.name == "job" && $0.value == .text("hvsmon")
          }
        }
        return labels.map { "\($0.name)=\($0.value.string ?? "")" }.sorted()
      }
    )
  }

  @Test func `hvsmon and a Prometheus that scrapes it show the same series`() async throws {
    let demo = try await RunningDemo("--scenario", "guest-stops", "--speed", "0.5")
    let prometheus = try await Prometheus(scraping: demo.port, client: client)
    let target = "127.0.0.1:\(demo.port)"
    let isFiring = "count(ALERTS{alertname=\"GuestDown\",alertstate=\"firing\"})"
    #expect(try await prometheus.waits(for: isFiring, toBe: "1"))
    var open = try DashboardFolder.queries()
    var difference = ""
    let areSame = try await eventually(within: .seconds(20)) {
      var left: [DashboardQuery] = []
      for query in open {
        let own = try await series(query.asked, of: demo.url, target: target)
        let theirs = try await series(
          query.asked,
          of: "http://127.0.0.1:\(prometheus.port)",
          target: target
        )
        guard own != theirs else { continue }
        left.append(query)
        difference = "hvsmon only: \(own.subtracting(theirs)), other: \(theirs.subtracting(own))"
      }
      open = left
      return open.isEmpty
    }
    #expect(areSame, "\(open.map { "\($0.file) \($0.title): \($0.asked)" }) \(difference)")
    _ = try await prometheus.stop()
    try await demo.stop()
  }
}
