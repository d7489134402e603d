// SPDX-License-Identifier: MIT
import Configuration
import Daemon
import RuleTesting
import Rules

/// `hvsmon rules test`.
enum RulesTestCommand: Command {
  static let name = "test"
  static let summary = "run unit tests of rules"
  static let help = """
    hvsmon rules test FILE... [--run PATTERN] [--ignore-unknown-fields]

    Runs the tests of files in the format of `promtool test rules`, with the rule files they name.
    With --run only the tests whose name PATTERN, a regular expression, finds. Where a test fails,
    what was expected and what came stand one below the other, then what differs.

    Exit status: 0 all passed, 1 a test failed or a file has faults, 2 a file cannot be read, or
    wrong arguments.

    Example: hvsmon rules test alerts_test.yml
    Example: hvsmon rules test *_test.yml --run 'quorum|backup'
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let pattern = try arguments.value("--run")
    let ignoresUnknown = arguments.flag("--ignore-unknown-fields")
    let paths = try arguments.rest()
    guard !paths.isEmpty else { throw UsageError(description: "a test file is missing") }
    guard let selection = RuleTestSelection(pattern) else {
      throw UsageError(
        description: "--run needs a regular expression, not \(pattern ?? "nothing")"
      )
    }
    var status: Int32 = 0
    for path in paths {
      Terminal.print("Unit Testing:  \(path)")
      let run = RuleTestFileRun(
        path: path,
        selection: selection,
        ignoresUnknownKeys: ignoresUnknown
      )
      status = max(status, await run.carryOut())
    }
    return status
  }
}

/// Runs one test file.
private struct RuleTestFileRun {
  let path: String
  let selection: RuleTestSelection
  let ignoresUnknownKeys: Bool

  func carryOut() async -> Int32 {
    let file: RuleTestFile
    let rules: RuleSet
    do throws(FileSetFailure) {
      file = try testFile()
      rules = try self.rules(of: file)
    } catch {
      return tell(error)
    }
    for warning in file.warnings { Terminal.print("  WARNING: \(warning)") }
    let runner = RuleTestRunner(file, rules: rules)
    let tests = file.tests.filter { selection.takes($0) }
    let outcomes = await RuleTestBatch(runner: runner, tests: tests).outcomes()
    for warning in Set(outcomes.flatMap(\.warnings)).sorted() {
      Terminal.print("  WARNING: \(warning)")
    }
    let failed = outcomes.filter { !$0.failures.isEmpty }
    guard !failed.isEmpty else {
      let count = tests.count == file.tests.count ? "" : " of \(file.tests.count)"
      Terminal.print("  SUCCESS: \(tests.count)\(count) tests passed\n")
      return 0
    }
    Terminal.print("  FAILED: \(failed.count) of \(tests.count) tests")
    for outcome in failed {
      for line in RuleTestReport.lines(of: outcome) { Terminal.print(line) }
      Terminal.print("")
    }
    return 1
  }

  private func tell(_ failure: FileSetFailure) -> Int32 {
    Terminal.print("  FAILED:")
    for line in failure.lines { Terminal.print("    \(line)") }
    Terminal.print("")
    return failure.isUnreadable ? 2 : 1
  }

  private func testFile() throws(FileSetFailure) -> RuleTestFile {
    let text = try FileSet.text(path)
    do throws(RuleTestFaults) {
      return try RuleTestFile(
        reading: text,
        file: path,
        ignoringUnknownKeys: ignoresUnknownKeys
      )
    } catch {
      throw FileSetFailure(lines: error.issues.map(\.description), isUnreadable: false)
    }
  }

  private func rules(of file: RuleTestFile) throws(FileSetFailure) -> RuleSet {
    var files: [RuleSet.File] = []
    for pattern in file.ruleFiles {
      let found = FileSet.matches(pattern, besides: path)
      if found.isEmpty {
        Terminal.print("  WARNING: no file matches the pattern \(pattern)")
      }
      for name in found where !files.contains(where: { $0.name == name }) {
        files.append(RuleSet.File(name: name, text: try FileSet.text(name)))
      }
    }
    do throws(RuleFileFaults) {
      return try LocatedRules(reading: files, ignoringUnknownKeys: ignoresUnknownKeys).set
    } catch {
      throw FileSetFailure(lines: error.issues.map(\.description), isUnreadable: false)
    }
  }
}
