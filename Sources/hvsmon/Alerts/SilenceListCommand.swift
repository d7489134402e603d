// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling

/// `hvsmon silence list`.
enum SilenceListCommand: Command {
  static let name = "list"
  static let summary = "show silences"
  static let help = """
    hvsmon silence list [--expired] [--url URL] [--token-file FILE] [--json]

    Shows the silences that are in force or still to come, and with --expired those that ended within
    the last five days: the beginning of the id, the state, the end, what is silenced, by whom and why.
    URL is \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, also when there is none, 1 the daemon refused, 2 it cannot be asked.

    Example: hvsmon silence list --json
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let isJSON = arguments.flag("--json")
    let showsExpired = arguments.flag("--expired")
    _ = try arguments.rest(atMost: 0)
    let answer: DaemonDialogue.Answer
    do throws(DaemonDialogue.NoAnswer) {
      answer = try await dialogue.ask("/api/v2/silences")
    } catch {
      return error.status
    }
    if isJSON {
      Terminal.print(answer.text)
      return 0
    }
    let shown = answer.tree.items.filter {
      showsExpired || $0["status"]?["state"]?.string != "expired"
    }
    if shown.isEmpty { Terminal.print("no silence") }
    for silence in shown { Terminal.print(line(silence)) }
    return 0
  }

  private static func line(_ silence: JSONTree) -> String {
    let state = silence["status"]?["state"]?.string ?? ""
    let matchers = (silence["matchers"]?.items ?? []).map(text).joined(separator: ",")
    let id = silence["id"]?.string?.prefix(8) ?? ""
    let (word, time) = state == "pending" ? ("from", "startsAt") : ("until", "endsAt")
    let author = silence["createdBy"]?.string ?? ""
    let comment = silence["comment"]?.string ?? ""
    return "\(id) \(state) \(word) \(silence[time]?.string ?? "")  {\(matchers)}  \(author): "
      + comment
  }

  private static func text(_ matcher: JSONTree) -> String {
    let isEqual = matcher["isEqual"]?.bool ?? true
    let isRegex = matcher["isRegex"]?.bool ?? false
    let operation: LabelMatcher.Operation =
      isRegex ? (isEqual ? .matches : .doesNotMatch) : (isEqual ? .equal : .notEqual)
    let value = matcher["value"]?.string ?? ""
    return LabelMatcher(matcher["name"]?.string ?? "", operation, value).description
  }
}

/// `hvsmon silence expire`.
enum SilenceExpireCommand: Command {
  static let name = "expire"
  static let summary = "end silences"
  static let help = """
    hvsmon silence expire ID... [--url URL] [--token-file FILE]

    Ends silences now; alerts that still fire are told then. An ID may be the first characters of one,
    as `hvsmon silence list` shows them, when no other begins so. URL is
    \(DaemonConnection.standardURL) unless given; the token must have the role operate.

    Exit status: 0 all are ended, 1 one is not there, ambiguous, or has ended before, 2 wrong arguments,
    or the daemon cannot be asked.

    Example: hvsmon silence expire 5d9e1c2a
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let ids = try arguments.rest()
    guard !ids.isEmpty, !ids.contains("") else {
      throw UsageError(description: "an id is missing; `hvsmon silence list` shows them")
    }
    do throws(DaemonDialogue.NoAnswer) {
      let known = try await dialogue.ask("/api/v2/silences").tree.items
        .filter { $0["status"]?["state"]?.string != "expired" }.compactMap { $0["id"]?.string }
      var status: Int32 = 0
      for id in ids {
        let found = known.filter { $0.hasPrefix(id.lowercased()) }
        guard found.count == 1, let whole = found.first else {
          let reason = found.isEmpty ? "no silence that has not ended" : "more than one silence"
          Terminal.complain("\(reason) begins with \(id)")
          status = 1
          continue
        }
        _ = try await dialogue.ask("/api/v2/silence/\(URLText.encoded(whole))", method: "DELETE")
        Terminal.print("ended: \(whole)")
      }
      return status
    } catch {
      return error.status
    }
  }
}
