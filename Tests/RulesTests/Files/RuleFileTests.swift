// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import MetricModel
import Rules
import TestSupport
import Testing
import YAML

@Suite struct RuleFileTests {
  static let full = """
    groups:
      - name: web
        interval: 30s
        query_offset: 10s
        limit: 5
        labels: {team: ops, severity: low}
        rules:
          - record: job:up:sum
            expr: sum by (job) (up)
            labels: {kind: sum}
          - alert: Down
            expr: |
              up{job="web"}
                == 0
            for: 1m30s
            keep_firing_for: 5m
            labels:
              severity: "{{ if gt $value 1.0 }}page{{ else }}warn{{ end }}"
            annotations:
              summary: "{{ $labels.instance }} is down"
    """

  @Test func `a full rule file is read with all its fields`() throws {
    let rules = try ruleSet(Self.full)
    let group = try #require(rules.groups.first)
    #expect(rules.groups.count == 1 && group.rules.count == 2)
    #expect(group.name == "web" && group.file == "rules.yml")
    #expect(group.interval == .seconds(30) && group.queryOffset == .seconds(10))
    #expect(group.limit == 5)
    guard case .recording(let recording) = group.rules[0],
      case .alerting(let alerting) = group.rules[1]
    else {
      Issue.record("a recording and an alerting rule")
      return
    }
    #expect(recording.name == "job:up:sum")
    #expect(recording.expressionText == "sum by (job) (up)")
    #expect(
      recording.labels
        == [Label("kind", "sum"), Label("severity", "low"), Label("team", "ops")]
    )
    #expect(alerting.holdDuration == .seconds(90) && alerting.keepFiringFor == .seconds(300))
    #expect(alerting.limit == 5)
    #expect(alerting.labels.map(\.name).sorted() == ["severity", "team"])
    #expect(alerting.labels.first { $0.name == "severity" }?.template.isLiteral == false)
    #expect(alerting.annotations.map(\.name) == ["summary"])
  }

  @Test(arguments: ["", "# nothing\n", "groups:\n", "groups: []\n", "{}"])
  func `an empty file has no groups`(text: String) throws {
    #expect(try ruleSet(text).groups.isEmpty)
  }

  @Test(arguments: [
    (
      "groups: [{name: a}, {name: a}]",
      "rules.yml: 1:28: groupname: \"a\" is repeated in the same file"
    ),
    ("groups: [{rules: []}]", "Groupname must not be empty"),
    (
      "groups: [{name: a, rulez: []}]",
      "rules.yml: 1:20: group \"a\": rulez: is not a key hvsmon knows here; did you mean \"rules\"?"
    ),
    ("group: []", "did you mean \"groups\"?"),
    ("groups: [{name: a, interval: fast}]", "must be a span of time"),
    ("groups: [{name: a, interval: 0s}]", "group \"a\": interval: "),
    ("groups: [{name: a, limit: -1}]", "must be a whole number"),
    (
      "groups: [{name: a, rules: [{alert: A, record: r, expr: up}]}]",
      "only one of 'record' and 'alert' must be set"
    ),
    ("groups: [{name: a, rules: [{expr: up}]}]", "one of 'record' or 'alert' must be set"),
    ("groups: [{name: a, rules: [{alert: A}]}]", "field 'expr' must be set in rule"),
    ("groups: [{name: a, rules: [{alert: A, expr: ' '}]}]", "field 'expr' must be set in rule"),
    (
      "groups: [{name: a, rules: [{record: r, expr: up, for: 1m}]}]",
      "invalid field 'for' in recording rule"
    ),
    (
      "groups: [{name: a, rules: [{record: r, expr: up, keep_firing_for: 1m}]}]",
      "invalid field 'keep_firing_for' in recording rule"
    ),
    (
      "groups: [{name: a, rules: [{record: r, expr: up, annotations: {a: b}}]}]",
      "invalid field 'annotations' in recording rule"
    ),
    (
      "groups: [{name: a, rules: [{record: 'r{a=\"b\"}', expr: up}]}]",
      "braces present in the recording rule name"
    ),
    ("groups: [{name: a, rules: [{record: 1r, expr: up}]}]", "invalid recording rule name: 1r"),
    (
      "groups: [{name: a, rules: [{alert: A, expr: up, labels: {__name__: x}}]}]",
      "invalid label name: __name__"
    ),
    (
      "groups: [{name: a, rules: [{alert: A, expr: up, labels: {a-b: x}}]}]",
      "invalid label name: a-b"
    ),
    (
      "groups: [{name: a, rules: [{alert: A, expr: up, annotations: {a b: x}}]}]",
      "invalid annotation name: a b"
    ),
    (
      "groups: [{name: a, rules: [{alert: A, expr: up, labels: {a: [x]}}]}]",
      "a must be a single value"
    ),
    (
      "groups: [{name: a, rules: [{alert: A, expr: up, for: soon}]}]",
      "group \"a\", rule 1, \"A\": for: must be a span"
    ),
    (
      "groups: [{name: a, rules: [{alert: A, expr: up, labels: {a: '{{ $x }}'}}]}]",
      "undefined variable \"$x\""
    ),
    ("groups: [{name: a, rules: [{alert: A, expr: up, forr: 1m}]}]", "did you mean \"for\"?"),
    ("groups: 5", "must be a list"),
    ("groups: [5]", "must be a section of keys"),
    ("groups: [", "rules.yml:"),
  ])
  func `a fault is told with its place`(text: String, expected: String) {
    let found = faults(text)
    #expect(found.contains { $0.contains(expected) }, "\(found)")
  }

  @Test(arguments: [
    ("expr: up @ x", 16), ("expr: 'up @ x'", 17), ("expr: \"up @ x\"", 17),
  ])
  func `an expression's fault is placed within its line`(line: String, column: Int) throws {
    let text = "groups:\n- name: g\n  rules:\n  - alert: A\n    \(line)\n"
    let fault = try #require(faults(text).first)
    #expect(fault.hasPrefix("rules.yml: 5:"))
    #expect(fault.contains("could not parse expression"))
    #expect(fault.split(separator: ":")[2] == "\(column)", "\(fault)")
  }

  @Test func `an expression's fault in a block is placed on its own line`() throws {
    let text = """
      groups:
        - name: g
          rules:
            - alert: A
              expr: |
                up
                  == on ( 0
              annotations:
                note: >-
                  first
                  {{ $nope }}
      """
    let found = faults(text)
    #expect(found.count == 2)
    let title = "group \"g\", rule 1, \"A\""
    #expect(
      found[0].hasPrefix("rules.yml: 7:21: \(title): could not parse expression: "),
      "\(found[0])"
    )
    #expect(
      found[1].hasPrefix("rules.yml: 11:16: \(title): annotation \"note\": could not parse"),
      "\(found[1])"
    )
  }

  @Test func `all faults are told at once in the order of the file`() {
    let text = """
      groups:
        - name: a
          rules:
            - alert: A
              expr: up ==
              labels: {1: x}
            - expr: up
            - record: r
              for: 1m
      """
    let found = faults(text)
    #expect(found.count == 5, "\(found)")
    #expect(
      found.map { Int($0.split(separator: ":")[1].dropFirst()) ?? 0 } == [5, 6, 7, 8, 9],
      "\(found)"
    )
  }

  @Test func `several files are read all or none`() {
    let good = RuleSet.File(name: "good.yml", text: Array(Self.full.utf8))
    let bad = RuleSet.File(name: "bad.yml", text: Array("groups: [{name: ''}]".utf8))
    #expect(throws: RuleFileFaults.self) { try RuleSet(reading: [good, bad]) }
    #expect(throws: Never.self) { try RuleSet(reading: [good, good]) }
  }

  @Test func `equal rules are told apart and warned of`() throws {
    let text = """
      groups:
        - name: a
          rules:
            - {alert: A, expr: up == 0}
            - {alert: A, expr: up == 0}
      """
    let rules = try ruleSet(text)
    #expect(rules.warnings.count == 1)
    #expect(rules.warnings.first?.mark?.line == 5)
    let both = rules.groups[0].rules.map(\.identity)
    #expect(both[0] != both[1])
  }

  @Test func `an identity follows from name, expression and labels alone`() throws {
    func identity(_ rule: String) throws -> RuleIdentity {
      try ruleSet("groups: [{name: g, rules: [\(rule)]}]").groups[0].rules[0].identity
    }
    let one = try identity("{alert: A, expr: up == 0, labels: {a: b, c: d}, for: 1m}")
    #expect(try one == identity("{alert: A, expr: up == 0, labels: {c: d, a: b}, for: 5m}"))
    #expect(try one != identity("{alert: A, expr: up == 1, labels: {a: b, c: d}}"))
    #expect(try one != identity("{alert: A, expr: up == 0, labels: {a: b, c: e}}"))
    #expect(try one != identity("{alert: B, expr: up == 0, labels: {a: b, c: d}}"))
  }

  @Test func `the inputs of a group are what it reads and does not write`() throws {
    let inputs = try ruleSet(
      """
      groups:
        - name: a
          rules:
            - {record: r, expr: 'sum(rate(x[5m])) / y'}
            - {alert: A, expr: r > 1 and on() ALERTS or absent(z)}
      """
    ).groups[0].inputs
    #expect(inputs == RuleInputs(metricNames: ["x", "y", "z"], readsAll: false))
    let all = try ruleSet("groups: [{name: a, rules: [{alert: A, expr: '{job=\"x\"}'}]}]")
    #expect(all.groups[0].inputs.readsAll)
  }

  @Test func `truncated and random files are read or refused and never trap`() throws {
    let bytes = Array(Self.full.utf8)
    for count in stride(from: 0, to: bytes.count, by: 3) {
      _ = faults(String(decoding: bytes[..<count], as: UTF8.self))
    }
    var random = SeededRandom(seed: 7)
    for _ in 0..<300 {
      var copy = bytes
      for _ in 0..<4 {
        let index = Int.random(in: copy.indices, using: &random)
        copy[index] = UInt8.random(in: 9...255, using: &random)
      }
      do {
        _ = try RuleSet(reading: [RuleSet.File(name: "r", text: copy)])
      } catch {
        #expect(!error.issues.isEmpty)
      }
    }
  }
}

