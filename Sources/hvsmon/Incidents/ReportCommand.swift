// SPDX-License-Identifier: MIT
import FoundationEssentials
import Incidents
import Snapshot

/// `hvsmon report`.
enum ReportCommand: Command {
  static let name = "report"
  static let summary = "write a report of an incident"
  static let help = """
    hvsmon report [--since WHEN] [--until WHEN] [--html FILE] [--markdown FILE] [--url URL]
                  [--token-file FILE]

    Asks the running daemon what happened and writes it as one HTML page that needs nothing else, as
    Markdown, or as both: a summary, the redundancy of each tier, fail-over times, alerts, who was told
    and when and which messages failed, and all events. FILE may be - for the output. WHEN is a span
    back from now such as 2h, or a time such as 2026-01-31T14:00:00Z; without --since it is the last
    hour. Times are UTC. What looks like a credential is hidden, but read a report before you hand it
    on: names and addresses are in it.

    Exit status: 0 written, 1 the daemon refused or a file cannot be written, 2 wrong arguments, or the
    daemon cannot be asked.

    Example: hvsmon report --since 2h --html incident.html
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let question = try IncidentQuestion(&arguments)
    let page = try arguments.value("--html")
    let markdown = try arguments.value("--markdown")
    _ = try arguments.rest(atMost: 0)
    guard page != nil || markdown != nil else {
      throw UsageError(description: "--html FILE or --markdown FILE is missing")
    }
    do throws(DaemonDialogue.NoAnswer) {
      let record = try IncidentQuestion.record(of: try await question.answer())
      if let markdown { try write(MarkdownReport.text(of: record), to: markdown) }
      if let page {
        let curves = try await question.curves()
        try write(HTMLReport.text(of: record, curves: curves), to: page)
      }
      return 0
    } catch {
      return error.status
    }
  }

  private static func write(
    _ text: String,
    to file: String
  ) throws(DaemonDialogue.NoAnswer) {
    if file == "-" {
      Terminal.print(text)
      return
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      Terminal.complain("\(file) could not be written: \(FileFault.reason(error))")
      throw DaemonDialogue.NoAnswer(status: 1)
    }
    Terminal.print(file)
  }
}
