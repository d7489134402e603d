// SPDX-License-Identifier: MIT
import Snapshot

/// `hvsmon status`.
enum StatusCommand: Command {
  static let name = "status"
  static let summary = "say in words whether all is well; for scripts by exit status"
  static let help = """
    hvsmon status [--tier TIER] [--quiet] [--url URL] [--token-file FILE]

    Asks the running daemon and prints the verdict, how much more of each tier may fail, and what is
    wrong. With --tier only that tier counts; --quiet prints nothing. URL is \(DaemonConnection.standardURL)
    unless given.

    Exit status: 0 all is well, 1 warning, 2 critical, 3 unknown: the daemon cannot be asked, or it
    does not know, or what it knows is old. Wrong arguments are 3 as well, so that no other monitor
    takes them for a warning.

    Example: hvsmon status --tier database --quiet || mail -s "database" admin </dev/null
    """

  /// Nobody knows.
  private static let unknownStatus: Int32 = 3

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    do throws(UsageError) {
      return try await ask(arguments)
    } catch {
      Terminal.complain("\(error). `hvsmon status --help` shows how to call it.")
      return unknownStatus
    }
  }

  private static func ask(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let question = SnapshotQuestion(try DaemonConnection(&arguments))
    let tier = try arguments.value("--tier")
    let isQuiet = arguments.flag("--quiet")
    _ = try arguments.rest(atMost: 0)
    let snapshot: ClusterSnapshot
    do throws(SnapshotQuestion.Refusal) {
      snapshot = try await question.snapshot()
    } catch {
      await question.close()
      if !isQuiet { Terminal.complain("unknown: \(error.words).") }
      return unknownStatus
    }
    await question.close()
    let report = StatusReport(snapshot, tier: tier)
    guard let report else {
      let known = snapshot.tiers.map(\.name).joined(separator: ", ")
      throw UsageError(description: "there is no tier \(tier ?? ""); there are: \(known)")
    }
    if !isQuiet { for line in report.lines { Terminal.print(line) } }
    return report.exitStatus
  }
}
