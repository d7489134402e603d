// SPDX-License-Identifier: MIT
import Configuration
import Glibc

/// The command line's entry.
@main
struct Main {
  static let commands: [any Command.Type] = [
    ServeCommand.self, InitCommand.self, DemoCommand.self, CheckCommand.self, TopCommand.self,
    StatusCommand.self, QueryCommand.self, SafeToStopCommand.self, AlertsCommand.self,
    ExplainCommand.self, SilenceCommand.self, AckCommand.self, NotifyTestCommand.self,
    TimelineCommand.self, ReportCommand.self, RulesCommand.self, DashboardsCommand.self,
    ImportCommand.self, BackupCommand.self, VersionCommand.self,
  ]

  static func main() async {
    // A peer that closes early must not end the process.
    signal(SIGPIPE, SIG_IGN)
    raiseFileLimit()
    exit(await run(Array(CommandLine.arguments.dropFirst())))
  }

  /// A host asked by ssh takes three descriptors, and a shell's usual limit is 1,024.
  private static func raiseFileLimit() {
    let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(openFiles, &limit) == 0 else { return }
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 8_192))
    // Without it the usual limit stands.
    _ = setrlimit(openFiles, &limit)
  }

  private static func run(_ words: [String]) async -> Int32 {
    guard let name = words.first, name != "--help", name != "-h", name != "help" else {
      Terminal.print(help)
      return words.isEmpty ? 2 : 0
    }
    if name == "--version" { return await run(["version"]) }
    guard let command = commands.first(where: { $0.name == name }) else {
      let nearest = nearestName(to: name, among: commands.map { $0.name })
      let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? "."
      Terminal.complain("there is no command \"\(name)\"\(hint) `hvsmon --help` lists all.")
      return 2
    }
    let rest = Array(words.dropFirst())
    guard !rest.contains("--help"), !rest.contains("-h") else {
      Terminal.print(command.help(for: rest) ?? command.help)
      return 0
    }
    do throws(UsageError) {
      return try await command.run(Arguments(rest))
    } catch {
      Terminal.complain("\(error). `hvsmon \(name) --help` shows how to call it.")
      return 2
    }
  }

  private static var help: String {
    let width = commands.map { $0.name.count }.max() ?? 0
    let lines = commands.map { command in
      let padding = String(repeating: " ", count: width - command.name.count)
      return "  \(command.name)\(padding)  \(command.summary)"
    }
    return """
      hvsmon watches a small, highly available stack and tells people what broke.

      \(lines.joined(separator: "\n"))

      `hvsmon COMMAND --help` explains a command. Try `hvsmon demo` first.
      """
  }
}
