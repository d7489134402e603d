// SPDX-License-Identifier: MIT
import FoundationEssentials
import RuleTesting
import Rules
import TestSupport
import Testing

/// The recorded test files of promtool, and what its documentation says each must give.
@Suite struct ConformanceFilesTests {
  @Test(arguments: [
    ("unittest-a.yml", 0), ("hv-a-test.yml", 0), ("no-test-group-interval.yml", 0),
    ("at-modifier-test.yml", 0), ("failing.yml", 4), ("rules_run.yml", 1),
    ("rules_run_no_fuzzy.yml", 2), ("bad-rules-error-test.yml", 1),
  ])
  func `a test file fails as often as promtool says`(name: String, failures: Int) async throws {
    guard let bench = try TestFileBench(shared: name) else { return }
    let found = await bench.outcomes().flatMap(\.failures)
    #expect(found.count == failures, "\(found)")
  }

  @Test func `neighbouring numbers are equal only when the file compares fuzzily`() async throws {
    guard let folder = SharedFolder.path else { return }
    let path = "\(folder)/conformance/rules/rules_run_no_fuzzy.yml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let fuzzy = try TestFileBench(
      text.replacing("fuzzy_compare: false", with: "fuzzy_compare: true")
    )
    #expect(await fuzzy.outcomes().allSatisfy(\.failures.isEmpty))
  }

  @Test func `only the tests of the wanted name are run`() async throws {
    guard let bench = try TestFileBench(shared: "rules_run.yml") else { return }
    let correct = try #require(RuleTestSelection("^correct"))
    #expect(bench.file.tests.filter { correct.takes($0) }.map(\.name) == ["correct test"])
    let wrong = try #require(RuleTestSelection("wrong"))
    let outcomes = await bench.outcomes(wrong)
    #expect(outcomes.map(\.failures.count) == [1])
    #expect(RuleTestSelection("(") == nil)
  }

  @Test func `a rule that cannot be evaluated fails the test with its reason`() async throws {
    guard let bench = try TestFileBench(shared: "bad-rules-error-test.yml") else { return }
    let outcomes = await bench.outcomes()
    let lines = outcomes.flatMap(RuleTestReport.lines)
    #expect(
      lines.first?.hasPrefix("    rule: joined, time: 0s, err: found duplicate series") == true,
      "\(lines)"
    )
  }

  @Test func `unknown keys are faults unless they are to be left out`() async throws {
    let name = "rules_run_extrafields.yml"
    #expect(throws: RuleFileFaults.self) { try TestFileBench(shared: name) }
    guard let bench = try TestFileBench(shared: name, ignoringUnknownKeys: true) else { return }
    #expect(await bench.outcomes().allSatisfy(\.failures.isEmpty))
  }
}

/// A test file with its rule files.
struct TestFileBench {
  let file: RuleTestFile
  let rules: RuleSet

  /// A file of the shared folder; nil when the folder is not there.
  init?(shared name: String, ignoringUnknownKeys: Bool = false) throws {
    guard let shared = SharedFolder.path else { return nil }
    let folder = "\(shared)/conformance/rules"
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    file = try RuleTestFile(reading: Array(text), file: name)
    var files: [RuleSet.File] = []
    for rule in file.ruleFiles {
      let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(rule)"))
      files.append(RuleSet.File(name: rule, text: Array(text)))
    }
    rules = try LocatedRules(reading: files, ignoringUnknownKeys: ignoringUnknownKeys).set
  }

  /// A file and the rules it is about.
  init(_ text: String, rules: String = "") throws {
    file = try RuleTestFile(reading: Array(text.utf8), file: "tests.yml")
    self.rules = try RuleSet(
      reading: [RuleSet.File(name: "rules.yml", text: Array(rules.utf8))]
    )
  }

  func outcomes(_ selection: RuleTestSelection? = nil) async -> [RuleTestOutcome] {
    let tests = file.tests.filter { selection?.takes($0) ?? true }
    return await RuleTestBatch(runner: RuleTestRunner(file, rules: rules), tests: tests).outcomes()
  }
}
