// SPDX-License-Identifier: MIT
import Glibc
import Net
import TestSupport
import Testing

/// `hvsmon top` in a real terminal, against a demo.
@Suite(.enabled(if: TmuxScreen.isThere), .serialized)
struct TopTests {
  private static let hvsmon = ChildProcess.builtExecutable("hvsmon")

  private func top(
    _ demo: RunningDemo,
    _ words: String = "",
    term: String = "tmux-256color"
  ) -> String {
    "TERM=\(term) \(Self.hvsmon) top --url \(demo.url) \(words)"
  }

  @Test func `every view is reached by its key and quitting gives the terminal back`() async throws
  {
    let demo = try await RunningDemo(["--scenario", "node-dies"])
    let screen = try await TmuxScreen(top(demo))
    #expect(try await screen.shows("CoolerHostname3"))
    for (key, text) in [
      ("2", "lxc/10"), ("3", "floating IP of load-balancer"), ("4", "PROCESS"),
      ("5", "is primary"), ("6", "NEWEST"), ("7", "ALERT"), ("8", "ABOUT"), ("1", "LOAD"),
      ("?", "reverse the order"), ("q", "LOAD"), ("t", "ROLE"), ("t", "LOAD"),
    ] {
      try await screen.press(key)
      #expect(try await screen.shows(text), "after \(key)")
    }
    try await screen.press("Enter")
    #expect(try await screen.shows("root disk"))
    try await screen.press("Escape")
    try await screen.press("/", "H", "o", "s", "t", "n", "a", "m", "e", "3", "Enter")
    #expect(try await screen.shows("1 of 3"))
    try await screen.press("Escape", "Space")
    #expect(try await screen.shows("FROZEN at"))
    try await screen.press("Space", "q")
    #expect(try await screen.shows("ended with 0"))
    #expect(try await screen.modes() == "1 0\n")
    try await screen.close()
    try await demo.stop()
  }

  @Test func `a storm of sizes ends in a whole frame`() async throws {
    let demo = try await RunningDemo(["--scenario", "node-dies"])
    let screen = try await TmuxScreen(top(demo))
    #expect(try await screen.shows("CoolerHostname3"))
    for size in [(1, 1), (300, 80), (40, 10), (39, 9), (80, 24), (20, 3), (64, 16), (200, 50)] {
      try await screen.resize(columns: size.0, rows: size.1)
    }
    try await screen.resize(columns: 100, rows: 30)
    #expect(try await screen.shows("q quit"))
    // tmux may have been looked at in the middle of a frame.
    let isWhole = await eventually(within: .seconds(10)) {
      (try? await screen.text())?.hasPrefix("hvsmon demo") == true
    }
    #expect(isWhole)
    try await screen.press("q")
    #expect(try await screen.shows("ended with 0"))
    try await screen.close()
    try await demo.stop()
  }

  @Test func `each terminal is drawn on as it can be`() async throws {
    let demo = try await RunningDemo(["--scenario", "node-dies"])
    for term in ["linux", "xterm-256color", "tmux-256color", "vt100"] {
      let screen = try await TmuxScreen(top(demo, term: term))
      #expect(try await screen.shows("q quit"), "\(term)")
      try await screen.press("q")
      #expect(try await screen.shows("ended with 0"), "\(term)")
      try await screen.close()
    }
    // These print once and end.
    for term in ["dumb", "''"] {
      let screen = try await TmuxScreen(top(demo, term: term))
      #expect(try await screen.shows("ended with 0"), "\(term)")
      #expect(try await screen.text().contains("load-balancer"))
      try await screen.close()
    }
    let plain = try await TmuxScreen("NO_COLOR=1 LC_ALL=C " + top(demo))
    #expect(try await plain.shows("q quit"))
    #expect(try await plain.text().utf8.allSatisfy { $0 == 10 || (0x20...0x7e).contains($0) })
    try await plain.close()
    try await demo.stop()
  }

  /// How many colours the escape sequences that tmux shows choose from (ECMA-48, SGR).
  private static func colours(in text: String) -> Int {
    if text.contains("\u{1b}[38;5;") { return 256 }
    return (1...6).contains { text.contains("\u{1b}[3\($0)m") } ? 16 : 0
  }

  @Test func `colours are all, sixteen or none`() async throws {
    let demo = try await RunningDemo(["--scenario", "node-dies", "--speed", "4"])
    for (words, environment, count) in [
      ("", "", 256), ("--color 16", "", 16), ("", "NO_COLOR=1 ", 0), ("--color none", "", 0),
    ] {
      let screen = try await TmuxScreen(environment + top(demo, words))
      // The verdict of a node that is down has a colour where there are any.
      #expect(try await screen.shows("■ DOWN", within: .seconds(40)))
      let text = try await screen.styledText()
      #expect(Self.colours(in: text) == count, "\(environment)\(words)")
      // The colour key goes through the three of them.
      if count == 256 {
        try await screen.press("c", "c")
        let isPlain = try await eventually { Self.colours(in: try await screen.styledText()) == 0 }
        #expect(isPlain)
      }
      try await screen.press("q")
      #expect(try await screen.shows("ended with 0"))
      try await screen.close()
    }
    try await demo.stop()
  }

