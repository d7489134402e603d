// SPDX-License-Identifier: MIT
//
// Runs PromQL scripts and prints each failure with file, line and expression, what is not supported
// with its reason, and `N passed, M failed`. Status 1 when something failed, 2 when there is nothing
// to run.
//
// Usage: PromQLConformance [FOLDER|FILE ...]; the shared scripts when none is named
import Glibc
import PromQLScripts

@main
enum ConformanceRun {
  static func main() {
    let paths = Array(CommandLine.arguments.dropFirst())
    var scripts: [ScriptFolder.Script] = []
    if paths.isEmpty {
      for folder in ["core", "optional"] {
        scripts += (ScriptFolder.shared(folder) ?? []).map { ("\(folder)/\($0.name)", $0.text) }
      }
    }
    for path in paths {
      guard let found = ScriptFolder.load(path: path) else { give(up: "no such folder: \(path)") }
      scripts += found
    }
    guard !scripts.isEmpty else { give(up: "no script found: name a folder of .test files") }
    var runner = ScriptRunner()
    for (name, text) in scripts { runner.run(TestScript(text), name: name) }
    print(runner.report)
    exit(runner.failures.isEmpty ? 0 : 1)
  }

  private static func give(up reason: String) -> Never {
    let line = "PromQLConformance: \(reason)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(2)
  }
}
