// SPDX-License-Identifier: MIT
import Patterns

/// Which tests of a file are run.
package struct RuleTestSelection: Sendable {
  private let pattern: SearchPattern?

  /// Takes a regular expression that is looked for in the names; nil takes all tests.
  ///
  /// Nil when it is not valid.
  package init?(_ pattern: String?) {
    do throws(PatternError) {
      self.pattern = try pattern.map { text throws(PatternError) in try SearchPattern(text) }
    } catch {
      return nil
    }
  }

  /// The test is to be run.
  package func takes(_ test: RuleTest) -> Bool {
    pattern?.isFound(in: test.name) ?? true
  }
}

/// Tests of one file that are run beside each other: none knows of another.
package struct RuleTestBatch: Sendable {
  /// So many run at once at most.
  private static let width = 4

  private let runner: RuleTestRunner
  private let tests: [RuleTest]

  /// Names what is run.
  package init(runner: RuleTestRunner, tests: [RuleTest]) {
    self.runner = runner
    self.tests = tests
  }

  /// Runs the tests; the outcomes are in the order of the file.
  package func outcomes() async -> [RuleTestOutcome] {
    await withTaskGroup(of: (Int, RuleTestOutcome).self) { group in
      var outcomes = [RuleTestOutcome?](repeating: nil, count: tests.count)
      var next = 0
      func addNext() {
        guard next < tests.count else { return }
        let index = next
        next += 1
        group.addTask { (index, runner.run(tests[index])) }
      }
      for _ in 0..<Self.width { addNext() }
      for await (index, outcome) in group {
        outcomes[index] = outcome
        addNext()
      }
      return outcomes.compactMap { $0 }
    }
  }
}
