// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// `hvsmon safe-to-stop`.
enum SafeToStopCommand: Command {
  static let name = "safe-to-stop"
  static let summary = "ask whether a node or guest may be stopped now"
  static let help = """
    hvsmon safe-to-stop NODE|GUEST [--url URL] [--token-file FILE] [--json]

    Asks the running daemon whether every tier, the quorum and what users reach would go on working
    without that node or guest, and whether a backup, migration or replication stands in the way. A
    guest is named by its name, its number, or as lxc/103. URL is \(DaemonConnection.standardURL)
    unless given. Nothing is stopped.

    Exit status: 0 yes, 1 no, 2 wrong arguments or no such node or guest, 3 unknown: something that
    matters is not known, or the daemon cannot be asked.

    Example: hvsmon safe-to-stop pve2 && ssh pve2 reboot
    """

  /// Nobody knows, which is no yes.
  private static let unknownStatus: Int32 = 3

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let daemon = try DaemonConnection(&arguments)
    let isJSON = arguments.flag("--json")
    let words = try arguments.rest(atMost: 1)
    guard let component = words.first, !component.isEmpty else {
      throw UsageError(description: "the name of a node or guest is missing")
    }
    let response: HTTPResponse
    do throws(HTTPClientError) {
      let path = "/api/hvsmon/v1/safe-to-stop?component=\(URLText.encoded(component))"
      response = try await daemon.ask(path)
    } catch {
      Terminal.complain(
        "unknown: \(error). Is the daemon running? Start it or name its address with --url, "
          + "and stop nothing before it has answered."
      )
      return unknownStatus
    }
    return report(response, isJSON: isJSON)
  }

  private static func report(_ response: HTTPResponse, isJSON: Bool) -> Int32 {
    let reply: JSONTree
    do throws(JSONError) {
      reply = try JSONReader.read(response.body)
    } catch {
      let hint =
        response.status == 401 || response.status == 403
        ? "the daemon wants a token that may read: give it with --token-file"
        : "the answer (HTTP status \(response.status)) is not that of hvsmon"
      Terminal.complain("unknown: \(hint)")
      return unknownStatus
    }
    if isJSON { Terminal.print(response.text) }
    guard response.status == 200, let answer = reply["safe_to_stop"]?.string else {
      let reason = reply["error"]?.string ?? "HTTP status \(response.status)"
      let isUsage = response.status == 400 || response.status == 404
      Terminal.complain(isUsage ? reason : "unknown: \(reason)")
      return isUsage ? 2 : unknownStatus
    }
    let (verdict, status) = verdict(answer)
    if !isJSON {
      Terminal.print("\(verdict): \(reply["component"]?.string ?? "")")
      for reason in reply["reasons"]?.items ?? [] { Terminal.print(line(reason)) }
      if let situation = reply["situation"]?.string { Terminal.print("\nNow: \(situation)") }
      if let loss = reply["loss"]?["words"]?.string { Terminal.print("Then: \(loss)") }
    }
    return status
  }

  private static func verdict(_ answer: String) -> (words: String, status: Int32) {
    switch answer {
    case "yes": ("yes, it may be stopped", 0)
    case "no": ("no, do not stop it now", 1)
    default: ("unknown whether it may be stopped", unknownStatus)
    }
  }

  private static func line(_ reason: JSONTree) -> String {
    let mark =
      switch reason["weight"]?.string {
      case "objection"?: "no      "
      case "doubt"?: "unknown "
      default: "note    "
      }
    return "  \(mark) \(reason["text"]?.string ?? "")"
  }
}
