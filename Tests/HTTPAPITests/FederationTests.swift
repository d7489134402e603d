// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import HTTPAPI

/// `/federate`: newest samples with their times.
@Suite struct FederationTests {
  private static let definition = MetricDefinition("requests_total", .counter, help: "Requests.")
  private static let odd = MetricDefinition("level", .unknown, labels: nil, help: "")

  private static func ports(
    written: [Series] = [],
    remoteWrite: Bool = false
  ) -> APIPorts {
    .standIn(
      reading: MemoryReading(all: written),
      clock: ManualTimeSource(Timestamp(unixSeconds: 1_000)),
      latest: .standIn(
        [
          (
            definition,
            [
              (LabelSet(metric: "requests_total", ["instance": "b"]), sample(990, 2)),
              (LabelSet(metric: "requests_total", ["instance": "a"]), sample(999.5, 1e21)),
              (LabelSet(metric: "requests_total", ["instance": "old"]), sample(700, 3)),
            ]
          ),
          (odd, [(LabelSet(metric: "level", ["cluster": "other"]), sample(900, .nan))]),
        ],
        externalLabels: LabelSet(["cluster": "hvs"])
      ),
      remoteWrite: remoteWrite ? { @Sendable _ in .taken } : nil
    )
  }

  private static func sample(_ seconds: Double, _ value: Double) -> Sample {
    Sample(Timestamp(unixSeconds: seconds), value)
  }

  private static let requests = """
    # TYPE requests_total counter
    requests_total{cluster="hvs",instance="a"} 1e+21 999500
    requests_total{cluster="hvs",instance="b"} 2 990000

    """

  @Test func `live series are shown with their times, and those past the lookback are not`()
    async throws
  {
    let page = try await Self.ports().ask("/federate", [("match[]", "requests_total")])
    #expect(page.status == 200)
    #expect(page.text == Self.requests)
  }

  @Test func `a series without instance says so, and its own labels win`() async throws {
    let page = try await Self.ports().ask(
      "/federate",
      [("match[]", #"{__name__=~"level|requests_total",instance!="b"}"#), ("match[]", "level")]
    )
    #expect(
      page.text == """
        # TYPE level untyped
        level{cluster="other",instance=""} NaN 900000
        # TYPE requests_total counter
        requests_total{cluster="hvs",instance="a"} 1e+21 999500

        """
    )
  }

  @Test func `what others wrote is read from the store, but for what has ended`() async throws {
    let written = [
      MemoryReading.series("disk.used", ["host.name": "a\"b"], 5, at: 950),
      MemoryReading.series("requests_total", ["instance": "a"], 7, at: 998),
      MemoryReading.series("requests_total", ["instance": "w"], 8, at: 998),
      MemoryReading.series("requests_total", ["instance": "gone"], .stalenessMarker, at: 998),
      MemoryReading.series("requests_total", ["instance": "late"], 9, at: 700),
    ]
    let selectors = [("match[]", "requests_total"), ("match[]", #"{"disk.used"}"#)]
    let page = try await Self.ports(written: written, remoteWrite: true)
      .ask("/federate", selectors)
    #expect(
      page.text == """
        # TYPE disk_used untyped
        disk_used{cluster="hvs",host_name="a\\"b",instance=""} 5 950000
        # TYPE requests_total counter
        requests_total{cluster="hvs",instance="a"} 1e+21 999500
        requests_total{cluster="hvs",instance="b"} 2 990000
        requests_total{cluster="hvs",instance="w"} 8 998000

        """
    )
    let without = try await Self.ports(written: written).ask("/federate", selectors)
    #expect(without.text == Self.requests)
  }

  @Test func `no selector gives an empty page, a faulty one is refused`() async throws {
    let empty = try await Self.ports().ask("/federate")
    #expect(empty.status == 200 && empty.text.isEmpty)
    for text in ["{", "up[1m]", "{a=~\"(\"}", "{}"] {
      let refused = try await Self.ports().ask("/federate", [("match[]", text)])
      #expect(refused.status == 400 && refused.text.contains("match[]"), "\(text)")
    }
  }
}
