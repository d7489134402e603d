// SPDX-License-Identifier: MIT
import FoundationEssentials
import PromQL
import Rules
import Testing

/// What every rule of the shipped library comes with.
@Suite struct LibraryTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let runbooks = "deploy/runbooks"
  private static let severities: Set<String> = ["page", "warning", "info"]

  private static func shipped() throws -> RuleSet {
    let text = try Data(contentsOf: root.appending(path: "alerts.yml"))
    return try RuleSet(reading: [RuleSet.File(name: "alerts.yml", text: Array(text))])
  }

  private static func alerts() throws -> [AlertingRule] {
    try shipped().groups.flatMap(\.rules).compactMap { rule in
      if case .alerting(let rule) = rule { rule } else { nil }
    }
  }

  private static func files(in folder: String, suffix: String) throws -> [String] {
    let path = root.appending(path: folder).path
    return try FileManager.default.contentsOfDirectory(atPath: path).filter {
      $0.hasSuffix(suffix)
    }.sorted()
  }

  private static func annotation(_ name: String, of rule: AlertingRule) -> String? {
    rule.annotations.first { $0.name == name }?.template.text
  }

  @Test func `every alert has a severity, a summary and a description, and its name once`() throws {
    var names: Set<String> = []
    for rule in try Self.alerts() {
      #expect(names.insert(rule.name).inserted, "\(rule.name)")
      let severity = rule.labels.first { $0.name == "severity" }?.template.text ?? ""
      #expect(Self.severities.contains(severity), "\(rule.name)")
      for annotation in ["summary", "description"] {
        let text = Self.annotation(annotation, of: rule)
        #expect((text?.count ?? 0) > 20, "\(rule.name) lacks its \(annotation)")
      }
    }
    #expect(names.count > 100)
  }

  @Test func `every alert names a runbook page that exists, and every page belongs to an alert`()
    throws
  {
    let pages = Set(try Self.files(in: Self.runbooks, suffix: ".md")).subtracting(["README.md"])
    var named: Set<String> = []
    for rule in try Self.alerts() {
      let address = Self.annotation("runbook_url", of: rule) ?? ""
      #expect(address.hasPrefix("\(Self.runbooks)/"), "\(rule.name)")
      named.insert(String(address.dropFirst(Self.runbooks.count + 1)))
    }
    #expect(named.subtracting(pages).sorted() == [], "named and missing")
    #expect(pages.subtracting(named).sorted() == [], "there and named by no alert")
  }

  @Test func `every runbook page says what it is, how to see it, what to do and whom to wake`()
    throws
  {
    let headings = ["What it means", "See for yourself", "First", "Worse", "Wake somebody"]
    for page in try Self.files(in: Self.runbooks, suffix: ".md") where page != "README.md" {
      let file = Self.root.appending(path: Self.runbooks).appending(path: page)
      let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
      #expect(text.hasPrefix("# \(page.dropLast(3))\n"), "\(page)")
      for heading in headings {
        #expect(text.contains("## \(heading)\n"), "\(page) lacks \(heading)")
      }
    }
  }

  @Test func `no group reads what it records itself, which would bring it up without end`() throws {
    for group in try Self.shipped().groups {
      var recorded: Set<String> = []
      for case .recording(let rule) in group.rules { recorded.insert(rule.name) }
      for rule in group.rules {
        #expect(recorded.isDisjoint(with: rule.expression.metricNames), "\(rule.name)")
      }
    }
  }

  @Test func `every alert fires in one unit test, and stays quiet in it before`() throws {
    var tested: Set<String> = []
    for name in try Self.files(in: "Tests/Rules", suffix: ".test.yml") {
      let file = Self.root.appending(path: "Tests/Rules").appending(path: name)
      let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
      var fires: Set<String> = []
      var isQuiet: Set<String> = []
      var current = ""
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ")
        if let index = words.firstIndex(of: "alertname:"), index + 1 < words.count {
          current = String(words[index + 1])
        }
        if words.first == "exp_alerts:" {
          if words.count > 1 { isQuiet.insert(current) } else { fires.insert(current) }
        }
      }
      tested.formUnion(fires.intersection(isQuiet))
    }
    let names = Set(try Self.alerts().map(\.name))
    #expect(names.subtracting(tested).sorted() == [], "without a unit test")
    #expect(tested.subtracting(names).sorted() == [], "tested and not there")
  }
}
