// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import TestSupport
import Testing

/// What cannot be known although its target answers.
@Suite struct WithheldSeriesTests {
  private typealias Harness = IngestHarness
  private let harness = IngestHarness()

  private func sample(_ labels: [String: String]) -> CollectedSample {
    CollectedSample(Harness.any, 1, labels)
  }

  private func partial(_ part: String, node: String? = nil, _ reason: String) -> CollectedSample {
    let labels = ["part": part, "node": node, "reason": reason].compactMapValues { $0 }
    return CollectedSample(IngestMetrics.collectorPartial, 1, labels)
  }

  private var withheld: [String] {
    harness.ingest.withheldSeries.compactMap { $0["id"] }.sorted()
  }

  private let disk = ["id": "disk", "node": "n1"]
  private let other = ["id": "other", "node": "n2"]
  private let placeless = ["id": "placeless"]

  @Test func `a node of which nothing is known is an unreachable part of its target`() {
    harness.ingest.expect([Harness.target()])
    harness.poll(
      10,
      [
        partial("guests", node: "n1", "node_down"), partial("details", node: "n1", "node_down"),
        partial("disks", node: "n2", "timeout"), partial("storage", "forbidden"),
      ]
    )
    #expect(harness.ingest.unreachableTargets.isEmpty)
    #expect(harness.ingest.unreachableParts == [LabelSet(Harness.labels(["node": "n1"]))])
    harness.poll(20, [partial("disks", node: "n2", "timeout")])
    #expect(harness.ingest.unreachableParts.isEmpty)
  }

  @Test func `series that end as a part falls silent are withheld until it is asked again`() {
    harness.poll(10, [sample(disk), sample(other), sample(placeless)])
    harness.poll(20, [sample(other), partial("disks", node: "n1", "timeout")])
    #expect(withheld == ["disk", "placeless"])
    let labels = harness.ingest.withheldSeries.first { $0["id"] == "disk" }
    #expect(labels == LabelSet(Harness.labels(disk)))
    // What ends later does so for another reason.
    harness.poll(30, [partial("disks", node: "n1", "refused")])
    #expect(withheld == ["disk", "placeless"])
    harness.poll(40, [sample(placeless), partial("disks", node: "n1", "refused")])
    #expect(withheld == ["disk"])
    harness.poll(50, [sample(placeless)])
    #expect(withheld.isEmpty)
  }

  @Test func `a series of another node than the silent one has ended`() {
    harness.poll(10, [sample(disk), sample(other)])
    harness.poll(20, [partial("disks", node: "n2", "timeout")])
    #expect(withheld == ["other"])
  }

  @Test func `a part that is silent for good withholds nothing that ends later`() {
    harness.poll(10, [sample(disk), partial("storage", "forbidden")])
    harness.poll(20, [sample(disk), partial("storage", "forbidden")])
    harness.poll(30, [partial("storage", "forbidden")])
    #expect(withheld.isEmpty)
  }

  @Test func `what ended with its target is withheld when a part of it stays silent`() {
    harness.poll(10, [sample(disk), sample(other), sample(placeless)])
    harness.fail(20)
    #expect(withheld.isEmpty)
    harness.fail(30)
    harness.poll(40, [sample(placeless), partial("disks", node: "n1", "node_down")])
    #expect(withheld == ["disk"])
    harness.fail(50)
    #expect(withheld == ["disk"])
    harness.poll(60, [sample(disk)])
    #expect(withheld.isEmpty)
  }

  @Test func `a part that stays silent over a failure of its target goes on withholding`() {
    harness.poll(10, [sample(disk)])
    harness.poll(20, [partial("disks", node: "n1", "timeout")])
    harness.fail(30)
    harness.poll(40, [partial("disks", node: "n1", "timeout")])
    #expect(withheld == ["disk"])
    harness.poll(50, [])
    #expect(withheld.isEmpty)
  }

  @Test func `a target that is forgotten withholds nothing`() {
    harness.poll(10, [sample(disk)])
    harness.poll(20, [partial("disks", node: "n1", "node_down")])
    harness.ingest.forget(targets: ["scripted/web/a"], at: Harness.at(30))
    #expect(withheld.isEmpty && harness.ingest.unreachableParts.isEmpty)
  }
}