@Suite struct RuleConformanceTests {
  private static func read(_ name: String) throws -> RuleSet? {
    guard let folder = SharedFiles.folder("conformance/rules") else { return nil }
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    return try RuleSet(reading: [RuleSet.File(name: name, text: Array(data))])
  }

  @Test(arguments: [
    ("rules.yml", 5), ("hv-a-rules.yml", 8), ("at-modifier.yml", 1), ("bad-rules-error.yml", 1),
    ("prometheus-rules.lint.yml", 2),
  ])
  func `good files load`(name: String, count: Int) throws {
    guard let rules = try Self.read(name) else { return }
    #expect(rules.groups.flatMap(\.rules).count == count)
    #expect(rules.warnings.isEmpty == (name != "prometheus-rules.lint.yml"))
  }

  @Test(arguments: [
    ("rules-bad.yml", ["undefined variable \"$label\""]),
    ("rules_extrafields.yml", ["group \"alerts\": namespace: ", "group \"rules\": ownership: "]),
  ])
  func `bad files are refused with what is wrong`(name: String, expected: [String]) throws {
    do throws(RuleFileFaults) {
      guard let folder = SharedFiles.folder("conformance/rules") else { return }
      let data = (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))) ?? Data()
      _ = try RuleSet(reading: [RuleSet.File(name: name, text: Array(data))])
      Issue.record("\(name) was not refused")
    } catch {
      #expect(error.issues.count == expected.count)
      for (issue, text) in zip(error.issues, expected) {
        #expect(issue.description.contains(text), "\(issue)")
      }
    }
  }
}
