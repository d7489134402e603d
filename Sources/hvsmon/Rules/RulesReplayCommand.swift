// SPDX-License-Identifier: MIT
import Daemon
import MetricModel
import Polling
import RuleTesting
import Rules

/// `hvsmon rules replay`.
enum RulesReplayCommand: Command {
  static let name = "replay"
  static let summary = "say what rules would have sent"
  static let help = """
    hvsmon rules replay --since SPAN RULEFILE... [--step SPAN] [--json]
                        [--config FILE | --store FILE]

    Evaluates the rules over the history in the store and prints each alert that would have been
    sent: when it fired, for how long, its value and summary; then for each rule how often it fired,
    how often it waited in vain, and what its evaluation cost. Nothing is sent or stored. The store of
    the settings file, or the one that --store names, is copied first, so that the daemon may go on;
    samples of its last flush interval may be missing.

    Rules are evaluated at their group's interval, or each --step. They see what rules before them
    record, from these files, not what was recorded by the rules of then. Routes, grouping and
    silences are not considered.

    Exit status: 0 done, 1 the rule files have faults or a rule could not be evaluated, 2 a file or
    the store cannot be read, or wrong arguments.

    Example: hvsmon rules replay --since 7d /etc/hvsmon/alerts.yml
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    let wish = try ReplayWish(arguments)
    let rules: RuleSet
    do throws(FileSetFailure) {
      rules = try FileSet.rules(wish.files)
    } catch {
      for line in error.lines { Terminal.print(line) }
      return error.isUnreadable ? 2 : 1
    }
    let snapshot: HistorySnapshot
    do throws(HistorySnapshot.Failure) {
      snapshot = try await HistorySnapshot.open(wish.place, loader: Program.loader)
    } catch {
      Terminal.complain(error.description)
      return 2
    }
    let clock = SystemClock()
    let now = clock.now
    let replay = RuleReplay(
      rules,
      over: (now - wish.since)...now,
      step: wish.step,
      reading: snapshot.reading,
      clock: { clock.uptime }
    )
    let outcome = replay.run()
    await snapshot.close()
    if wish.isJSON {
      Terminal.print(ReplayText.json(outcome))
    } else {
      for line in ReplayText.lines(outcome) { Terminal.print(line) }
    }
    return outcome.rules.contains { $0.failure != nil } ? 1 : 0
  }
}

/// What the command line asks of a replay.
private struct ReplayWish {
  let files: [String]
  let place: HistoryDestination.Place
  let since: Duration
  let step: Duration?
  let isJSON: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    var arguments = arguments
    guard let since = try arguments.span("--since"), since > .zero else {
      throw UsageError(description: "--since is missing: how far back, such as 7d")
    }
    self.since = since
    step = try arguments.span("--step")
    if let step, step < .milliseconds(1) || since / step > 10_000_000 {
      throw UsageError(description: "--step is too short for that span")
    }
    isJSON = arguments.flag("--json")
    let config = try arguments.value("--config")
    let store = try arguments.value("--store")
    guard config == nil || store == nil else {
      throw UsageError(description: "--config and --store exclude each other")
    }
    place =
      store.map { .store(path: $0) } ?? .settings(path: config ?? SettingsLoader.standardPath)
    files = try arguments.rest()
    guard !files.isEmpty else { throw UsageError(description: "a rule file is missing") }
  }
}
