// SPDX-License-Identifier: MIT
import Configuration

/// `hvsmon rules`.
enum RulesCommand: Command {
  static let name = "rules"
  static let summary = "test rules, or replay them over stored history"
  static let help = """
    hvsmon rules test FILE... [--run PATTERN] [--ignore-unknown-fields]
    hvsmon rules replay --since SPAN RULEFILE... [--step SPAN] [--json] [--config FILE | ...]

    `test` runs unit tests in promtool's format. `replay` says what rules would have sent over the
    history in the store. `hvsmon rules test --help` and `hvsmon rules replay --help` tell more.

    Example: hvsmon rules test alerts_test.yml
    Example: hvsmon rules replay --since 7d alerts.yml
    """

  private static let commands: [any Command.Type] = [
    RulesTestCommand.self, RulesReplayCommand.self,
  ]

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let known = commands.map { $0.name }
    guard let word = arguments.takeWord() else {
      throw UsageError(description: "what to do is missing: \(known.joined(separator: " or "))")
    }
    guard let command = commands.first(where: { $0.name == word }) else {
      let hint = nearestName(to: word, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
      throw UsageError(description: "there is no command \"rules \(word)\"\(hint)")
    }
    return try await command.run(arguments)
  }

  /// The help of the command that the words name; nil when they name none.
  static func help(for words: [String]) -> String? {
    commands.first { $0.name == words.first }?.help
  }
}
