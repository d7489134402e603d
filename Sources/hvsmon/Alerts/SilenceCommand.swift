// SPDX-License-Identifier: MIT
import Configuration

/// `hvsmon silence`.
enum SilenceCommand: Command {
  static let name = "silence"
  static let summary = "silence alerts for a while, list silences, or end them"
  static let help = """
    hvsmon silence add MATCHER... --for SPAN --reason TEXT --author NAME [--start TIME] [...]
    hvsmon silence list [--expired] [...]
    hvsmon silence expire ID... [...]

    `add` makes a silence of the running daemon, `list` shows them, `expire` ends them.
    `hvsmon silence add --help` and so on tell more.

    Example: hvsmon silence add NodeDown node=pve2 --for 2h --reason 'new fan' --author ann
    Example: hvsmon silence list
    Example: hvsmon silence expire 5d9e1c2a
    """

  private static let commands: [any Command.Type] = [
    SilenceAddCommand.self, SilenceListCommand.self, SilenceExpireCommand.self,
  ]

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let known = commands.map { $0.name }
    guard let word = arguments.takeWord() else {
      throw UsageError(description: "what to do is missing: \(known.joined(separator: ", "))")
    }
    guard let command = commands.first(where: { $0.name == word }) else {
      let hint = nearestName(to: word, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
      throw UsageError(description: "there is no command \"silence \(word)\"\(hint)")
    }
    return try await command.run(arguments)
  }

  /// The help of the command that the words name; nil when they name none.
  static func help(for words: [String]) -> String? {
    commands.first { $0.name == words.first }?.help
  }
}
