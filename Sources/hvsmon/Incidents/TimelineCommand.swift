// SPDX-License-Identifier: MIT
import Incidents
import Snapshot

/// `hvsmon timeline`.
enum TimelineCommand: Command {
  static let name = "timeline"
  static let summary = "print what happened, on one axis"
  static let help = """
    hvsmon timeline [--since WHEN] [--until WHEN] [--json] [--url URL] [--token-file FILE]

    Asks the running daemon and prints a line for each thing that happened: alerts that fired and
    ended, nodes, guests, members, tiers and entries that failed and came back, fail-overs of the
    floating IP, elections, backups, starts and deploys, who was told and who was not, silences and
    acknowledgements with whose they are. WHEN is a span back from now such as 2h, or a time such as
    2026-01-31T14:00:00Z; without --since it is the last hour. Times are UTC. URL is
    \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, also when nothing happened, 1 the daemon refused, 2 it cannot be asked.

    Example: hvsmon timeline --since 2h
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let question = try IncidentQuestion(&arguments)
    let isJSON = arguments.flag("--json")
    _ = try arguments.rest(atMost: 0)
    do throws(DaemonDialogue.NoAnswer) {
      let answer = try await question.answer()
      if isJSON {
        Terminal.print(answer.text)
      } else {
        let record = try IncidentQuestion.record(of: answer)
        for line in TimelineText.lines(of: record) { Terminal.print(line) }
      }
      return 0
    } catch {
      return error.status
    }
  }
}