  @Test func `a signal or a crash gives the terminal back, and fg goes on`() async throws {
    let demo = try await RunningDemo(["--scenario", "node-dies"])
    for signal in [SIGTERM, SIGHUP, SIGSEGV, SIGABRT] {
      let screen = try await TmuxScreen(top(demo))
      #expect(try await screen.shows("q quit"))
      let process = try #require(try await screen.processID(of: "hvsmon"))
      kill(pid_t(process), signal)
      #expect(try await screen.shows("ended with"), "signal \(signal)")
      #expect(try await screen.modes() == "1 0\n", "signal \(signal)")
      try await screen.close()
    }
    // The modes of the terminal driver are those of before.
    let modes = try await TmuxScreen(
      "stty -a > $HOME/before; \(top(demo)); stty -a | cmp - $HOME/before && echo as before"
    )
    #expect(try await modes.shows("q quit"))
    let drawer = try #require(try await modes.processID(of: "hvsmon"))
    kill(pid_t(drawer), SIGSEGV)
    #expect(try await modes.shows("as before"))
    try await modes.close()
    let screen = try await TmuxScreen("set -m; \(top(demo)); echo stopped; read line; fg")
    #expect(try await screen.shows("q quit"))
    try await screen.press("C-z")
    #expect(try await screen.shows("stopped"))
    #expect(try await screen.modes() == "1 0\n")
    try await screen.press("Enter")
    #expect(try await screen.shows("q quit"))
    try await screen.press("q")
    #expect(try await screen.shows("ended with 0"))
    try await screen.close()
    try await demo.stop()
  }

  @Test func `a daemon that is gone is told and its return is seen`() async throws {
    let port = FreePort.next()
    let first = try await RunningDemo(["--scenario", "node-dies"], listen: "127.0.0.1:\(port)")
    let screen = try await TmuxScreen(top(first))
    #expect(try await screen.shows("old"))
    try await first.stop()
    #expect(try await screen.shows("NO ANSWER for"))
    #expect(try await screen.shows("Not known any more"))
    let second = try await RunningDemo(["--scenario", "node-dies"], listen: "127.0.0.1:\(port)")
    let isBack = try await eventually(within: .seconds(20)) {
      let text = try await screen.text()
      return !text.contains("NO ANSWER") && text.contains("CoolerHostname3")
    }
    #expect(isBack)
    try await screen.press("q")
    #expect(try await screen.shows("ended with 0"))
    try await screen.close()
    try await second.stop()
  }

  @Test func `an alert is acknowledged and silenced by keys`() async throws {
    let demo = try await RunningDemo(["--scenario", "quiet"])
    let client = HTTPClient(userAgent: "test")
    let labels = #"{"alertname":"DiskSmells","severity":"warning","instance":"san1"}"#
    let posted = try await client.send(
      HTTPRequest(
        method: "POST",
        url: demo.url + "/api/v2/alerts",
        headers: ["Content-Type": "application/json"],
        body: Array("[{\"labels\":\(labels)}]".utf8)
      )
    )
    #expect(posted.status == 200)
    await client.close()
    let screen = try await TmuxScreen(top(demo), columns: 200)
    try await screen.press("7")
    #expect(try await screen.shows("DiskSmells", within: .seconds(40)))
    try await screen.press("Home", "a")
    #expect(try await screen.shows("because:"))
    try await screen.press("o", "n", "Space", "i", "t", "Enter")
    #expect(try await screen.shows("acknowledged"))
    try await screen.press("Home", "Enter")
    #expect(try await screen.shows("without a token"))
    try await screen.press("Escape", "m")
    #expect(try await screen.shows("how long and why:"))
    try await screen.press("d", "i", "s", "k", "s", "Enter")
    #expect(try await screen.shows("silenced"))
    let silences = try ChildProcess(Self.hvsmon, ["silence", "list", "--url", demo.url])
    #expect(try await silences.waitForExit(timeout: .seconds(20)) == .code(0))
    #expect(silences.output.contains("disks"))
    try await screen.press("q")
    #expect(try await screen.shows("ended with 0"))
    try await screen.close()
    try await demo.stop()
  }

  @Test func `batch output is text or JSON, and a reader may leave`() async throws {
    let demo = try await RunningDemo(["--scenario", "node-dies"])
    let once = try ChildProcess(
      Self.hvsmon,
      ["top", "--once", "--view", "guests", "--url", demo.url]
    )
    #expect(try await once.waitForExit(timeout: .seconds(20)) == .code(0))
    #expect(once.output.contains("lxc/108"))
    #expect(!once.output.contains("\u{1b}"))
    let watch = try ChildProcess(
      "/bin/sh",
      ["-c", "\(Self.hvsmon) top --watch 200ms --json --url \(demo.url) | head -n 2 | wc -l"]
    )
    #expect(try await watch.waitForExit(timeout: .seconds(20)) == .code(0))
    #expect(watch.output.filter(\.isNumber) == "2")
    let status = try ChildProcess(Self.hvsmon, ["status", "--url", demo.url])
    let exit = try await status.waitForExit(timeout: .seconds(20))
    #expect([.code(0), .code(1), .code(2), .code(3)].contains(exit))
    #expect(status.output.contains("load-balancer"))
    try await demo.stop()
  }

  @Test func `a thousand guests are listed`() async throws {
    let demo = try await RunningDemo(["--nodes", "32", "--guests", "1000"])
    let screen = try await TmuxScreen(top(demo, "--view guests"))
    #expect(try await screen.shows("lxc/1", within: .seconds(60)))
    try await screen.press("G")
    #expect(try await screen.shows("lxc/10", within: .seconds(20)))
    try await screen.press("q")
    #expect(try await screen.shows("ended with 0"))
    try await screen.close()
    try await demo.stop()
  }
}
