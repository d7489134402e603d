// SPDX-License-Identifier: MIT
import FoundationEssentials
import PromQL
import PromQLScripts
import Testing

@Suite struct ConformanceTests {
  @Test(arguments: [("core", 551), ("optional", 139)])
  func `the scripts give the results they expect`(folder: String, atLeast: Int) throws {
    guard let scripts = ScriptFolder.shared(folder) else {
      print("conformance scripts not found: skipped")
      return
    }
    var runner = ScriptRunner()
    for (name, text) in scripts { runner.run(TestScript(text), name: name) }
    print("promql conformance \(folder): \(runner.report)")
    for failure in runner.failures { Issue.record("\(failure)") }
    #expect(runner.passed >= atLeast)
  }

  @Test func `our own scripts give the results they expect`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Scripts"
    let scripts = try #require(ScriptFolder.load(path: folder))
    var runner = ScriptRunner()
    for (name, text) in scripts { runner.run(TestScript(text), name: name) }
    print("own promql scripts: \(runner.report)")
    for failure in runner.failures { Issue.record("\(failure)") }
    #expect(runner.passed > 450)
    #expect(runner.unsupported.isEmpty)
  }

  @Test func `dropping names at once changes only what the scripts on late names expect`() throws {
    guard let scripts = ScriptFolder.shared("core") else {
      print("conformance scripts not found: skipped")
      return
    }
    var runner = ScriptRunner()
    runner.engine.dropsNamesLate = false
    for (name, text) in scripts { runner.run(TestScript(text), name: name) }
    for failure in runner.failures {
      #expect(failure.hasPrefix("name_label_dropping.test:"), "\(failure)")
    }
    #expect(runner.failures.count < 6)
  }

  @Test func `printing an expression and parsing the text gives the same expression`() throws {
    guard let scripts = ScriptFolder.shared("core") else {
      print("conformance scripts not found: skipped")
      return
    }
    var runner = ScriptRunner()
    for (name, text) in scripts { runner.run(TestScript(text), name: name) }
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
