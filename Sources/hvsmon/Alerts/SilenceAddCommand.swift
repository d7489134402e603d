// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Polling

/// `hvsmon silence add`.
enum SilenceAddCommand: Command {
  static let name = "add"
  static let summary = "silence alerts for a while"
  static let help = """
    hvsmon silence add MATCHER... --for SPAN | --until TIME --reason TEXT --author NAME
                       [--start TIME] [--url URL] [--token-file FILE] [--json]

    Silences every alert that satisfies all matchers: neither that it fires nor that it ends is told; if
    it still fires when the silence ends, it is told then. A matcher is LABEL=VALUE, LABEL!=VALUE,
    LABEL=~PATTERN or LABEL!~PATTERN; a word without operator is the name of an alert. The end is a
    span from the start on, such as 2h, or a time in RFC 3339; it, the reason and the author are
    required. Says how many alerts that fire now are silenced by it. URL is
    \(DaemonConnection.standardURL) unless given; the token must have the role operate.

    Exit status: 0 good, also when nothing matches yet, 1 the daemon refused, 2 wrong arguments, or the
    daemon cannot be asked.

    Example: hvsmon silence add NodeDown node=pve2 --for 2h --reason 'new fan' --author ann
    Example: hvsmon silence add 'tier=~"app|database"' --start 2026-12-24T18:00:00Z --for 6h \\
             --reason 'release 5' --author ann
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let isJSON = arguments.flag("--json")
    let wish = try SilenceWish(&arguments, now: SystemClock().now)
    do throws(DaemonDialogue.NoAnswer) {
      let filters = wish.matchers.map { ("filter", $0.description) }
      let firing = try await dialogue.ask("/api/v2/alerts", filters).tree.items
      let answer = try await dialogue.ask("/api/v2/silences", method: "POST", json: wish.json)
      if isJSON {
        Terminal.print(answer.text)
      } else {
        let id = answer.tree["silenceID"]?.string ?? ""
        Terminal.print("\(id) until \(wish.end.rfc3339Text)")
        let names = firing.prefix(10).map { AlertText.name($0["labels"] ?? .object([])) }
        for name in names { Terminal.print("  silences \(name)") }
        if firing.count > names.count {
          Terminal.print("  and \(firing.count - names.count) more alerts")
        }
      }
      if firing.isEmpty {
        Terminal.complain(
          "no alert that fires now matches: if one was meant, compare the labels with "
            + "`hvsmon alerts`"
        )
      }
      return 0
    } catch {
      return error.status
    }
  }
}

/// A silence as the command line describes it.
struct SilenceWish {
  let matchers: [LabelMatcher]
  let start: Timestamp
  let end: Timestamp
  let reason: String
  let author: String

  init(_ arguments: inout Arguments, now: Timestamp) throws(UsageError) {
    let span = try arguments.span("--for")
    let until = try arguments.value("--until")
    let startText = try arguments.value("--start")
    let reason = try arguments.value("--reason") ?? ""
    let author = try arguments.value("--author") ?? ""
    let words = try arguments.rest()
    var matchers: [LabelMatcher] = []
    for word in words { matchers.append(try Self.matcher(word)) }
    guard !matchers.isEmpty else {
      throw UsageError(description: "what to silence is missing, such as NodeDown or tier=app")
    }
    start = try startText.map { text throws(UsageError) in try Self.time(text, "--start") } ?? now
    switch (span, until) {
    case (let span?, nil): end = start + span
    case (nil, let text?): end = try Self.time(text, "--until")
    case (nil, nil): throw UsageError(description: "the end is missing: --for 2h, or --until TIME")
    case (_?, _?): throw UsageError(description: "--for and --until exclude each other")
    }
    guard end > start, end > now else {
      throw UsageError(description: "the end of the silence has to lie ahead, and after its start")
    }
    guard !reason.isEmpty else {
      throw UsageError(description: "--reason is missing: why the alerts are silenced")
    }
    guard !author.isEmpty else {
      throw UsageError(description: "--author is missing: whom to ask about the silence")
    }
    self.matchers = matchers
    self.reason = reason
    self.author = author
  }

  /// A word with an operator, else the name of an alert.
  private static func matcher(_ word: String) throws(UsageError) -> LabelMatcher {
    guard word.contains(where: { $0 == "=" || $0 == "~" || $0 == "!" }) else {
      return LabelMatcher("alertname", .equal, word)
    }
    do throws(MatcherText.Malformed) {
      return try MatcherText.matcher(word)
    } catch {
      throw UsageError(description: "\(word): a matcher \(error.reason)")
    }
  }

  private static func time(_ text: String, _ name: String) throws(UsageError) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else {
      throw UsageError(
        description: "\(name) is a time in RFC 3339 such as 2026-12-24T18:00:00Z, not \(text)"
      )
    }
    return time
  }

  /// The body for Alertmanager's API.
  var json: [UInt8] {
    var json = JSONText()
    json.raw("{\"matchers\":[")
    for (index, matcher) in matchers.enumerated() {
      if index > 0 { json.raw(",") }
      let isRegex = matcher.operation == .matches || matcher.operation == .doesNotMatch
      let isEqual = matcher.operation == .equal || matcher.operation == .matches
      json.raw("{\"name\":")
      json.string(matcher.name)
      json.raw(",\"value\":")
      json.string(matcher.value)
      json.raw(",\"isRegex\":\(isRegex),\"isEqual\":\(isEqual)}")
    }
    json.raw("]")
    let texts = [
      ("startsAt", start.rfc3339Text), ("endsAt", end.rfc3339Text), ("createdBy", author),
      ("comment", reason),
    ]
    for (name, text) in texts {
      json.raw(",\"\(name)\":")
      json.string(text)
    }
    json.raw("}")
    return json.bytes
  }
}
