// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TestSupport
import Testing

/// The questions of the dashboards, put to hvsmon while it watches a demo.
@Suite struct DashboardQueryTests {
  /// What the demo has nothing for, and why.
  private static let unanswered = [
    "Services of HA by state": "its cluster has no services of HA",
    "Certificate ends": "its site is not encrypted",
    "Gap of the last fail-over": "its floating IP has not moved",
    "What could not be asked": "with the right to read advertisements everything can be asked",
  ]

  private let client = HTTPClient(userAgent: "test")

  private func items(_ path: String, of demo: RunningDemo) async throws -> [JSONTree] {
    let response = try await client.send(HTTPRequest(url: demo.url + path))
    guard response.status == 200 else { throw Refused(answer: response.text) }
    let data = try JSONReader.read(response.body)["data"]
    return data?["result"]?.items ?? data?.items ?? []
  }

  private struct Refused: Error {
    let answer: String
  }

  @Test func `hvsmon answers every query with at least one series`() async throws {
    let demo = try await RunningDemo("--scenario", "guest-stops", "--speed", "0.5")
    var open = try DashboardFolder.queries()
    #expect(open.count > 150)
    // What only happens once somebody is told takes some polls.
    _ = try await eventually(within: .seconds(18)) {
      var left: [DashboardQuery] = []
      for query in open {
        let path = "/api/v1/query?query=\(URLText.encoded(query.asked))"
        if try await items(path, of: demo).isEmpty { left.append(query) }
      }
      open = left
      return open.allSatisfy { Self.unanswered[$0.title] != nil }
    }
    let missing = open.filter { Self.unanswered[$0.title] == nil }
    #expect(missing.map { "\($0.file) \($0.title): \($0.asked)" } == [])
    for choice in try DashboardFolder.choices() {
      let path = "/api/v1/label/\(choice.label)/values?match[]=\(URLText.encoded(choice.series))"
      let values = try await items(path, of: demo)
      #expect(!values.isEmpty, "\(choice.file) \(choice.series)")
    }
    try await demo.stop()
  }
}
