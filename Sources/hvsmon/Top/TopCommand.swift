// SPDX-License-Identifier: MIT
import Glibc
import Polling
import Snapshot
import TopView

/// `hvsmon top`.
enum TopCommand: Command {
  static let name = "top"
  static let summary = "watch the cluster in the terminal"
  static let help = """
    hvsmon top [--url URL] [--token-file FILE] [--view VIEW] [--refresh SPAN]
               [--color auto|16|none] [--ascii]
    hvsmon top --once [--json] [--view VIEW] [...]
    hvsmon top --watch SPAN [--json] [--view VIEW] [...]

    Shows what the running daemon knows: a verdict, how much more may fail, nodes, guests, load
    balancers, apps, databases, backups, alerts and what changed. ? lists the keys. None of them
    changes the cluster; a acknowledges an alert and m silences it, for which the token must have
    the role operate.

    --once     prints one view as text and ends; so does any output that is not a terminal
    --watch    prints it again after each SPAN, such as 5s
    --json     prints the daemon's snapshot instead, one JSON object a line
    --view     nodes, guests, lb, apps, mongo, backups, alerts or events
    --refresh  how often the daemon is asked: 1s, 2s, 5s or 10s
    --color    NO_COLOR and TERM are minded unless this is given
    --ascii    draws with ASCII signs only, as outside UTF-8 locales

    URL is \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, 2 wrong arguments, or the daemon cannot be asked.

    Example: hvsmon top --once --view alerts
    """

  /// What was asked for.
  struct Wish {
    var state = ViewState()
    var isOnce = false
    var isJSON = false
    var period: Duration?
    var colour: TerminalTraits.ColourWish
    var isASCII = false
  }

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let daemon = try DaemonConnection(&arguments)
    let wish = try wish(taking: &arguments)
    let question = SnapshotQuestion(daemon)
    let traits = TerminalTraits(wish.colour, isASCII: wish.isASCII)
    let status: Int32
    if wish.isOnce || wish.isJSON || wish.period != nil || !traits.isInteractive {
      status = await TopPrinter(question: question, wish: wish, traits: traits).run()
    } else {
      status = await TopSession.run(question, wish.state, traits)
    }
    await question.close()
    return status
  }

  private static func wish(taking arguments: inout Arguments) throws(UsageError) -> Wish {
    let colourText = try arguments.value("--color")
    guard let colour = TerminalTraits.ColourWish(rawValue: colourText ?? "environment") else {
      throw UsageError(description: "--color is auto, 16 or none, not \(colourText ?? "")")
    }
    var wish = Wish(colour: colour)
    wish.isOnce = arguments.flag("--once")
    wish.isJSON = arguments.flag("--json")
    wish.isASCII = arguments.flag("--ascii")
    wish.period = try arguments.span("--watch")
    if let period = wish.period, period < .milliseconds(100) {
      throw UsageError(description: "--watch is at least 100ms")
    }
    if let view = try arguments.value("--view") {
      guard let tab = Tab(word: view) else {
        throw UsageError(
          description:
            "--view is nodes, guests, lb, apps, mongo, backups, alerts or events, not \(view)"
        )
      }
      wish.state.tab = tab
    }
    if let refresh = try arguments.span("--refresh") {
      guard let pace = ViewState.paces.firstIndex(where: { Duration.seconds($0) == refresh }) else {
        throw UsageError(description: "--refresh is 1s, 2s, 5s or 10s")
      }
      wish.state.pace = pace
    }
    _ = try arguments.rest(atMost: 0)
    return wish
  }
}
