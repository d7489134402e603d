// SPDX-License-Identifier: MIT
import Collectors
import FoundationEssentials
import MetricModel
import Polling
import PromQL
import Rules
import Testing
import Topology

@testable import Daemon

/// The rules that ship read what exists.
@Suite struct ShippedRulesTests {
  private static func shipped() throws -> RuleSet {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try Data(contentsOf: root.appending(path: "alerts.yml"))
    return try RuleSet(reading: [RuleSet.File(name: "alerts.yml", text: Array(text))])
  }

  @Test func `every metric the shipped rules read is defined`() throws {
    let catalog = MetricCatalog(
      allCollectors.flatMap { $0.metrics } + IngestMetrics.all + SelfMetrics.all
        + TopologyMetrics.all
    )
    let rules = try Self.shipped().groups.flatMap(\.rules)
    #expect(rules.count > 10)
    var recorded: Set<String> = []
    for case .recording(let rule) in rules { recorded.insert(rule.name) }
    for rule in rules {
      for name in rule.expression.metricNames where !recorded.contains(name) {
        #expect(catalog[name] != nil, "\(rule.name) reads \(name)")
      }
    }
  }

  @Test func `what hvsmon tells of itself is well named and defined once`() {
    let all =
      allCollectors.flatMap { $0.metrics } + IngestMetrics.all + SelfMetrics.all
      + TopologyMetrics.all
    #expect(Set(all.map(\.name)).count == all.count)
    for metric in SelfMetrics.all {
      #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
      #expect(metric.unit.map { metric.name.contains("_\($0)") } ?? true, "\(metric.name)")
      #expect(!metric.help.isEmpty)
    }
  }
}
