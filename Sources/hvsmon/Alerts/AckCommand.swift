// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// `hvsmon ack`.
enum AckCommand: Command {
  static let name = "ack"
  static let summary = "acknowledge an alert: nobody is reminded of it until it recovers"
  static let help = """
    hvsmon ack ALERT [--comment TEXT] [--author NAME] [--withdraw] [--url URL] [--token-file FILE]
               [--json]

    Tells the running daemon that somebody knows of an alert and works on it: it is not told again
    until it has recovered; what begins later calls people as ever. ALERT is a name such as NodeDown, a
    fingerprint, or NAME{label="value"}; every alert that fires and is meant is acknowledged. --withdraw
    takes that back. The author is the name of the token unless given. URL is
    \(DaemonConnection.standardURL) unless given; the token must have the role operate.

    Exit status: 0 good, 1 no such alert, 2 wrong arguments, or the daemon cannot be asked.

    Example: hvsmon ack NodeDown --comment 'power supply, new one comes at 10'
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let isJSON = arguments.flag("--json")
    let isWithdrawal = arguments.flag("--withdraw")
    let comment = try arguments.value("--comment")
    let author = try arguments.value("--author")
    guard let alert = try arguments.rest(atMost: 1).first, !alert.isEmpty else {
      throw UsageError(description: "the name of an alert is missing; `hvsmon alerts` lists them")
    }
    var parameters = [("alert", alert)]
    if let comment { parameters.append(("comment", comment)) }
    if let author { parameters.append(("by", author)) }
    let answer: DaemonDialogue.Answer
    do throws(DaemonDialogue.NoAnswer) {
      answer = try await dialogue.ask(
        "/api/hvsmon/v1/ack",
        parameters,
        method: isWithdrawal ? "DELETE" : "POST"
      )
    } catch {
      return error.status
    }
    if isJSON {
      Terminal.print(answer.text)
      return 0
    }
    let word = isWithdrawal ? "withdrawn" : "acknowledged"
    for labels in answer.tree[word]?.items ?? [] {
      Terminal.print("\(word): \(AlertText.name(labels))")
    }
    return 0
  }
}

/// `hvsmon notify-test`.
enum NotifyTestCommand: Command {
  static let name = "notify-test"
  static let summary = "send a test message through a receiver"
  static let help = """
    hvsmon notify-test RECEIVER [--url URL] [--token-file FILE] [--json]

    Has the running daemon send a message that says it is a test to every place of a receiver of the
    settings, past routes and silences, and prints what each service answered. Places that are told of
    recoveries get a second message that ends the test. URL is \(DaemonConnection.standardURL) unless
    given; the token must have the role operate.

    Exit status: 0 every place took it, 1 some did not or there is no such receiver, 2 wrong arguments,
    or the daemon cannot be asked.

    Example: hvsmon notify-test pager
    """

  /// A receiver may take a minute for each of two messages.
  private static let timeout = Duration.seconds(130)

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let isJSON = arguments.flag("--json")
    guard let receiver = try arguments.rest(atMost: 1).first, !receiver.isEmpty else {
      throw UsageError(description: "the name of a receiver is missing")
    }
    let answer: DaemonDialogue.Answer
    do throws(DaemonDialogue.NoAnswer) {
      answer = try await dialogue.ask(
        "/api/hvsmon/v1/notify-test",
        [("receiver", receiver)],
        method: "POST",
        timeout: timeout
      )
    } catch {
      return error.status
    }
    let results = answer.tree["results"]?.items ?? []
    if isJSON { Terminal.print(answer.text) }
    for result in results where !isJSON {
      let place = result["integration"]?.string ?? ""
      let words = result["answer"]?.string ?? ""
      let isAccepted = result["accepted"]?.bool == true
      Terminal.print("\(place): \(isAccepted ? words : "not accepted: \(words)")")
    }
    return results.allSatisfy { $0["accepted"]?.bool == true } ? 0 : 1
  }
}
