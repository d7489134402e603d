// SPDX-License-Identifier: MIT
import PromQL
import Testing

@Suite struct ConformanceTests {
  @Test(arguments: [("core", 540), ("optional", 65)])
  func `the scripts give the results they expect`(folder: String, atLeast: Int) throws {
    guard let scripts = ConformanceScripts.load(folder) else {
      print("conformance scripts not found: skipped")
      return
    }
    var runner = ScriptRunner()
    for (name, text) in scripts { runner.run(try TestScript(text), name: name) }
    let reasons = Dictionary(grouping: runner.unsupported) { $0.reason }
    let unsupported = reasons.keys.sorted().map { reason in
      "\(reason) (\(reasons[reason, default: []].map(\.place).joined(separator: " ")))"
    }.joined(separator: ", ")
    print(
      "promql conformance \(folder): \(runner.passed) passed, \(runner.failures.count) failed, "
        + "\(runner.unsupported.count) unsupported \(unsupported)"
    )
    for failure in runner.failures { Issue.record("\(failure)") }
    #expect(runner.passed >= atLeast)
  }

  @Test func `dropping names at once changes only what the scripts on late names expect`() throws {
    guard let scripts = ConformanceScripts.load("core") else {
      print("conformance scripts not found: skipped")
      return
    }
    var runner = ScriptRunner()
    runner.engine.dropsNamesLate = false
    for (name, text) in scripts { runner.run(try TestScript(text), name: name) }
    for failure in runner.failures {
      #expect(failure.hasPrefix("name_label_dropping.test:"), "\(failure)")
    }
    #expect(runner.failures.count < 6)
  }

  @Test func `printing an expression and parsing the text gives the same expression`() throws {
    guard let scripts = ConformanceScripts.load("core") else {
      print("conformance scripts not found: skipped")
      return
    }
    var runner = ScriptRunner()
    for (name, text) in scripts { runner.run(try TestScript(text), name: name) }
    var checked = 0
    for text in runner.expressions {
      guard let expression = try? PromQLParser.parse(text) else { continue }
      let printed = expression.description
      let again = try PromQLParser.parse(printed)
      #expect(again == expression, "\(text) became \(printed)")
      #expect(again.description == printed)
      checked += 1
    }
    #expect(checked > 500)
  }
}
