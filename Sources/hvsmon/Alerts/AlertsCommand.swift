// SPDX-License-Identifier: MIT
import MetricModel
import Polling

/// `hvsmon alerts`.
enum AlertsCommand: Command {
  static let name = "alerts"
  static let summary = "list the alerts and what is told of each"
  static let help = """
    hvsmon alerts [ALERT] [--url URL] [--token-file FILE] [--json]

    Asks the running daemon and prints a line for each alert that is pending or fires: its state, since
    when, what it is about, and who is told of it or why nobody is. ALERT is a name such as NodeDown, a
    fingerprint, or NAME{label="value"}; without it all are listed. URL is
    \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, also when there is no alert, 1 the daemon refused, 2 it cannot be asked.

    Example: hvsmon alerts
    Example: hvsmon alerts '{tier="database"}' --json
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let isJSON = arguments.flag("--json")
    let words = try arguments.rest(atMost: 1)
    let answer: DaemonDialogue.Answer
    do throws(DaemonDialogue.NoAnswer) {
      let parameters = words.map { ("alert", $0) }
      answer = try await dialogue.ask("/api/hvsmon/v1/explain", parameters)
    } catch {
      return error.status
    }
    if isJSON {
      Terminal.print(answer.text)
      return 0
    }
    let now = SystemClock().now
    let alerts = (answer.tree["alerts"]?.items ?? []).map { AlertText(tree: $0, now: now) }
    guard !alerts.isEmpty else {
      Terminal.print("no alert")
      return 0
    }
    let names = alerts.map(\.name)
    let width = min(names.map(\.count).max() ?? 0, 60)
    for (alert, name) in zip(alerts, names) {
      let age = alert.since.map { SpanText.text(now - $0) } ?? ""
      let columns = [(alert.state, 8), (age, 8), (name, width)].map { text, width in
        text + String(repeating: " ", count: max(0, width - text.count))
      }
      Terminal.print("\(columns.joined(separator: " "))  \(alert.telling)")
    }
    return 0
  }
}

/// `hvsmon explain`.
enum ExplainCommand: Command {
  static let name = "explain"
  static let summary = "say why an alert fires and who was told, or why not"
  static let help = """
    hvsmon explain ALERT [--url URL] [--token-file FILE] [--json]

    Asks the running daemon about an alert that is pending or fires and prints all that is known: the
    rule, its expression and value, since when the condition holds and since when it fires, what holds
    it back, silences, who acknowledged it, the route it takes, its group, and each message about it
    with its time and what the service answered, its latest 20 failed tries included. ALERT is a name
    such as NodeDown, a fingerprint, or NAME{label="value"}; several alerts may be meant. URL is
    \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, 1 no such alert, 2 wrong arguments, or the daemon cannot be asked.

    Example: hvsmon explain NodeDown
    Example: hvsmon explain 'MongoMemberDown{instance="mongo2"}'
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let isJSON = arguments.flag("--json")
    guard let alert = try arguments.rest(atMost: 1).first, !alert.isEmpty else {
      throw UsageError(description: "the name of an alert is missing; `hvsmon alerts` lists them")
    }
    let answer: DaemonDialogue.Answer
    do throws(DaemonDialogue.NoAnswer) {
      answer = try await dialogue.ask("/api/hvsmon/v1/explain", [("alert", alert)])
    } catch {
      return error.status
    }
    let found = answer.tree["alerts"]?.items ?? []
    if isJSON {
      Terminal.print(answer.text)
    } else {
      let now = SystemClock().now
      for (index, tree) in found.enumerated() {
        if index > 0 { Terminal.print("") }
        for line in AlertText(tree: tree, now: now).lines { Terminal.print(line) }
      }
    }
    guard found.isEmpty else { return 0 }
    Terminal.complain("no alert \"\(alert)\" is pending or fires; `hvsmon alerts` lists them")
    return 1
  }
}
