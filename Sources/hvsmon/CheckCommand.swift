// SPDX-License-Identifier: MIT
import Configuration
import Daemon

/// `hvsmon check`.
enum CheckCommand: Command {
  static let name = "check"
  static let summary = "validate the settings and rule files"
  static let help = """
    hvsmon check [--config FILE] [FILE...]

    Reads the settings file, the rule files it names and those given here, and prints every fault
    as FILE:LINE:COLUMN: KEY: what is wrong and what is allowed; faults of rule files as promtool
    prints them, as FILE: LINE:COLUMN: group "g", rule 2, "Name": what is wrong. With rule files alone,
    only they are read; a FILE with settings is read as with --config.

    Rules without faults are reviewed: metrics and labels that hvsmon does not know, with the nearest
    one that it knows, operators whose sides can never match, rules that stand twice, and alerts
    without `for`, severity, summary or runbook_url are warnings.

    Exit status: 0 no fault, 1 faults, 2 a file cannot be read.

    Example: hvsmon check --config /etc/hvsmon/hvsmon.yml
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    var config = try arguments.value("--config")
    var ruleFiles = try arguments.rest()
    let loader = Program.loader
    if config == nil, let place = ruleFiles.firstIndex(where: loader.isSettingsFile) {
      config = ruleFiles.remove(at: place)
    }
    var isUnreadable = false
    var faults: [SettingsIssue] = []
    var warnings: [String] = []
    var reviewed = ruleFiles
    if config != nil || ruleFiles.isEmpty {
      let path = config ?? SettingsLoader.standardPath
      let check = await loader.check(path)
      faults += check.faults
      isUnreadable = check.isUnreadable
      warnings = check.warnings
      reviewed = check.ruleFiles + ruleFiles.filter { !check.ruleFiles.contains($0) }
    }
    let rules = loader.checkRuleFiles(reviewed)
    faults += rules.faults
    for warning in warnings + rules.warnings { Terminal.print("warning: \(warning)") }
    isUnreadable = isUnreadable || rules.isUnreadable
    for fault in faults { Terminal.print(fault.description) }
    if isUnreadable { return 2 }
    if faults.isEmpty { Terminal.print("no faults") }
    return faults.isEmpty ? 0 : 1
  }
}
