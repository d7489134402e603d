// SPDX-License-Identifier: MIT
import Collectors
import MetricModel
import Polling
import Testing

@Suite struct CatalogTests {
  private static let all = IngestMetrics.all + allCollectors.flatMap { $0.metrics }

  @Test func `no metric is defined twice`() {
    let names = Self.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(allCollectors.map { $0.name }).count == allCollectors.count)
  }

  @Test(arguments: all)
  func `a metric keeps the naming rules`(metric: MetricDefinition) {
    let name = metric.name
    #expect(!metric.help.isEmpty && metric.help.hasSuffix("."))
    #expect(!metric.help.contains("\n"))
    // The exporter for MongoDB makes names of the servers' own, which have capitals.
    let hasCapitals = name.hasPrefix("mongodb_")
    let isSnakeCase = name.utf8.allSatisfy {
      (97...122).contains($0) || (48...57).contains($0) || $0 == 95
        || hasCapitals && (65...90).contains($0)
    }
    #expect(isSnakeCase && name.utf8.first.map { (97...122).contains($0) } == true)
    // prometheus-pve-exporter calls a gauge so.
    if name != "pve_not_backed_up_total" {
      #expect((metric.kind == .counter) == name.hasSuffix("_total"))
    }
    #expect((metric.kind == .info) == name.hasSuffix("_info"))
    for suffix in [
      "_bucket", "_count", "_sum", "_created", "_s", "_ms", "_percent", "_milliseconds",
    ] {
      #expect(!name.hasSuffix(suffix))
    }
    for word in name.split(separator: "_") {
      #expect(!["counter", "gauge", "histogram", "summary", "kilobytes"].contains(word))
    }
    let stem = metric.kind == .counter ? String(name.dropLast("_total".count)) : name
    if let unit = metric.unit { #expect(stem.hasSuffix("_\(unit)")) }
    for unit in ["seconds", "bytes", "ratio"] where stem.hasSuffix("_\(unit)") {
      #expect(metric.unit == unit)
    }
    for label in metric.labelNames ?? [] {
      #expect(label.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 })
      // What every series of a target carries, or what histograms reserve; a virtual router's target
      // has no instance.
      let isOfMember = VRRPCollector.metrics.contains(metric) && label == "instance"
      let reserved = ["cluster", "job", "instance", "tier", "le", "quantile"].contains(label)
      #expect(!reserved || isOfMember)
    }
  }

  @Test func `no OpenMetrics family has the name of another's sample`() {
    var families: [String: String] = [:]
    for metric in Self.all {
      var family = metric.name
      if metric.kind == .counter { family.removeLast("_total".count) }
      if metric.kind == .info { family.removeLast("_info".count) }
      #expect(families.updateValue(metric.name, forKey: family) == nil, "\(family)")
    }
    for metric in Self.all where families[metric.name] != nil {
      #expect(families[metric.name] == metric.name)
    }
  }
}
