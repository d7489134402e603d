// SPDX-License-Identifier: MIT
import Collectors
import Daemon
import FoundationEssentials
import MetricModel
import PromQL
import Rules
import TestSupport
import Testing

@testable import Dashboards

/// The dashboards beside the rules that ship and the metrics that there are.
@Suite struct DashboardRulesTests {
  private static let rules = Result { () -> [Rule] in
    let path = "\(DashboardFolder.path)/../alerts.yml"
    let text = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    return try RuleSet(reading: [RuleSet.File(name: "alerts.yml", text: text)]).groups
      .flatMap(\.rules)
  }

  private func alert(_ name: String) throws -> AlertingRule? {
    for case .alerting(let rule) in try Self.rules.get() where rule.name == name { return rule }
    return nil
  }

  @Test(arguments: Dashboard.all.flatMap(\.limits))
  func `a limit is that of its rule`(limit: Limit) throws {
    let rule = try #require(try alert(limit.rule), "there is no alert \(limit.rule)")
    let numbers = RuleNumbers(in: rule.expression)
    let isThere =
      switch limit.bound {
      case .above(let number):
        numbers.contains(.greater, number) || numbers.contains(.greaterOrEqual, number)
      case .below(let number):
        numbers.contains(.less, number) || numbers.contains(.lessOrEqual, number)
      case .moreThan(let count):
        numbers.contains(.greater, Double(count))
          || numbers.contains(.greaterOrEqual, Double(count + 1))
      case .isZero: numbers.contains(.equal, 0)
      case .isOne: numbers.contains(.equal, 1)
      }
    #expect(isThere, "\(limit.rule) compares with \(numbers.comparisons)")
    let severity = rule.labels.first { $0.name == "severity" }
    #expect(severity?.template.text == limit.severity.rawValue, "\(limit.rule)")
  }

  @Test func `limits of one panel bound it from the same side`() {
    for panel in Dashboard.all.flatMap(\.sections).flatMap(\.panels) {
      for limits in [panel.limits] + panel.queries.map(\.limits) where !limits.isEmpty {
        #expect(Set(limits.map(\.isFloor)).count == 1, "\(panel.title)")
      }
    }
  }

  @Test func `the budget counts the probes that the rules count`() throws {
    var recorded: PromQL.Expression?
    for case .recording(let rule) in try Self.rules.get() where rule.name == "entry:probe_bad" {
      recorded = rule.expression
    }
    // A share of five minutes where the rule looks at one probe.
    let own = Dashboard.badShare.replacing("@cluster,@entry,", with: "")
      .replacing(
        #"1 - avg_over_time(probe_success{tier=""}[5m])"#,
        with: #"probe_success{tier=""} == bool 0"#
      )
      .replacing(
        #"avg_over_time(probe_duration_seconds{tier=""}[5m])"#,
        with: #"probe_duration_seconds{tier=""}"#
      )
    #expect(try PromQLParser.parse(own) == recorded)
  }

  @Test func `every metric and label that is asked for can be there`() throws {
    let queries = try DashboardFolder.queries().map(\.filled)
    let choices = try DashboardFolder.choices().map { "count by (\($0.label)) (\($0.series))" }
    var file = "groups:\n  - name: dashboards\n    rules:\n"
    for (index, text) in (queries + choices).enumerated() {
      var quoted = JSONText()
      quoted.string(text)
      file += "      - record: dashboard:query_\(index)\n"
      file += "        expr: \(String(decoding: quoted.bytes, as: UTF8.self))\n"
      #expect(!text.contains("entry:"), "recorded series are not on /metrics: \(text)")
    }
    let folder = try TemporaryFolder()
    let path = try folder.write("dashboards.rules.yml", file)
    let loader = SettingsLoader(collectors: allCollectors) { _ in [] }
    let check = loader.checkRuleFiles([path])
    #expect(check.faults.isEmpty)
    #expect(check.warnings.isEmpty, "\(check.warnings.joined(separator: "\n"))")
  }
}

extension Dashboard {
  fileprivate var limits: [Limit] {
    sections.flatMap(\.panels).flatMap { $0.limits + $0.queries.flatMap(\.limits) }
  }
}
